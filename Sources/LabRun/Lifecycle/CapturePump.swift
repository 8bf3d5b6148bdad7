import Foundation
import Glibc
import HostKit
import LabCapture
import LabCore
import Synchronization

/// Takes a capture from the pipe that a backend writes into, to whoever reads it, at once:
///
///     board ── pcap or pcapng ──▶ pipe ── pump ── pcapng ──▶ standard output, FIFO
final class CapturePump: Sendable {
  enum End: Equatable, Sendable {
    /// The capture has ended, and all of it is written.
    case finished
    /// Nobody reads any more, the regular end of a pipeline.
    case readerGone
    case failed(String)
  }

  /// The backend's end of the pipe.
  let input: Int32
  private let output: Int32
  private let sink: Int32
  private let arrivedBytes = Mutex<UInt64>(0)
  private let isGivenUp = Mutex(false)
  private let ends: Task<End, Never>
  private let ended: AsyncStream<End>.Continuation

  /// Room for a burst while the reader is busy.
  private static let pipeSize: Int32 = 1 << 20
  /// F_SETPIPE_SZ, which Swift cannot import.
  private static let setPipeSize: Int32 = 1031
  /// A pipe that is ready takes so many bytes without waiting (PIPE_BUF).
  private static let atOnce = 4096
  private static let look: Int32 = 200

  /// - Parameter sink: stays open.
  init(into sink: Int32) throws(LabError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw LabError(
        .streamFailed, "cannot make a pipe", step: "capture", cause: SystemError.last.description)
    }
    (output, input) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // What the system does not allow only makes the room smaller.
    _ = fcntl(input, Self.setPipeSize, Self.pipeSize)
    self.sink = sink
    let (stream, continuation) = AsyncStream.makeStream(of: End.self)
    ended = continuation
    self.ends = Task {
      for await end in stream { return end }
      return .finished
    }
    // A thread of its own, because the reader may take its time.
    Thread { [self] in
      let end = pump()
      // The backend's program sees that nobody reads, too.
      close(output)
      ended.yield(end)
      ended.finish()
    }.start()
  }

  /// Bytes that were taken from the pipe.
  var arrived: UInt64 { arrivedBytes.withLock { $0 } }

  /// How it ended; waits for it, whatever becomes of the calling task.
  var end: End { get async { await ends.value } }

  /// Ends soon, with what the reader has taken until then.
  func giveUp() { isGivenUp.withLock { $0 = true } }

  private func pump() -> End {
    var stream = PcapNGStream()
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      switch wait(for: [(output, POLLIN), (sink, 0)]) {
      case .gone: return .readerGone
      case .givenUp: return .failed("the reader does not read")
      case .ready: break
      }
      let count = read(output, &piece, piece.count)
      if count == 0 { return .finished }
      guard count > 0 else {
        if errno == EINTR { continue }
        return .failed(SystemError.last.description)
      }
      do throws(CaptureStreamError) {
        let bytes = try stream.add(Array(piece.prefix(count)))
        if let end = write(bytes) { return end }
      } catch {
        return .failed("what the capture program writes is neither pcap nor pcapng")
      }
      arrivedBytes.withLock { $0 += UInt64(count) }
    }
  }

  /// - Returns: nil where all is written.
  private func write(_ bytes: [UInt8]) -> End? {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch wait(for: [(sink, POLLOUT)]) {
      case .gone: return .readerGone
      case .givenUp: return .failed("the reader does not read")
      case .ready: break
      }
      let count = rest.prefix(Self.atOnce).withUnsafeBytes {
        Glibc.write(sink, $0.baseAddress, $0.count)
      }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE || errno == ECONNRESET {
        return .readerGone
      } else if errno != EINTR, errno != EAGAIN {
        return .failed(SystemError.last.description)
      }
    }
    return nil
  }

  private enum Readiness { case ready, gone, givenUp }

  /// Until the first is ready, or the last, which is the reader's, is gone.
  private func wait(for descriptors: [(Int32, Int32)]) -> Readiness {
    while true {
      var asked = descriptors.map { pollfd(fd: $0.0, events: Int16($0.1), revents: 0) }
      let count = poll(&asked, nfds_t(asked.count), Self.look)
      if count > 0 {
        // What has arrived at its end is still written before the reader is asked about.
        if Int32(asked[asked.count - 1].revents) & (POLLERR | POLLNVAL) != 0 { return .gone }
        if asked[0].revents != 0 { return .ready }
      }
      if isGivenUp.withLock({ $0 }) { return .givenUp }
    }
  }
}

extension LiveLab {
  /// Writes what passes the board's interface to an open descriptor as pcapng, until the calling task is cancelled, for
  /// some seconds, or until nobody reads any more, all of which are regular ends.
  /// - Parameter onStart: called when every frame from now on will be recorded.
  public func capture(
    _ board: String, into sink: Int32, seconds: Double?, onStart: @Sendable () -> Void
  ) async throws(LabError) {
    let interface = try capturing(board)
    let pump = try CapturePump(into: sink)
    let stream = CaptureStream(descriptor: pump.input, arrived: { pump.arrived })
    let capture: any PacketCapture
    do throws(LabError) { capture = try await interface.startCapture(into: stream) } catch {
      pump.giveUp()
      if await pump.end == .readerGone { return }
      throw error
    }
    onStart()
    await withTaskGroup { group in
      // A day is as long as until cancelled for whoever set no end.
      group.addTask { try? await Task.sleep(for: .seconds(seconds ?? 86_400)) }
      group.addTask { await pump.endOrCancelled() }
      await group.next()
      group.cancelAll()
    }
    try await finish(capture, pump)
  }

  private func finish(
    _ capture: any PacketCapture, _ pump: CapturePump
  ) async throws(LabError) {
    let failure: LabError?
    let watch = Task {
      // The capture program waits for a reader that takes nothing.
      try await Task.sleep(for: .seconds(10))
      pump.giveUp()
    }
    do throws(LabError) {
      try await capture.stop()
      failure = nil
    } catch { failure = error }
    let end = await pump.end
    watch.cancel()
    switch end {
    case .readerGone: return
    case .failed(let cause):
      throw LabError(
        .outputFailed, "cannot write the capture", step: "capture", cause: cause)
    case .finished: if let failure { throw try failedCapture(failure) }
    }
  }
}

extension CapturePump {
  /// Returns also when the calling task is cancelled.
  fileprivate func endOrCancelled() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let watch = Task {
      _ = await end
      continuation.finish()
    }
    for await _ in stream {}
    watch.cancel()
  }
}
