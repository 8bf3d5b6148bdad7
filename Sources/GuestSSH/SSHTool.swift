import HostKit
import LabCore

/// Tools of the board that need its administrator.
extension SSHBoard {
  /// The user of a disk image of somebody's own is often not root; a board has nobody to type a password.
  var asRoot: [String] { connection.target.user == "root" ? [] : ["sudo", "-n"] }

  /// `tool NAME` sets `t` to the place of a program. Called by its name alone, a busybox shell would run its own
  /// tc, which knows little, or its own ip.
  private static let findTool = """
    tool() {
      for d in \(ShellWord.line(ExecCommand.searchPath.split(separator: ":").map(String.init))); do
        t=$d/$1
        [ ! -x "$t" ] || return 0
      done
      return 1
    }

    """

  /// Runs a script of ours on the board as root. The folders of system programs are in its PATH.
  package func tool(
    _ script: String, _ arguments: [String] = [], step: String
  ) async throws(LabError) -> Tool.Outcome {
    try await connection.open(step: step)
    let outcome = try await connection.translated(step: step) {
      try await SSHSession(connection: connection).collect(rootCommand(script, arguments))
    }
    if !outcome.succeeded, let refusal = sudoRefusal(outcome.errors, step: step) { throw refusal }
    return outcome
  }

  /// A command line that runs a shell script as root, by sudo where the user is not root.
  package func rootCommand(_ script: String, _ arguments: [String] = []) -> String {
    let path = "PATH=\(ExecCommand.searchPath); export PATH\n" + Self.findTool
    return RemoteShell.command(
      "exec " + ShellWord.line(asRoot + ["/bin/sh", "-c"]) + " \"$@\"",
      [path + script, "pilab"] + arguments)
  }

  /// - Parameter errors: of a command that failed.
  func sudoRefusal(_ errors: String, step: String) -> LabError? {
    guard !asRoot.isEmpty, let cause = Self.refusal(in: errors) else { return nil }
    let user = connection.target.user
    return LabError(
      .unavailable, "user '\(user)' of the board may not become root without a password",
      board: name, step: step,
      hint: "on the board, allow it: echo '\(user) ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/pilab",
      cause: cause)
  }

  /// What sudo goes on after: of a board whose /etc/hosts lacks its name, say.
  private static let complaints = ["unable to resolve host", "unable to send audit message"]

  /// What sudo says when it refuses, or is not there; nil where it does neither.
  package static func refusal(in errors: String) -> String? {
    errors.split(whereSeparator: \.isNewline).map(String.init).last { line in
      line.contains("sudo: not found") || line.contains("is not in the sudoers file")
        || line.hasPrefix("sudo: ") && !complaints.contains { line.contains($0) }
    }
  }
}
