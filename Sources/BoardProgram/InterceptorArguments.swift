import PiExchange
import PiIntercept
import PiTransfer

extension InterceptorOptions {
  static let valuedOptions: Set<String> = [
    "listen", "connect", "name", "attack", "profile", "cipher", "group", "prime", "generator",
    "sender-name", "receiver-name", "store-image", "record", "record-limit", "release",
    "connect-timeout", "hold-timeout", "seed",
  ]

  private static let address = "an address such as 127.0.0.1:7400"

  init(_ arguments: Arguments) throws(ExchangeError) {
    let profile =
      try arguments.optional("profile", "classic or sealed") { Profile(name: $0) } ?? .classic
    let isSecret = profile == .sealed && !arguments.has("no-authentication")
    let configuration = try CommonOptions.configuration(
      arguments, .receiver, profile, isSecret ? .preSharedKey : .none)
    self.init(
      name: configuration.name,
      listen: try arguments.required("listen", Self.address) { SocketAddress($0) },
      connect: try arguments.required("connect", Self.address) { SocketAddress($0) },
      profile: profile, authentication: configuration.authentication,
      cipher: configuration.cipher, group: configuration.group)
    try readBoards(arguments)
    try readFiles(arguments)
    attack = try arguments.optional(
      "attack", "one of \(Attack.words.joined(separator: ", "))"
    ) { Attack($0) }
    connectTimeout =
      try arguments.optional("connect-timeout", "a duration", Units.duration) ?? connectTimeout
    holdTimeout =
      try arguments.optional("hold-timeout", "a duration", Units.duration) ?? holdTimeout
    seed = try arguments.optional("seed", "a number from 0 to \(UInt64.max)") { UInt64($0) }
    for spec in arguments.all("fault") { try add(fault: spec) }
  }

  private mutating func readBoards(_ arguments: Arguments) throws(ExchangeError) {
    let form = "a name of lower-case letters, digits and hyphens"
    senderName = try arguments.optional("sender-name", form) { BoardName($0) }
    receiverName = try arguments.optional("receiver-name", form) { BoardName($0) }
  }

  private mutating func readFiles(_ arguments: Arguments) throws(ExchangeError) {
    storeImage = arguments.optional("store-image")
    record = arguments.optional("record")
    recordLimit =
      try arguments.optional("record-limit", "a size such as 64MiB", Units.bytes) ?? recordLimit
    release = arguments.optional("release")
  }
}
