import LabCore
import LabValues

/// Who a board is: all that two boards from one image differ in.
public struct BoardIdentity: Sendable, Equatable {
  /// A host name: letters, digits and hyphens, at most 63.
  public var name: String
  /// On the lab's network.
  public var address: IPv4Address
  /// 0 to 32.
  public var prefixLength: Int
  /// Six octets in hex, `52:54:00:12:34:56`.
  public var mac: String
  /// Nil where the lab's interface is the only one; SSH listens there then.
  public var management: Management?
  /// A private ed25519 key in OpenSSH's format, without a passphrase.
  public var hostKey: String
  /// Public keys in OpenSSH's format that may log in as root.
  public var authorizedKeys: [String]
  /// Bytes that the board may store in /work at most; nil and what memory has no room for: as much as memory
  /// allows.
  public var storage: UInt64?
  /// What the boards of the lab are called, this one too; empty where the board is alone.
  public var hosts: [Host]

  /// A line of /etc/hosts.
  public struct Host: Sendable, Equatable {
    public var address: IPv4Address
    public var names: [String]

    public init(address: IPv4Address, names: [String]) {
      self.address = address
      self.names = names
    }
  }

  /// The interface that SSH listens on.
  public struct Management: Sendable, Equatable {
    public var mac: String
    /// Nil: the board asks by DHCP, which takes a while.
    public var address: IPv4Address?
    public var prefixLength: Int

    public init(mac: String, address: IPv4Address? = nil, prefixLength: Int = 24) {
      self.mac = mac
      self.address = address
      self.prefixLength = prefixLength
    }
  }

  public init(
    name: String, address: IPv4Address, prefixLength: Int, mac: String,
    management: Management? = nil, hostKey: String, authorizedKeys: [String],
    storage: UInt64? = nil, hosts: [Host] = []
  ) {
    self.name = name
    self.address = address
    self.prefixLength = prefixLength
    self.mac = mac
    self.management = management
    self.hostKey = hostKey
    self.authorizedKeys = authorizedKeys
    self.storage = storage
    self.hosts = hosts
  }

  /// An uncompressed cpio archive that goes behind the image's initramfs; the kernel unpacks both.
  /// It holds the board's host key, so a file of it must be 0600.
  /// - Throws: `.identityInvalid`.
  public func archive() throws(LabError) -> [UInt8] {
    try check()
    let key = try HostKey(openSSH: hostKey)
    var archive = Archive()
    // Each at the place where it is used; what the guest waits for comes last.
    archive.add("etc/dropbear", .folder(permissions: 0o700))
    archive.add("etc/dropbear/host_key", .file(key.dropbearFormat, permissions: 0o600))
    archive.add("root/.ssh", .folder(permissions: 0o700))
    archive.add(
      "root/.ssh/authorized_keys",
      .file(Array(authorizedKeys.map { $0 + "\n" }.joined().utf8), permissions: 0o600))
    archive.add("etc/pilab", .folder(permissions: 0o700))
    archive.add("etc/pilab/identity", .file(Array(text.utf8), permissions: 0o600))
    return archive.finish()
  }

  /// One `key value` a line; the guest's init reads it.
  private var text: String {
    var lines = ["address \(address)/\(prefixLength)", "mac \(mac.lowercased())"]
    if let management {
      lines.append("management-mac \(management.mac.lowercased())")
      if let address = management.address {
        lines.append("management-address \(address)/\(management.prefixLength)")
      }
    }
    if let storage { lines.append("storage \(storage / 1024)") }
    lines += hosts.map { "host \($0.address) \($0.names.joined(separator: " "))" }
    lines.append("name \(name)")
    return lines.map { $0 + "\n" }.joined()
  }

  private func check() throws(LabError) {
    func require(_ holds: Bool, _ what: String) throws(LabError) {
      guard holds else {
        throw LabError(.identityInvalid, "the identity of a board: \(what)", step: "image")
      }
    }
    try require(Self.isHostName(name), "'\(name)' is not a host name")
    try require((0...32).contains(prefixLength), "the prefix length \(prefixLength) is not 0 to 32")
    try require(Self.isMAC(mac), "'\(mac)' is not a unicast MAC address")
    if let management {
      try require(Self.isMAC(management.mac), "'\(management.mac)' is not a unicast MAC address")
      try require(
        management.mac.lowercased() != mac.lowercased(), "two interfaces have one MAC address")
      try require(
        (0...32).contains(management.prefixLength),
        "the prefix length \(management.prefixLength) is not 0 to 32")
    }
    try require(
      hosts.allSatisfy { !$0.names.isEmpty && $0.names.allSatisfy(NameRule.allows) },
      "a board of the lab has no valid name")
    try require(!authorizedKeys.isEmpty, "nobody may log in: there is no authorized key")
    try require(
      authorizedKeys.allSatisfy(Self.isPublicKey), "an authorized key is not a single line")
  }

  private static func isHostName(_ text: String) -> Bool {
    let allowed = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return allowed && (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
  }

  private static func isMAC(_ text: String) -> Bool {
    let octets = text.split(separator: ":", omittingEmptySubsequences: false)
    guard octets.count == 6,
      octets.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }),
      let first = UInt8(octets[0], radix: 16)
    else { return false }
    return first & 1 == 0
  }

  /// `ssh-… base64 comment`, printable, on one line, and without options before it.
  private static func isPublicKey(_ line: String) -> Bool {
    let parts = line.split(separator: " ", maxSplits: 2)
    return parts.count >= 2 && line.utf8.count <= 16_384
      && (parts[0].hasPrefix("ssh-") || parts[0].hasPrefix("ecdsa-sha2-"))
      && line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
  }
}
