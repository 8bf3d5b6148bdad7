import HostKit
import LabValues
import PiExchange

/// Reads one exchange: defaults by profile, and whether its settings fit together.
struct ExchangeReader {
  private let name: String
  private let value: Value
  /// nil where they are wrong and have been reported.
  private let boards: [String]?
  private let directory: String
  /// Whether the image has to be there.
  private let checksImage: Bool
  private(set) var diagnostics: Diagnostics

  init(
    field: Value.Field, boards: [String]?, directory: String, checksImage: Bool,
    diagnostics: Diagnostics
  ) {
    self.checksImage = checksImage
    name = field.key
    value = field.value
    self.boards = boards
    self.directory = directory
    self.diagnostics = diagnostics
  }

  /// Meaningful only where `diagnostics` has nothing.
  mutating func read() -> Exchange {
    let profile = value["profile"]?.text.flatMap(Profile.init(name:)) ?? .classic
    var exchange = Exchange(
      name: name, sender: value["sender"]?.text ?? "", receiver: value["receiver"]?.text ?? "",
      image: image(), profile: profile)
    checkBoards()
    exchange.cipher = cipher(profile)
    exchange.authentication = authentication(profile)
    readTransfer(into: &exchange)

    var groups = GroupReader(exchange: value, diagnostics: diagnostics)
    exchange.group = groups.group(profile: profile, isProfileKnown: isProfileKnown)
    exchange.privateExponents = groups.privateExponents()
    diagnostics = groups.diagnostics
    return exchange
  }

  private var isProfileKnown: Bool { value["profile"]?.isInvalid != true }

  private mutating func checkBoards() {
    let sender = value["sender"]
    let receiver = value["receiver"]
    for case let board? in [sender, receiver] {
      guard let boards, let name = board.text, !boards.contains(name) else { continue }
      diagnostics.report(
        board.place, "there is no board '\(name)'",
        hint: Suggestion.hint(for: name, among: boards, listing: "boards"))
    }
    if let receiver, let name = receiver.text, name == sender?.text {
      diagnostics.report(
        receiver.place, "sender and receiver are the same board '\(name)'",
        hint: "an exchange takes two boards")
    }
  }

  private mutating func image() -> String {
    guard let image = value["image"], let text = image.text else { return "" }
    let path = text.hasPrefix("/") ? text : directory + "/" + text
    guard checksImage else { return path }
    do throws(RegularFile.Problem) {
      _ = try RegularFile(path)
    } catch {
      let hint = text.hasPrefix("/") ? nil : "paths begin at the manifest's folder: \(path)"
      diagnostics.reportMissingFile(
        image.place, "the image '\(text)' \(error.message)", hint: hint)
    }
    return path
  }

  private mutating func cipher(_ profile: Profile) -> Cipher {
    guard let value = value["cipher"], let cipher = value.text.flatMap(Cipher.init(name:))
    else { return profile.defaultCipher }
    if isProfileKnown, !profile.ciphers.contains(cipher) {
      let allowed = profile.ciphers.map(\.name).joined(separator: ", ")
      diagnostics.report(
        value.place, "profile \(profile.name) does not allow the cipher '\(cipher.name)'",
        hint: "\(profile.name) allows: \(allowed)")
    }
    return cipher
  }

  private mutating func authentication(_ profile: Profile) -> Authentication {
    guard let value = value["authentication"],
      let authentication = value.text.flatMap(Authentication.init(name:))
    else { return profile.defaultAuthentication }
    if isProfileKnown, !profile.authentications.contains(authentication) {
      diagnostics.report(
        value.place,
        "profile \(profile.name) has no authentication '\(authentication.name)'",
        hint: "profile: sealed authenticates the boards by a pre-shared key")
    }
    return authentication
  }

  private mutating func readTransfer(into exchange: inout Exchange) {
    exchange.pixels = PixelSettings(value["pixels"])
    exchange.port = value["port"]?.text.flatMap { UInt16($0) }
    if let store = value["store"] {
      exchange.store = Set(
        store.elements.compactMap(\.text).compactMap(StoredFile.init(rawValue:)))
    }
    let digests = value["digest"]?.elements ?? []
    exchange.digest = Set(digests.compactMap(\.text).compactMap(Digest.init(rawValue:)))
    exchange.isDurable = value["durable"]?.text?.lowercased() == "true"
    exchange.rate = quantity(value["rate"], BitRate.init(_:))
    let timeouts = value["timeouts"]
    let standard = Timeouts()
    exchange.timeouts.connect =
      quantity(timeouts?["connect"], DurationText.parse) ?? standard.connect
    exchange.timeouts.handshake =
      quantity(timeouts?["handshake"], DurationText.parse) ?? standard.handshake
    exchange.timeouts.idle = quantity(timeouts?["idle"], DurationText.parse) ?? standard.idle
  }

  private mutating func quantity<T>(
    _ value: Value?, _ parse: (String) throws(QuantityError) -> T
  ) -> T? {
    guard let value, let text = value.text else { return nil }
    do throws(QuantityError) {
      return try parse(text)
    } catch {
      diagnostics.report(value.place, error.message, hint: error.hint)
      return nil
    }
  }
}
