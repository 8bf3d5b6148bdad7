import LabCore

/// What is written down of a lab before VirtualBox makes anything of it.
struct VirtualBoxRecord: Codable, Sendable, Equatable {
  /// VBoxManage, as the manifest or the environment names it.
  var command: String?
  /// Of the lab's subnet.
  var prefixLength: Int
  /// Of the user's registry, where it is not the usual one; see `registry`.
  var variables: [String: String]
  /// Identifiers that the machines get, in the order of the boards.
  var machines: [String]

  /// The variables that tell VirtualBox's programs where the user's registry is.
  static let registry = ["VBOX_USER_HOME", "VBOX_IPC_SOCKETID"]
}

extension VirtualBoxRecord {
  private enum CodingKeys: String, CodingKey {
    case command, prefixLength, variables, machines
  }

  /// Earlier versions wrote one map of texts, the machines as `uuid1`, `uuid2`…
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    command = try values.decodeIfPresent(String.self, forKey: .command)
    prefixLength = try RecordNumber.decode(values, .prefixLength)
    if values.contains(.machines) {
      variables = try values.decode([String: String].self, forKey: .variables)
      machines = try values.decode([String].self, forKey: .machines)
    } else {
      let texts = try [String: String](from: decoder)
      variables = texts.filter { Self.registry.contains($0.key) }
      machines = (1...texts.count).lazy.map { texts["uuid\($0)"] }.prefix { $0 != nil }
        .compactMap(\.self)
    }
  }
}

extension LabRecord {
  /// - Throws: `.stateDamaged`.
  var virtualBox: VirtualBoxRecord {
    get throws(LabError) { try details(as: VirtualBoxRecord.self) }
  }

  /// The identifier of a board's machine.
  /// - Parameter number: of the board, from 1.
  /// - Throws: `.stateDamaged` where the record has none.
  func machine(_ number: Int) throws(LabError) -> String {
    let machines = try virtualBox.machines
    guard machines.indices.contains(number - 1) else {
      throw damaged("it names no machine number \(number)")
    }
    return machines[number - 1]
  }
}
