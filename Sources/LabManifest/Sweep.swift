import LabValues
import PiCrypto
import PiExchange

/// Measurements that `pilab run` takes beside the exchanges: every combination of these settings, each
/// several times.
public struct Sweep: Sendable, Equatable {
  /// The exchange whose boards and other settings the measurements have.
  public var exchange: String
  /// Bytes of pictures that are made for it; empty takes the images of the manifest's exchanges.
  public var sizes: [UInt64] = []
  /// Empty takes the exchange's.
  public var ciphers: [Cipher] = []
  /// Groups of RFC 7919; empty takes the exchange's.
  public var groups: [String] = []
  /// Never auto; empty takes the mode of the run.
  public var modes: [LabMode] = []
  /// In the order of the manifest; empty leaves the boards' links as they are.
  public var links: [SweepLink] = []
  /// Measurements of each point.
  public var repeats = defaultRepeats
  /// Exchanges of each point that are run before and not counted.
  public var warmups = defaultWarmups
  /// Of the random order; nil draws one.
  public var seed: UInt64?

  public static let defaultRepeats = 5
  public static let defaultWarmups = 1
  public static let sizeRange: ClosedRange<UInt64> = 1 << 10...1 << 30
  static let mostRepeats = 1000
  static let mostWarmups = 100
  static let greatestSeed = Int(UInt32.max)
  /// Points beyond it are a typing error.
  static let mostPoints = 10_000

  public init(exchange: String) { self.exchange = exchange }
}

extension Shape {
  /// - Parameter modes: that there are.
  static func sweep(modes: [LabMode]) -> [Key] {
    [
      Key(
        name: "exchange", shape: .scalar(.name), defaultText: "the first",
        meaning: "the exchange whose boards and other settings the measurements have"),
      Key(
        name: "sizes", shape: .list(of: .size(Sweep.sizeRange)),
        defaultText: "the exchanges' images",
        meaning: "sizes of the pictures that are made and sent"),
      Key(
        name: "ciphers", shape: .list(of: .choice("cipher", Cipher.allCases.map(\.name))),
        defaultText: "the exchange's", meaning: "ciphers, each with its profile"),
      Key(
        name: "groups", shape: .list(of: .choice("group", DHGroup.allNames)),
        defaultText: "the exchange's", meaning: "groups of RFC 7919"),
      Key(
        name: "modes",
        shape: .list(of: .choice("mode", modes.map(\.rawValue))),
        defaultText: "the run's", meaning: "what the boards are made with, one after the other"),
      Key(
        name: "profiles", shape: .list(of: .choice("profile", Profile.allCases.map(\.name))),
        defaultText: "the exchange's",
        meaning: "profiles, each with its default cipher; instead of ciphers"),
      Key(
        name: "links", shape: .map(of: .object(impairment), entry: "link", minimum: 1),
        defaultText: "as they are",
        meaning:
          "what happens to the packets that both boards send, by name; one without keys is good"),
      Key(
        name: "repeats", shape: .scalar(.count(1...Sweep.mostRepeats)),
        defaultText: "\(Sweep.defaultRepeats)", meaning: "measurements of each point"),
      Key(
        name: "warmups", shape: .scalar(.count(0...Sweep.mostWarmups)),
        defaultText: "\(Sweep.defaultWarmups)",
        meaning: "exchanges of each point that are run before and not counted"),
      Key(
        name: "seed", shape: .scalar(.count(0...Sweep.greatestSeed)), defaultText: "random",
        meaning: "seed of the random order of the measurements; the report shows it"),
    ]
  }
}

