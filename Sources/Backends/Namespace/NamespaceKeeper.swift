import Foundation
import Glibc
import HostKit
import LabCore

//  holder, process 1 of the lab
//    ├── keeper of board 1 ── mounts (/sys, what its programs mount), host name ── and the network of board 1
//    └── keeper of board 2 …

/// The process that keeps what is a board's own beside its network, for as long as the lab lives.
///
/// It is started when the board is first used: a lab of many boards would else take half as long again to make. Should
/// a program of the board kill it, along with all that it sees, the next use starts another.
struct NamespaceKeeper {
  let board: LabRecord.Board
  /// From 1, in the order of the record.
  let number: Int
  let record: LabRecord
  let holder: NamespaceHolder
  let tools: Tool
  let nsenter: String

  /// Runs in a mount and a UTS namespace that are new. Arguments: where the boards' networks are mounted, the
  /// board's name and number.
  ///
  /// A keeper is deaf to all but SIGKILL, and has its mark when all else is done. Where sysfs may not be mounted (some
  /// containers) boards see that of the machine, as with /proc.
  private static let script = """
    umount -n -l "$1" 2>/dev/null || :
    mount -n -t sysfs sysfs /sys 2>/dev/null || mount -n -o ro -t sysfs sysfs /sys 2>/dev/null || :
    hostname "$2" || exit 1
    export PILAB_KEEPS="$3"
    (trap '' HUP INT QUIT USR1 USR2 ALRM TERM
     exec sleep infinity </dev/null >/dev/null 2>&1) &
    """

  /// - Returns: the keeper's process, as this machine calls it.
  func process(step: String) async throws(LabError) -> pid_t {
    if let keeper = find() { return keeper }
    // Two commands at once are to find themselves on one board.
    let turn = try await takeTurn(step)
    defer { withExtendedLifetime(turn) {} }
    if let keeper = find() { return keeper }
    try await make(step)
    for _ in 0..<1000 {
      if let keeper = find() { return keeper }
      await pauseUncancelled(for: .milliseconds(5))
    }
    throw failure(step, "its process ended at once")
  }

  /// How long another command may take to make what this one needs.
  private static let turnTimeout = Duration.seconds(60)

  private func takeTurn(_ step: String) async throws(LabError) -> FileLock {
    do {
      return try await FileLock.acquire(.folder(holder.state), timeout: Self.turnTimeout)
    } catch is CancellationError {
      throw LabError(.cancelled, "told to stop", board: board.name, step: step)
    } catch {
      throw failure(
        step,
        (error as? SystemError)?.number == EWOULDBLOCK
          ? "another command has been making them for \(Self.turnTimeout)"
          : ErrorWords.words(of: error))
    }
  }

  private func find() -> pid_t? {
    let orphans = ProcessTree.children(of: holder.pid)
    // Not every kernel lists children.
    let candidates = orphans.isEmpty ? LabProcesses.all(of: holder.id).map(\.pid) : orphans
    return candidates.first {
      let marks = LabProcesses.marks(of: $0)
      return marks?[LabProcesses.labKey] == holder.id
        && marks?[LabProcesses.keepsKey] == "\(number)"
    }
  }

  private func make(_ step: String) async throws(LabError) {
    let outcome: Tool.Outcome
    do {
      outcome = try await tools.run(
        holder.launcher(nsenter, network: holder.network(number)) + [
          "unshare", "--mount", "--uts", "sh", "-c", Self.script, "pilab",
          "\(holder.state)/\(NamespaceScript.mountPoint)", HostsFile.hostName(of: board.name),
          "\(number)",
        ], environment: LabProcesses.environment(of: record), standing: .ownSession)
    } catch {
      if Task.isCancelled {
        throw LabError(.cancelled, "told to stop", board: board.name, step: step)
      }
      throw failure(step, ErrorWords.words(of: error))
    }
    guard outcome.succeeded else { throw failure(step, outcome.errors) }
  }

  private func failure(_ step: String, _ cause: String) -> LabError {
    LabError(
      .broken, "cannot make the board's own mounts and name", board: board.name, step: step,
      hint: ToolWords.hint(cause) ?? "run: pilab doctor", cause: cause)
  }
}
