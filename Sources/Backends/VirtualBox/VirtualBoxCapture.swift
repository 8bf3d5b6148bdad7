import Foundation
import Glibc
import HostKit
import LabCore

extension VirtualBoxBoard {
  /// VirtualBox writes what passes the machine's adapter, without a word to the board.
  func startCapture(to file: String) async throws(LabError) -> any PacketCapture {
    let trace = folder.trace(number)
    guard access(file, F_OK) != 0 else {
      throw LabError(
        .notCaptured, "\(file) exists already", board: name, step: "capture",
        hint: "name another file")
    }
    let start = try await beginTrace(trace)
    return AdapterTrace(
      file: file, trace: trace, start: start, board: name, uuid: uuid, host: host)
  }

  func startCapture(into stream: CaptureStream) async throws(LabError) -> any PacketCapture {
    let trace = folder.trace(number)
    let start: UnixTime
    do throws(LabError) { start = try await beginTrace(trace) } catch {
      close(stream.descriptor)
      throw error
    }
    return AdapterTrace(
      into: stream, trace: trace, start: start, board: name, uuid: uuid, host: host)
  }

  /// - Returns: when the machine's process began, which the trace counts from.
  private func beginTrace(_ trace: String) async throws(LabError) -> UnixTime {
    let (host, uuid) = (host, uuid)
    return try await virtualBox(.notCaptured, "cannot record its adapter", step: "capture") {
      () throws(VBoxError) in
      let start = try await host.processStart(uuid)
      try await host.manage.change(["controlvm", uuid, "nictrace1", "off"])
      unlink(trace)
      try await host.manage.change(["controlvm", uuid, "nictracefile1", trace])
      try await host.manage.change(["controlvm", uuid, "nictrace1", "on"])
      return start
    }
  }
}

/// A trace of a machine's adapter. VirtualBox writes it into the lab's folder; at its end it is where it was asked for.
actor AdapterTrace: PacketCapture {
  nonisolated let file: String
  private let trace: String
  /// Of the machine's process, which the trace counts from.
  private let start: UnixTime
  private let board: String
  private let uuid: String
  private let host: VirtualBoxHost
  /// Nil where the trace becomes a file.
  private let follower: TraceFollower?
  private var isOver = false

  init(
    file: String, trace: String, start: UnixTime, board: String, uuid: String, host: VirtualBoxHost
  ) {
    self.file = file
    self.trace = trace
    self.start = start
    self.board = board
    self.uuid = uuid
    self.host = host
    follower = nil
  }

  init(
    into stream: CaptureStream, trace: String, start: UnixTime, board: String, uuid: String,
    host: VirtualBoxHost
  ) {
    file = "the stream"
    self.trace = trace
    self.start = start
    self.board = board
    self.uuid = uuid
    self.host = host
    follower = TraceFollower(trace, into: stream.descriptor, start: start)
  }

  func stop() async throws(LabError) {
    guard !isOver else { return }
    isOver = true
    let (host, uuid) = (host, uuid)
    do throws(VBoxError) {
      // The machine would go on writing.
      _ = try await uncancelled { () throws(VBoxError) in
        try await host.manage.change(["controlvm", uuid, "nictrace1", "off"])
      }
    } catch  where error.kind != .wrongState {
      await follower?.end()
      throw error.failure(
        .notCaptured, "cannot end the record of its adapter", board: board, step: "capture")
    } catch {
      // The machine is off, and writes no more.
    }
    do {
      if let follower {
        if let failure = await follower.end() { throw failure }
      } else {
        try TraceFile.copy(from: trace, to: file, start: start)
      }
      unlink(trace)
    } catch {
      throw LabError(
        .notCaptured, "cannot store \(file)", board: board, step: "capture",
        cause: ErrorWords.words(of: error))
    }
  }
}
