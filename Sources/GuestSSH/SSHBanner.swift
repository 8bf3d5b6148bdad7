import Foundation
import Glibc
import HostKit
import LabCore

/// Waits for a server that says `SSH-2.0` (RFC 4253, section 4.2).
///
/// QEMU's user network accepts connections before the guest does, and a connection made while the guest has no
/// network yet may never get anywhere. So several are under way, each begun a little later than the last, and
/// the first that gets an answer counts. Few, because servers limit how many may be there before a login.
struct SSHBanner: Sendable {
  var host: String
  var port: UInt16

  private static let mostAttempts = 3
  private static let look = Duration.milliseconds(10)
  private static let shortestPause = Duration.milliseconds(50)
  /// How long an attempt may stay without an answer; grows, for slow boards.
  private static let firstTimeout = Duration.milliseconds(300)
  private static let longestTimeout = Duration.seconds(10)

  private struct Attempt {
    var descriptor: Int32
    var begun: ContinuousClock.Instant
    var text: [UInt8] = []
  }

  private enum Answer {
    case none, banner
    case ended(String)
  }

  /// - Throws: `SSHFault.unreachable` at the deadline, with what the last attempt met; `CancellationError`.
  func wait(until deadline: ContinuousClock.Instant) async throws {
    let clock = ContinuousClock()
    var attempts: [Attempt] = []
    defer { for attempt in attempts { close(attempt.descriptor) } }
    var timeout = Self.firstTimeout
    var next = clock.now
    var last = "it accepts connections and says nothing"
    while true {
      try Task.checkCancellation()
      let now = clock.now
      guard now < deadline else { throw SSHFault.unreachable(last) }
      if now >= next, attempts.count < Self.mostAttempts {
        do { attempts.append(Attempt(descriptor: try begin(), begun: now)) } catch {
          last = "\(error)"
        }
        next = now + max(Self.shortestPause, timeout / Self.mostAttempts)
      }
      var waiting: [Attempt] = []
      var answered = false
      for var attempt in attempts {
        switch answer(&attempt) {
        case .banner:
          answered = true
          waiting.append(attempt)
        case .none where now - attempt.begun < timeout: waiting.append(attempt)
        case .none:
          close(attempt.descriptor)
          timeout = min(timeout * 3 / 2, Self.longestTimeout)
        case .ended(let reason):
          close(attempt.descriptor)
          last = reason
        }
      }
      attempts = waiting
      if answered { return }
      try await Task.sleep(for: Self.look)
    }
  }

  private func begin() throws -> Int32 {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError.last }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
      close(descriptor)
      throw SystemError(number: EINVAL)
    }
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard result == 0 || errno == EINPROGRESS else {
      let error = SystemError.last
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private func answer(_ attempt: inout Attempt) -> Answer {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = recv(attempt.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count < 0 {
      return errno == EAGAIN || errno == EINTR || errno == ENOTCONN
        ? .none : .ended(SystemError.last.description)
    }
    if count == 0 { return .ended("it closes connections at once") }
    attempt.text += buffer.prefix(count)
    let text = String(decoding: attempt.text, as: UTF8.self)
    // A server may say other lines first.
    if text.hasPrefix("SSH-2.0") || text.contains("\nSSH-2.0") { return .banner }
    return attempt.text.count > 4096 ? .ended("what answers there is not an SSH server") : .none
  }
}
