import PiCrypto
import PiExchange
import PiTransfer

extension CommonOptions {
  static let valuedOptions: Set<String> = [
    "name", "peer", "profile", "cipher", "group", "prime", "generator", "psk-file",
    "private-exponent", "digest", "connect-timeout", "handshake-timeout", "idle-timeout",
  ]
  static let flags: Set<String> = ["no-authentication", "events", "durable"]

  init(
    _ arguments: Arguments, role: Role, connectTimeout: Duration
  ) throws(ExchangeError) {
    let profile = try arguments.optional("profile", "classic or sealed") { Profile(name: $0) }
    let key = try Self.authentication(arguments, profile ?? .classic)
    let configuration = try Self.configuration(arguments, role, profile ?? .classic, key)
    self.init(configuration: configuration, connectTimeout: connectTimeout)
    preSharedKeyFile = arguments.optional("psk-file")
    privateExponent = arguments.optional("private-exponent").map {
      arguments.privateExponent ?? FixedExponent($0)
    }
    let digests = try arguments.optional(
      "digest", "none, plaintext or plaintext,ciphertext", Self.parseDigests)
    self.digests = digests ?? []
    let handshake = try arguments.optional("handshake-timeout", "a duration", Units.duration)
    handshakeTimeout = handshake ?? handshakeTimeout
    idleTimeout =
      try arguments.optional("idle-timeout", "a duration", Units.duration) ?? idleTimeout
    durability = arguments.has("durable") ? .disk : nil
    let connect = try arguments.optional("connect-timeout", "a duration", Units.duration)
    self.connectTimeout = connect ?? connectTimeout
  }

  /// What a side is configured for; `authentication` follows from options that not every program has.
  static func configuration(
    _ arguments: Arguments, _ role: Role, _ profile: Profile, _ authentication: Authentication
  ) throws(ExchangeError) -> ExchangeConfiguration {
    let nameForm = "a name of lower-case letters, digits and hyphens"
    let allowed = profile.ciphers
    let cipher = try arguments.optional(
      "cipher",
      "a cipher of profile \(profile.name): \(allowed.map { $0.name }.joined(separator: ", "))"
    ) { Cipher(name: $0).flatMap { allowed.contains($0) ? $0 : nil } }
    return ExchangeConfiguration(
      role: role,
      name: try arguments.required("name", nameForm) { BoardName($0) },
      peer: try arguments.optional("peer", nameForm) { BoardName($0) },
      profile: profile,
      authentication: authentication,
      cipher: cipher ?? allowed[0],
      group: try group(arguments, profile))
  }

  private static func authentication(
    _ arguments: Arguments, _ profile: Profile
  ) throws(ExchangeError) -> Authentication {
    let hasKey = arguments.optional("psk-file") != nil
    switch (profile, hasKey, arguments.has("no-authentication")) {
    case (.classic, false, _), (.sealed, false, true): return .none
    case (.sealed, true, false): return .preSharedKey
    case (.classic, true, _): throw Arguments.usage("profile classic takes no --psk-file")
    case (.sealed, true, true):
      throw Arguments.usage("--psk-file and --no-authentication cannot be used together")
    case (.sealed, false, false):
      throw Arguments.usage("profile sealed needs --psk-file or --no-authentication")
    }
  }

  private static func group(
    _ arguments: Arguments, _ profile: Profile
  ) throws(ExchangeError) -> DHGroup {
    let name = try arguments.optional("group", "one of \(DHGroup.allNames.joined(separator: ", "))")
    {
      DHGroup.named($0)
    }
    guard let prime = arguments.optional("prime") else {
      guard arguments.optional("generator") == nil else {
        throw Arguments.usage("--generator needs --prime")
      }
      return name ?? DHGroup.named(profile.defaultGroupName) ?? .ffdhe3072
    }
    guard name == nil else { throw Arguments.usage("--group and --prime cannot be used together") }
    let generator = try arguments.required("generator")
    let group: DHGroup
    do {
      group = try DHGroup.custom(prime: prime, generator: generator)
    } catch {
      throw Arguments.usage("--prime, --generator: \(error)")
    }
    guard profile == .classic || !group.isTextbook else {
      throw Arguments.usage(
        "a group of \(group.bits) bits can be broken: it is allowed in profile classic only")
    }
    guard profile == .classic || group.flaws.isEmpty else {
      throw Arguments.usage(
        "--prime, --generator: P is not 2q+1 with a prime q, or G does not have order q; a peer could"
          + " learn the private exponent: such a group is allowed in profile classic only")
    }
    return group
  }

  private static func parseDigests(_ text: String) -> Set<DigestKind>? {
    if text == "none" { return [] }
    var kinds: Set<DigestKind> = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let kind = DigestKind(rawValue: String(word)) else { return nil }
      kinds.insert(kind)
    }
    return kinds
  }
}
