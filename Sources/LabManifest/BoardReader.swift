import LabValues

/// Reads the boards and gives an address to those that name none.
struct BoardReader {
  private struct Entry {
    var name: String
    var address: IPv4Address?
    var value: Value
  }

  private let subnet: IPv4Subnet
  private let directory: String
  private var owners: [IPv4Address: String] = [:]

  private init(subnet: IPv4Subnet, directory: String) {
    self.subnet = subnet
    self.directory = directory
  }

  /// In the order of the manifest. Nothing can be said where the subnet is wrong.
  static func read(
    _ boards: Value?, subnet: IPv4Subnet?, directory: String, into diagnostics: inout Diagnostics
  ) -> [Board] {
    guard let boards, let subnet else { return [] }
    var reader = BoardReader(subnet: subnet, directory: directory)
    guard boards.fields.count <= subnet.hostCount else {
      diagnostics.report(
        boards.place,
        "the subnet \(subnet) has \(subnet.hostCount) addresses for \(boards.fields.count) boards",
        hint: "give 'network: { subnet: … }' a shorter prefix")
      return []
    }
    let entries = boards.fields.map { reader.entry($0, &diagnostics) }
    checkAttackers(boards, &diagnostics)
    return reader.assign(entries, &diagnostics)
  }

  /// Scenarios that name none mean the only one.
  private static func checkAttackers(_ boards: Value, _ diagnostics: inout Diagnostics) {
    let attackers = boards.fields.filter { $0.value["role"]?.text == "attacker" }
    for field in attackers.dropFirst() {
      diagnostics.report(
        field.value["role"]?.place ?? field.keyPlace,
        "board '\(attackers[0].key)' is the attacker already", hint: "a lab has at most one")
    }
  }

  private mutating func entry(_ field: Value.Field, _ diagnostics: inout Diagnostics) -> Entry {
    var entry = Entry(name: field.key, value: field.value)
    if Self.meansSomethingElse(field.key) {
      diagnostics.warn(
        field.keyPlace,
        "the name '\(field.key)' means something else to the resolver, so it may not lead to the board",
        hint: "give the board another name")
    }
    guard let value = field.value["address"], let text = value.text else { return entry }
    do throws(AddressError) {
      let address = try IPv4Address(text)
      if let problem = problem(of: address) {
        diagnostics.report(value.place, problem, hint: usableAddresses)
      } else if let owner = owners[address] {
        diagnostics.report(value.place, "board '\(owner)' has the address \(address) already")
      } else {
        owners[address] = field.key
        entry.address = address
      }
    } catch {
      diagnostics.report(value.place, error.description, hint: error.hint)
    }
    return entry
  }

  /// Names of every machine's own, and numbers: those are addresses (`7` is 0.0.0.7), whatever a hosts file says.
  private static func meansSomethingElse(_ name: String) -> Bool {
    let own = ["localhost", "ip6-localhost", "ip6-loopback", "ip6-allnodes", "ip6-allrouters"]
    let isHexadecimal = name.hasPrefix("0x") && name.dropFirst(2).allSatisfy(\.isHexDigit)
    return own.contains(name) || name.allSatisfy(\.isNumber) || isHexadecimal
  }

  private func problem(of address: IPv4Address) -> String? {
    guard subnet.contains(address) else {
      return "the address \(address) is outside the subnet \(subnet)"
    }
    if address == subnet.network { return "\(address) is the address of the subnet itself" }
    if address == subnet.broadcast { return "\(address) is the broadcast address of the subnet" }
    return nil
  }

  private var usableAddresses: String {
    let first = IPv4Address(value: subnet.network.value + 1)
    let last = IPv4Address(value: subnet.broadcast.value - 1)
    return "\(subnet) has room for \(first) to \(last)"
  }

  /// There are at least as many addresses as boards.
  private func assign(_ entries: [Entry], _ diagnostics: inout Diagnostics) -> [Board] {
    var free = subnet.hosts.lazy.filter { owners[$0] == nil }.makeIterator()
    var boards: [Board] = []
    for entry in entries {
      guard let address = entry.address ?? free.next() else { continue }
      var board = Board(name: entry.name, address: address)
      board.isAttacker = entry.value["role"]?.text == "attacker"
      board.setup = SetupReader(directory: directory).read(entry.value, &diagnostics)
      MachineReader(directory: directory).read(entry.value, into: &board, &diagnostics)
      boards.append(board)
    }
    return boards
  }
}
