import LabCore

/// Command lines for a board's SSH server.
package enum RemoteShell {
  /// Runs a script whatever the user's login shell is.
  package static func command(_ script: String, _ arguments: [String] = []) -> String {
    "exec /bin/sh -c " + ShellWord.line([script, "pilab"] + arguments)
  }
}