/// Makes `sweep:` of a checked tree.
enum SweepReader {
  /// nil where there is none.
  static func read(
    _ value: Value?, exchanges: [Exchange], into diagnostics: inout Diagnostics
  ) -> Sweep? {
    guard let value, !value.isInvalid else { return nil }
    guard let first = exchanges.first else {
      diagnostics.report(
        value.place, "a sweep needs an exchange",
        hint: "its measurements have the boards and other settings of one")
      return nil
    }
    var sweep = Sweep(exchange: value["exchange"]?.text ?? first.name)
    let names = exchanges.map(\.name)
    if let named = value["exchange"], let name = named.text, !names.contains(name) {
      diagnostics.report(
        named.place, "there is no exchange '\(name)'",
        hint: Suggestion.hint(for: name, among: names, listing: "exchanges"))
    }
    sweep.sizes = sizes(value["sizes"], &diagnostics)
    sweep.ciphers = texts(value["ciphers"], &diagnostics).compactMap(Cipher.init(name:))
    sweep.groups = texts(value["groups"], &diagnostics)
    sweep.modes = texts(value["modes"], &diagnostics).map(LabMode.init(rawValue:))
    readProfiles(value, into: &sweep, &diagnostics)
    sweep.links = (value["links"]?.fields ?? []).map { field in
      SweepLink(
        name: field.key, impairment: ImpairmentReader.read(field.value, into: &diagnostics))
    }
    if let count = number(value["repeats"]) { sweep.repeats = count }
    if let count = number(value["warmups"]) { sweep.warmups = count }
    sweep.seed = number(value["seed"]).map(UInt64.init)
    warn(of: sweep, value, exchanges, &diagnostics)
    checkCount(sweep, images: Set(exchanges.map(\.image)).count, value.place, &diagnostics)
    return sweep
  }

  private static func readProfiles(
    _ value: Value, into sweep: inout Sweep, _ diagnostics: inout Diagnostics
  ) {
    guard let profiles = value["profiles"] else { return }
    if value["ciphers"] != nil {
      diagnostics.report(
        profiles.place, "'profiles' cannot be used with 'ciphers', which name their profiles",
        hint: "leave one of them out")
    }
    sweep.ciphers = texts(profiles, &diagnostics).compactMap(Profile.init(name:))
      .map(\.defaultCipher)
  }

  /// Profiles that are compared differ in their groups, too, where nobody says otherwise.
  private static func warn(
    of sweep: Sweep, _ value: Value, _ exchanges: [Exchange], _ diagnostics: inout Diagnostics
  ) {
    guard sweep.groups.isEmpty, let base = exchanges.first(where: { $0.name == sweep.exchange }),
      let place = (value["profiles"] ?? value["ciphers"])?.place
    else { return }
    let profiles = Profile.allCases.filter { $0.ciphers.contains(where: sweep.ciphers.contains) }
    let groups = profiles.map { $0 == base.profile ? base.group : .named($0.defaultGroupName) }
    guard let first = groups.first, groups.contains(where: { $0 != first }) else { return }
    let words = zip(profiles, groups).map { profile, group -> String in
      let name = if case .named(let name) = group { name } else { "numbers of its own" }
      return "\(profile.name) with \(name)"
    }
    diagnostics.warn(
      place,
      "the sweep's profiles differ in their groups too, so that what takes longer may be either: "
        + words.joined(separator: ", "),
      hint: "for one group in all: groups: [\(Profile.sealed.defaultGroupName)]")
  }

  private static func number(_ value: Value?) -> Int? { value?.text.flatMap { Int($0) } }

  private static func texts(_ value: Value?, _ diagnostics: inout Diagnostics) -> [String] {
    guard let value, !value.isInvalid else { return [] }
    if value.elements.isEmpty {
      diagnostics.report(
        value.place, "the list is empty", hint: "leave the key out to take its default")
    }
    return value.elements.compactMap(\.text)
  }

  private static func sizes(_ value: Value?, _ diagnostics: inout Diagnostics) -> [UInt64] {
    var sizes: [UInt64] = []
    for element in texts(value, &diagnostics).isEmpty ? [] : value?.elements ?? [] {
      guard let text = element.text, let size = try? ByteCount(text).bytes else { continue }
      if sizes.contains(size) {
        diagnostics.report(element.place, "the size '\(text)' is listed twice")
      }
      sizes.append(size)
    }
    return sizes
  }

  private static func checkCount(
    _ sweep: Sweep, images: Int, _ place: Place, _ diagnostics: inout Diagnostics
  ) {
    let settings = [
      sweep.ciphers.count, sweep.groups.count, sweep.modes.count, sweep.links.count,
    ].map { max(1, $0) }
    let points = settings.reduce(sweep.sizes.isEmpty ? images : sweep.sizes.count, *)
    guard points > Sweep.mostPoints else { return }
    diagnostics.report(
      place, "the sweep has \(points) points", hint: "at most \(Sweep.mostPoints) can be measured")
  }
}
