import BootImage
import LabCore
import LabManifest
import LabResults
import LabValues
import PiExchange

/// One exchange made ready: which files lie where on the boards, and both programs' arguments.
struct ExchangePlan: Sendable {
  /// The keys of `ExchangeResult.sha256` and `.files`.
  enum Artifact: String, CaseIterable, Sendable {
    case original, senderEncrypted, receiverEncrypted, receiverDecrypted
  }

  let exchange: Exchange
  /// Where the image lies on the sender's board.
  let image: BoardPath
  /// By board, where the other files go; none is the working folder itself.
  var folders: [String: BoardPath] = [:]

  /// Connections that may be refused before the sender gives up; nil for any number.
  var attempts: Int?

  /// Where the programs lie that are run.
  var programs = ProgramPlaces.usual

  struct ProgramPlaces: Sendable, Equatable {
    let sender: BoardPath
    let receiver: BoardPath

    static let usual = Self(
      sender: boardPath("bin/pi-sender"), receiver: boardPath("bin/pi-receiver"))
    /// Of programs that the usual ones are compared with; as long a path.
    static let others = Self(
      sender: boardPath("alt/pi-sender"), receiver: boardPath("alt/pi-receiver"))
  }

  static let interceptorProgram = boardPath("bin/pi-interceptor")
  static let preSharedKey = boardPath("psk")

  var needsPreSharedKey: Bool { exchange.authentication == .preSharedKey }

  /// Files that this exchange leaves, by what they are.
  var artifacts: [(artifact: Artifact, board: String, path: BoardPath)] {
    Artifact.allCases.compactMap { artifact in
      isKept(artifact).then { (artifact, board(of: artifact), path(of: artifact)) }
    }
  }

  /// Below the run's folder: `classic/bob/decrypted.ppm`.
  func reportPath(of artifact: Artifact) -> String {
    "\(exchange.name)/\(board(of: artifact))/\(fileName(of: artifact))"
  }

  func senderArguments(listen address: String) -> [String] {
    var arguments = ["--listen", "\(address):\(exchange.port ?? 0)", "--image", image.description]
    arguments += common(name: exchange.sender, peer: exchange.receiver)
    arguments += digests(exchange.digest)
    if let rate = exchange.rate { arguments += ["--rate", "\(rate)"] }
    if let attempts { arguments += ["--attempts", "\(attempts)"] }
    return arguments + store("--store-encrypted", .senderEncrypted)
  }

  func receiverArguments(connect address: String, port: UInt16) -> [String] {
    var arguments = ["--connect", "\(address):\(port)"]
    arguments += common(name: exchange.receiver, peer: exchange.sender)
    // Where the decrypted image is not kept, its hash is the only proof that it is the original.
    let proof: Set<Digest> = isKept(.receiverDecrypted) ? [] : [.plaintext]
    arguments += digests(exchange.digest.union(proof))
    arguments += ["--connect-timeout", DurationText.format(exchange.timeouts.connect)]
    arguments += store("--store-encrypted", .receiverEncrypted)
    return arguments + store("--store-decrypted", .receiverDecrypted)
  }

  /// Of whoever is to look like one of the two.
  var settings: [String] {
    var arguments = ["--profile", exchange.profile.name, "--cipher", exchange.cipher.name]
    switch exchange.group {
    case .named(let group): arguments += ["--group", group]
    case .custom(let prime, let generator):
      arguments += ["--prime", prime, "--generator", generator]
    }
    if !needsPreSharedKey, exchange.profile == .sealed { arguments.append("--no-authentication") }
    return arguments
  }

  private func common(name: String, peer: String) -> [String] {
    var arguments = ["--name", name, "--peer", peer, "--events"] + settings
    if needsPreSharedKey { arguments += ["--psk-file", Self.preSharedKey.description] }
    if exchange.isDurable { arguments.append("--durable") }
    if let exponent = exchange.privateExponents[name] {
      arguments += ["--private-exponent", exponent]
    }
    return arguments + [
      "--handshake-timeout", DurationText.format(exchange.timeouts.handshake),
      "--idle-timeout", DurationText.format(exchange.timeouts.idle),
    ]
  }

  private func digests(_ digests: Set<Digest>) -> [String] {
    let names = digests.map(\.rawValue).sorted().reversed()
    return ["--digest", names.isEmpty ? "none" : names.joined(separator: ",")]
  }

  private func store(_ option: String, _ artifact: Artifact) -> [String] {
    isKept(artifact) ? [option, path(of: artifact).description] : []
  }

  private func isKept(_ artifact: Artifact) -> Bool {
    switch artifact {
    case .original: true
    case .senderEncrypted: exchange.store.contains(.senderEncrypted)
    case .receiverEncrypted: exchange.store.contains(.receiverEncrypted)
    case .receiverDecrypted: exchange.store.contains(.receiverDecrypted)
    }
  }

  private func board(of artifact: Artifact) -> String {
    switch artifact {
    case .original, .senderEncrypted: exchange.sender
    case .receiverEncrypted, .receiverDecrypted: exchange.receiver
    }
  }

  /// Beside each other in the board's working folder: the programs make no folders.
  private func path(of artifact: Artifact) -> BoardPath {
    if artifact == .original { return image }
    let path = Self.boardPath("\(exchange.name).\(fileName(of: artifact))")
    return folders[board(of: artifact)]?.appending(path) ?? path
  }

  private func fileName(of artifact: Artifact) -> String {
    switch artifact {
    case .original: "original" + ImageName.suffix(of: exchange.image)
    case .senderEncrypted, .receiverEncrypted: "encrypted.bin"
    case .receiverDecrypted: "decrypted" + ImageName.suffix(of: exchange.image)
    }
  }

  /// For paths made of the manifest's checked names and fixed words.
  static func boardPath(_ path: String) -> BoardPath {
    guard let path = BoardPath(path) else { preconditionFailure("not a board path: \(path)") }
    return path
  }
}

/// The parts of an image's name that are carried over to boards and reports.
enum ImageName {
  private static let longestSuffix = 10

  /// The name without its folders.
  static func last(of path: String) -> String { String(path.split(separator: "/").last ?? "") }

  /// `.ppm`; empty where the name has no suffix or one that is no plain word.
  static func suffix(of path: String) -> String {
    let name = last(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    let suffix = name[name.index(after: dot)...]
    let isPlain = suffix.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    guard isPlain, (1...longestSuffix).contains(suffix.count) else { return "" }
    return "." + suffix
  }
}

extension Bool {
  fileprivate func then<Value>(_ value: () -> Value) -> Value? { self ? value() : nil }
}
