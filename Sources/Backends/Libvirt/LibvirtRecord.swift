import LabCore

/// What is written down of a lab before libvirt makes anything of it.
struct LibvirtRecord: Codable, Sendable, Equatable {
  var uri: String
  /// Of the lab's subnet.
  var prefixLength: Int
  /// Where the daemon of `qemu:///session` has its socket; nil in records of older versions.
  var session: String?
}

extension LibvirtRecord {
  private enum CodingKeys: String, CodingKey {
    case uri, prefixLength, session
  }

  /// Earlier versions wrote nothing but texts.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    uri = try values.decode(String.self, forKey: .uri)
    session = try values.decodeIfPresent(String.self, forKey: .session)
    prefixLength = try RecordNumber.decode(values, .prefixLength)
  }
}

extension LabRecord {
  /// - Throws: `.stateDamaged`.
  var libvirt: LibvirtRecord {
    get throws(LabError) { try details(as: LibvirtRecord.self) }
  }
}
