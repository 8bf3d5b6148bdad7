import HostKit
import LabCore

//  What a board's own system is told by SSH.

extension SSHBoard {
  /// Arguments: MAC address, address with prefix length. NetworkManager, where there is one, lets go of it.
  private static let addressScript = """
    n=
    for i in /sys/class/net/*; do
      read -r a <"$i/address" && [ "$a" = "$1" ] && n=${i##*/}
    done
    [ -n "$n" ] || { echo "there is no network interface $1" >&2; exit 30; }
    if command -v nmcli >/dev/null; then nmcli device set "$n" managed no >/dev/null 2>&1; fi
    ip link set "$n" up && ip address flush dev "$n" && ip address add "$2" dev "$n"
    """

  /// Gives the interface on the lab's network the board's address, until the board restarts.
  package func assignAddress(_ address: String, mac: String) async throws(LabError) {
    let outcome = try await tool(Self.addressScript, [mac, address], step: "create")
    guard outcome.succeeded else {
      throw LabError(
        .boardNotCreated, "cannot give it the address \(address)", board: name, step: "create",
        cause: outcome.errors)
    }
  }

  /// Arguments: lines of hosts(5). They stand between two marks, in place of what stood there. A file that cannot be
  /// written to, as on a CD, is covered by one that can; where that cannot be done either, it stays as it is.
  private static let namesScript = """
    f=/etc/hosts b='# boards of the lab, by pilab' e='# end of the boards of the lab'
    writable() { { true >>"$f"; } 2>/dev/null; }
    writable || {
      n=/run/pilab-hosts
      [ -e "$f" ] && cat "$f" >"$n" && chmod 644 "$n" && mount -o bind "$n" "$f" && writable
    } 2>/dev/null || exit 0
    t=$(sed "/^$b\\$/,/^$e\\$/d" "$f") || exit 1
    n=$(mktemp) || exit 0
    printf '%s\\n' "$t" "$b" "$1" "$e" >"$n" && cat "$n" >"$f"
    s=$?
    rm -f "$n"
    exit $s
    """

  /// Has the board know all boards of the lab by name; may be repeated.
  package func assignNames(_ boards: [LabRecord.Board]) async throws(LabError) {
    let lines = HostsFile.lines(of: boards).dropLast()
    let outcome = try await tool(Self.namesScript, [String(lines)], step: "create")
    guard outcome.succeeded else {
      throw LabError(
        .boardNotCreated, "cannot write the names of the lab's boards into its /etc/hosts",
        board: name, step: "create", cause: outcome.errors)
    }
  }

  /// For what is about to lose its power.
  package func flushDisks() async {
    // A board that does not answer is reset all the same.
    _ = try? await connection.translated(step: "reboot") {
      try await SSHSession(connection: connection).collect("sync")
    }
  }
}

/// What `StorageBound` and `DiskBacked` ask for.
extension SSHReached {
  /// Arguments: working folder, folder in it, files. Prints what df says, and the size of each file that is there.
  private static var spaceScript: String {
    """
    cd "$1" && df -Pk "./$2" || exit 1
    shift 2
    for f; do [ ! -f "$f" ] || wc -c <"$f"; done
    """
  }

  /// Bytes that a folder of the board has room for once these files are replaced, by what the board itself says.
  package func spaceInside(
    _ folder: BoardPath?, replacing files: [BoardPath]
  ) async throws(LabError) -> UInt64 {
    let outcome = try await inside(
      Self.spaceScript, [ssh.folder, folder?.description ?? "."] + files.map(\.description),
      step: "space")
    // POSIX: a heading, and a line of device, 1024-blocks, used, available, capacity and place.
    let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    let sizes = lines.dropFirst(2).map { $0.first.flatMap { UInt64($0) } }
    guard outcome.succeeded, lines.count >= 2, lines[1].count >= 6,
      let kibibytes = UInt64(lines[1][3]), !sizes.contains(nil)
    else {
      throw LabError(
        .commandFailed, "cannot ask how much it can store", board: name, step: "space",
        cause: outcome.errors)
    }
    return kibibytes << 10 + sizes.compactMap(\.self).reduce(0, +)
  }

  /// What lies on the disk of a board of our image.
  package func imageDiskFolder() async throws(LabError) -> BoardPath? {
    let outcome = try await inside(
      "[ -x /lib/pilab/disk ] || exit 3; exec /lib/pilab/disk", [], step: "space")
    if outcome.status == .exited(3) { return nil }
    guard outcome.succeeded else {
      throw LabError(
        .commandFailed, "cannot make its disk ready", board: name, step: "space",
        cause: outcome.errors)
    }
    return BoardPath("disk")
  }

  /// Arguments: path, SHA-256, permissions. Keeps the file where it is the one, else makes room for the other.
  private static var sameScript: String {
    """
    cd "$1" || exit 1
    s=$(sha256sum <"$2") && [ "${s%% *}" = "$3" ] && chmod "$4" "$2" && echo same && exit
    rm -f "$2"
    """
  }

  /// Whether the board has this very file already. Any other of the name is removed: memory has no room for two.
  package func has(_ file: String, at path: BoardPath, access: FileAccess)
    async throws(LabError)
    -> Bool
  {
    let hash: String
    do { hash = try RegularFile(file).sha256() } catch {
      throw LabError(
        .fileNotCopied, "cannot read \(file)", SystemFault(error, path: file, .read), board: name,
        step: "put")
    }
    let permissions = String(access.rawValue, radix: 8)
    let outcome = try await inside(
      Self.sameScript, [ssh.folder, path.description, hash, permissions], step: "put")
    return outcome.output.hasPrefix("same")
  }

  /// Runs a script of ours as the user that logs in.
  private func inside(
    _ script: String, _ arguments: [String], step: String
  ) async throws(LabError) -> Tool.Outcome {
    let connection = ssh.connection
    try await connection.open(step: step)
    return try await connection.translated(step: step) {
      try await SSHSession(connection: connection).collect(RemoteShell.command(script, arguments))
    }
  }
}
