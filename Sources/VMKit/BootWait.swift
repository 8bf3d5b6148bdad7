import Foundation
import GuestSSH
import LabCore

/// Waits for a machine's SSH server, and says what the machine's serial console shows where it does not come.
package struct BootWait: Sendable {
  package let ssh: SSHBoard
  package let timeout: Duration
  package let step: String
  /// Of the manifest, that gives more time.
  package let timeoutKey: String
  /// Time between looks whether the machine is still on.
  package var look = Duration.milliseconds(500)
  /// Nil while the machine is on; else what became of it.
  package let end: @Sendable () async throws -> String?
  /// The last bytes of the serial console.
  package let console: @Sendable () async throws(LabError) -> String

  package init(
    ssh: SSHBoard, timeout: Duration, step: String, timeoutKey: String,
    look: Duration = Duration.milliseconds(500),
    end: @escaping @Sendable () async throws -> String?,
    console: @escaping @Sendable () async throws(LabError) -> String
  ) {
    self.ssh = ssh
    self.timeout = timeout
    self.step = step
    self.timeoutKey = timeoutKey
    self.look = look
    self.end = end
    self.console = console
  }

  /// - Throws: `.bootFailed` with the last lines of the serial console.
  package func run(until deadline: ContinuousClock.Instant) async throws(LabError) {
    let result = await withTaskGroup(of: Result<Void, LabError>.self) { group in
      group.addTask {
        do throws(LabError) {
          try await ssh.connection.waitUntilReady(deadline, step: step)
          return .success(())
        } catch { return .failure(error) }
      }
      group.addTask { .failure(await whenOff()) }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      return first
    }
    guard case .failure(let error) = result else { return }
    guard [.boardUnreachable, .bootFailed].contains(error.code), !Task.isCancelled else {
      throw error
    }
    throw await failure(error)
  }

  /// Returns when the machine is off, or the task is cancelled.
  private func whenOff() async -> LabError {
    var words = "the board has switched itself off"
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: look)
        if let end = try await end() {
          words = end
          break
        }
      } catch {
        // Whoever waits for the answer of the board will be told soon enough.
        if Task.isCancelled { break }
      }
    }
    return LabError(.bootFailed, words, board: ssh.name, step: step)
  }

  private func failure(_ reason: LabError) async -> LabError {
    let log: String
    do { log = try await console() } catch { return error.following(reason) }
    let last = ConsoleText.lastLines(of: log, 6)
    var failure = LabError(
      .bootFailed,
      reason.code == .bootFailed ? reason.message : "the board did not answer in \(timeout)",
      board: ssh.name, step: step, cause: reason.cause)
    let told =
      last.isEmpty
      ? "its serial console shows nothing: can it be booted from, and does it use the serial port?"
      : "the last lines of its serial console:\n    "
        + last.joined(separator: "\n    ")
    failure.cause = [reason.cause, told].compactMap(\.self).joined(separator: "; ")
    failure.hint = hint(log, hasEnded: reason.code == .bootFailed)
    return failure
  }

  private func hint(_ log: String, hasEnded: Bool) -> String? {
    if ConsoleText.saysOutOfMemory(log) {
      return "it ran out of memory: give it more with 'memory:' in the manifest"
    }
    if ConsoleText.saysNoRoot(log) {
      return "its disk has another name here (vda, sda): let its boot loader and /etc/fstab name "
        + "the root file system by UUID= or LABEL="
    }
    return hasEnded ? nil : "more time: 'bootTimeout:' below '\(timeoutKey):' in the manifest"
  }
}
