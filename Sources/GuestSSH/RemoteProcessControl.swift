import Foundation
import Glibc
import HostKit
import LabCore
import Synchronization
import SystemPackage

/// The way to what runs on a board: the input of its session. First goes the text that starts the program, then a
/// line for each signal. The program dies when the way is closed.
final class RemoteProcessControl: Sendable {
  /// The end for ssh; `started` when it has its own copy.
  let input: FileDescriptor
  private let state: Mutex<State>
  private static let pause = Duration.milliseconds(2)

  fileprivate struct State: Sendable {
    /// Nil when closed; so too the other end.
    var descriptor: Int32?
    var other: Int32?
    var isStarted = false
    var isStopped = false
    var later: Task<Void, Never>?
  }

  /// A pair of sockets and no pipe: writing to a pipe that nobody reads would end this process.
  init() throws {
    var ends: [Int32] = [0, 0]
    guard
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
    else { throw SystemError.last }
    input = FileDescriptor(rawValue: ends[0])
    state = Mutex(State(descriptor: ends[1], other: ends[0]))
  }

  deinit {
    started()
    close()
  }

  /// This process closes its copy of `input`, so that the end of ssh is noticed.
  func started() {
    state.withLock { state in
      if let other = state.other.take() { Glibc.close(other) }
    }
  }

  /// Sends the text that starts the program.
  func start(_ text: String) async throws {
    started()
    var rest = ArraySlice(Array(text.utf8))
    while !rest.isEmpty {
      let sent = state.withLock { state in
        guard let descriptor = state.descriptor else { return rest.count }
        let sent = rest.withUnsafeBytes {
          send(descriptor, $0.baseAddress, $0.count, Self.flags)
        }
        return sent < 0 ? (errno == EAGAIN || errno == EINTR ? 0 : rest.count) : sent
      }
      // Who does not read any more has ended, and its status says why.
      rest = rest.dropFirst(sent)
      if sent == 0 { try await Task.sleep(for: Self.pause) }
    }
    state.withLock { $0.isStarted = true }
  }

  /// SIGTERM now and SIGKILL after the grace period. What has not been started will not be.
  func stop(after gracePeriod: Duration) {
    let started = state.withLock { state in
      state.isStopped = true
      if state.isStarted, state.later == nil {
        state.later = Task { [weak self] in
          do { try await Task.sleep(for: gracePeriod) } catch { return }
          self?.signal("KILL")
        }
      }
      return state.isStarted
    }
    if started { signal("TERM") } else { close() }
  }

  /// The program was told to stop: the board does not keep how it ended.
  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// A signal's name without `SIG`.
  func signal(_ name: String) {
    let line = Array((name + "\n").utf8)
    state.withLock { state in
      guard let descriptor = state.descriptor else { return }
      // A word fits in any socket's buffer. Where it does not the session is stuck; closing still works.
      if send(descriptor, line, line.count, Self.flags) != line.count { state.shut() }
    }
  }

  func close() { state.withLock { $0.shut() } }

  private static let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
}

extension RemoteProcessControl.State {
  fileprivate mutating func shut() {
    if let descriptor { Glibc.close(descriptor) }
    descriptor = nil
    later?.cancel()
  }
}
