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
      try FileCopy.copy(from: trace, to: file, permissions: 0o600)
      unlink(trace)
    } catch {
      throw BackendError(
        .notCaptured, "cannot store \(file)", board: board, step: "capture", cause: "\(error)")
    }
  }
}
