import Glibc
import HostKit

/// What a board's /etc/hosts says, hosts(5): where the boards of its lab are.
package enum HostsFile {
  /// For a board that has nobody else to know.
  private static func text(of boards: [LabRecord.Board]) -> String {
    "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" + lines(of: boards)
  }

  /// For programs that give up root too, whatever the umask is.
  package static func write(_ boards: [LabRecord.Board], to path: String) throws {
    try OutputFile.write(Array(text(of: boards).utf8), to: path)
    guard chmod(path, 0o644) == 0 else { throw SystemError.last }
  }

  package static func lines(of boards: [LabRecord.Board]) -> String {
    let taken = Set(boards.map(\.name))
    return boards.map { board in
      names(of: board.name, taken).reduce(board.address) { "\($0) \($1)" } + "\n"
    }.joined()
  }

  /// A host name does not end with a hyphen; the names of a lab may.
  package static func hostName(of board: String) -> String {
    String(board.reversed().drop { $0 == "-" }.reversed())
  }

  /// The board's name, and what it calls itself, where that is no other board's name.
  package static func names(of board: String, _ taken: Set<String>) -> [String] {
    let hostName = hostName(of: board)
    return [board] + (taken.contains(hostName) ? [] : [hostName])
  }
}
