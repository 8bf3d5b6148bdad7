//  What a board's own system is told by SSH.

extension SSHBoard {
  private static let noInterface: Int32 = 30

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
  func assignAddress(_ address: String, mac: String) async throws(BackendError) {
    let outcome = try await tool(Self.addressScript, [mac, address], step: "create")
    guard outcome.succeeded else {
      throw BackendError(
        .boardNotCreated, "cannot give it the address \(address)", board: name, step: "create",
        cause: outcome.errors)
    }
  }

  /// For what is about to lose its power.
  func flushDisks() async {
    // A board that does not answer is reset all the same.
    _ = try? await connection.translated(step: "reboot") {
      try await SSHSession(connection: connection).collect("sync")
    }
  }
}

extension LibvirtBoard: StorageBound {
  func freeSpace() async throws(BackendError) -> UInt64 {
    let folder = ssh.folder
    let connection = ssh.connection
    try await connection.open(step: "space")
    let outcome = try await connection.translated(step: "space") {
      try await SSHSession(connection: connection).collect(
        RemoteShell.command("df -Pk \"$1\"", [folder]))
    }
    // POSIX: a heading, and a line of device, 1024-blocks, used, available, capacity and place.
    let fields = outcome.output.split(separator: "\n").last?.split(separator: " ") ?? []
    guard outcome.succeeded, fields.count >= 6, let kibibytes = UInt64(fields[3]) else {
      throw BackendError(
        .commandFailed, "cannot ask how much it can store", board: name, step: "space",
        cause: outcome.errors)
    }
    return kibibytes << 10
  }
}
