import HostKit
import Subprocess
import SystemPackage

//  pilab ──lifeline pipe──▶ guard (/bin/sh, leader of the process group)
//    └──────spawns────────▶ program, joins the guard's group

/// Makes sure that no process outlives pilab, not even when pilab is killed by SIGKILL.
///
/// PR_SET_PDEATHSIG would not do: it fires at the end of the *thread* that spawned the child, is not
/// inherited by grandchildren, and there is no hook before exec to set it in. A pipe whose only writer is
/// pilab closes when pilab is gone, however it went; the guard then kills the whole group, itself included.
package struct ProcessGroupGuard {
  /// Ignores what ends the others in an orderly way, so that it is there until the very end; says when it does.
  private static let script = "trap '' HUP INT TERM; echo; read -r _ || kill -KILL 0"

  /// The guard ended before there was anything to guard.
  package struct Lost: Error, CustomStringConvertible {
    package let description = "the shell that keeps the process group ended at once"
  }

  /// Time between SIGTERM and SIGKILL for the group when the task is cancelled.
  package var gracePeriod: Duration
  /// False where the caller tells the group's members to end by itself.
  package var tellsGroup = true
  /// What is still in the group when `body` has ended well may live on.
  package var sparesLeft = false

  package init(gracePeriod: Duration, tellsGroup: Bool = true, sparesLeft: Bool = false) {
    self.gracePeriod = gracePeriod
    self.tellsGroup = tellsGroup
    self.sparesLeft = sparesLeft
  }

  /// Calls `body` with the group's identifier. When `body` ends, whatever is still in the group is killed,
  /// unless it is spared.
  package func withProcessGroup<Result: Sendable>(
    _ body: @escaping (pid_t) async throws -> Result
  ) async throws -> Result {
    let lifeline = try FileDescriptor.pipe(options: .closeOnExec)
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .send(
        signal: tellsGroup ? .terminate : Signal(rawValue: 0), toProcessGroup: true,
        allowedDurationToNextStep: gracePeriod)
    ]
    var writeEnd: FileDescriptor? = lifeline.writeEnd
    defer { try? writeEnd?.close() }
    let outcome = try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", Self.script],
      environment: .custom([Environment.Key: String]()),
      platformOptions: options,
      input: .fileDescriptor(lifeline.readEnd, closeAfterSpawningProcess: true),
      output: .sequence, error: .discarded
    ) { execution in
      let result: Swift.Result<Result, any Error>
      do {
        // One that is told to stop before it ignores that ends, and nobody would end what joins its group then.
        let output = execution.standardOutput
        let isReady = try await uncancelled { () async throws -> Bool in
          for try await _ in output { return true }
          return false
        }
        try Task.checkCancellation()
        guard isReady else { throw Lost() }
        result = .success(try await body(execution.processIdentifier.value))
      } catch {
        result = .failure(error)
      }
      if sparesLeft, case .success = result, !Task.isCancelled {
        // A command that killed its whole group killed the guard, too: there is nobody to tell.
        do { _ = try writeEnd?.writeAll("\n".utf8) } catch Errno.brokenPipe {}
      }
      try writeEnd.take()?.close()
      return result
    }
    return try outcome.closureResult.get()
  }
}
