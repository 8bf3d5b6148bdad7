import Foundation
import Glibc

extension VirtualBoxBoard {
  /// VirtualBox writes what passes the machine's adapter, without a word to the board.
  func startCapture(to file: String) async throws(BackendError) -> any PacketCapture {
    let trace = folder.trace(number)
    guard access(file, F_OK) != 0 else {
      throw BackendError(
        .notCaptured, "\(file) exists already", board: name, step: "capture",
        hint: "name another file")
    }
    let (host, uuid) = (host, uuid)
    try await virtualBox(.notCaptured, "cannot record its adapter", step: "capture") {
      () throws(VBoxError) in
      try await host.manage.change(["controlvm", uuid, "nictrace1", "off"])
      unlink(trace)
      try await host.manage.change(["controlvm", uuid, "nictracefile1", trace])
      try await host.manage.change(["controlvm", uuid, "nictrace1", "on"])
    }
    return AdapterTrace(file: file, trace: trace, board: name, uuid: uuid, host: host)
  }
}

/// A trace of a machine's adapter. VirtualBox writes it into the lab's folder; at its end it is where it was asked for.
actor AdapterTrace: PacketCapture {
  nonisolated let file: String
  private let trace: String
  private let board: String
  private let uuid: String
  private let host: VirtualBoxHost
  private var isOver = false

  init(file: String, trace: String, board: String, uuid: String, host: VirtualBoxHost) {
    self.file = file
    self.trace = trace
    self.board = board
    self.uuid = uuid
    self.host = host
  }

  func stop() async throws(BackendError) {
    guard !isOver else { return }
    isOver = true
    let (host, uuid) = (host, uuid)
    // In a task of its own, which cancellation does not reach: the machine would go on writing.
    let failure = await Task { () async -> VBoxError? in
      do throws(VBoxError) {
        try await host.manage.change(["controlvm", uuid, "nictrace1", "off"])
        return nil
      } catch { return error }
    }.value
    if let failure, failure.kind != .wrongState {
      throw failure.failure(
        .notCaptured, "cannot end the record of its adapter", board: board, step: "capture")
    }
    do {
      try TraceFile.copy(from: trace, to: file)
      unlink(trace)
    } catch {
      throw BackendError(
        .notCaptured, "cannot store \(file)", board: board, step: "capture", cause: "\(error)")
    }
  }
}

/// A file in the format of pcap, as VirtualBox writes it: before the first frame stands one that none is.
enum TraceFile {
  private static let headerLength = 24
  private static let recordLength = 16
  /// VirtualBox's PcapStreamHdr writes so many bytes, and calls them a frame of 60.
  private static let fillerLength = 4
  private static let pieceLength = 1 << 20

  /// Leaves that one out. The destination appears when it is whole.
  static func copy(from source: String, to destination: String) throws {
    guard let input = FileHandle(forReadingAtPath: source) else { throw SystemError.last }
    defer { try? input.close() }
    let temporary = "\(destination).\(LabRecord.newID()).part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemError.last }
    let output = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try output.write(contentsOf: try input.read(upToCount: headerLength) ?? Data())
      let first = try input.read(upToCount: recordLength + fillerLength) ?? Data()
      if !isFiller(first) { try output.write(contentsOf: first) }
      while let piece = try input.read(upToCount: pieceLength), !piece.isEmpty {
        try output.write(contentsOf: piece)
      }
      try output.close()
      guard rename(temporary, destination) == 0 else { throw SystemError.last }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Its length is little-endian, as VirtualBox's machines are.
  static func isFiller(_ bytes: Data) -> Bool {
    bytes.count == recordLength + fillerLength
      && Array(bytes.dropFirst(8).prefix(8)) == [UInt8(fillerLength), 0, 0, 0, 60, 0, 0, 0]
  }
}
