import Foundation
import Glibc
import HostKit
import LabCore
import LocalBoards

/// Where the boards of a loopback lab are, for commands of people on them.
///
/// Names are looked up in the machine's /etc/hosts, which is never changed. Who may make a mount namespace sees the
/// lab's in its place; the others have the addresses as variables.
struct LoopbackNames {
  let record: LabRecord

  init(_ record: LabRecord) { self.record = record }

  /// Goes with the boards' folders; no board has such a name.
  private var file: String { "\(BoardFiles.boardsFolder(of: record))/.hosts" }

  func write() throws(LabError) {
    do { try HostsFile.write(record.boards, to: file) } catch {
      throw LabError(
        .boardNotCreated, "cannot write the boards' names to \(file)",
        SystemFault(error, path: file, .make), step: "create")
    }
  }

  /// `PILAB_ADDRESS_BOB=127.77.0.2` for each board.
  var variables: [String: String] {
    let pairs = record.boards.map { board in
      (
        "PILAB_ADDRESS_" + board.name.uppercased().replacingOccurrences(of: "-", with: "_"),
        board.address
      )
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }

  private static let script = "mount -n --bind \"$0\" /etc/hosts && exec \"$@\""

  /// Words before a command's that show it the lab's names; none where that cannot be done.
  func launcher() async -> [String] {
    let tools = Tool(searchPath: ExecCommand.searchPath)
    guard !Privilege.needsUserNamespace, access(file, F_OK) == 0, access("/etc/hosts", F_OK) == 0,
      let unshare = tools.path(of: "unshare"), tools.path(of: "mount") != nil
    else { return [] }
    // What is mounted on the machine meanwhile appears here too, and nothing the other way round.
    let arguments = [
      unshare, "--mount", "--propagation", "slave", "--", "/bin/sh", "-c", Self.script, file,
    ]
    // Containers and chroots refuse it for many reasons, so it is tried.
    guard let trial = try? await tools.run(arguments + ["true"]), trial.succeeded else { return [] }
    return arguments
  }
}
