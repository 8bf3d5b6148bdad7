import LabValues
import PiCrypto
import PiExchange

/// Reads an exchange's group and the private exponents that must fit it.
struct GroupReader {
  private let exchange: Value
  private(set) var diagnostics: Diagnostics
  /// nil where the group is wrong and has been reported.
  private var numbers: DHGroup?

  init(exchange: Value, diagnostics: Diagnostics) {
    self.exchange = exchange
    self.diagnostics = diagnostics
  }

  mutating func group(profile: Profile, isProfileKnown: Bool) -> GroupChoice {
    let standard = GroupChoice.named(profile.defaultGroupName)
    guard let value = exchange["group"] else {
      numbers = isProfileKnown ? DHGroup.named(profile.defaultGroupName) : nil
      return standard
    }
    if let name = value.text {
      numbers = DHGroup.named(name)
      return .named(name)
    }
    guard let prime = value["prime"], let primeText = prime.text else { return standard }
    let generator = value["generator"]
    // Without a generator the prime is looked at all the same.
    let choice = GroupChoice.custom(prime: primeText, generator: generator?.text ?? "2")
    do throws(GroupError) {
      let group = try choice.group()
      if isProfileKnown, profile == .sealed, group.isTextbook {
        reportTextbook(group, at: prime.place)
      } else if isProfileKnown, profile == .classic {
        warn(of: group, prime: prime.place, generator: generator?.place ?? prime.place)
      } else if isProfileKnown, !group.flaws.isEmpty {
        diagnostics.report(
          prime.place, "profile sealed does not allow this group: public values cannot be checked",
          hint: "P must be 2q+1 with a prime q, and G of order q; take "
            + "'group: \(Profile.sealed.defaultGroupName)', or 'profile: classic'")
      }
      numbers = generator?.text == nil ? nil : group
    } catch {
      report(error, prime: prime, primeText: primeText, generator: generator)
    }
    return choice
  }

  private mutating func reportTextbook(_ group: DHGroup, at place: Place) {
    diagnostics.report(
      place, "profile sealed does not allow a group of \(group.bits) bits",
      hint: "it can be broken: take 'group: \(Profile.sealed.defaultGroupName)', a prime of "
        + "\(DHGroup.minimumSecureBits) bits or more, or 'profile: classic'")
  }

  private static let betterGroup =
    "take 'group: \(Profile.sealed.defaultGroupName)', or a P = 2q+1 with a prime q and a G of order q"

  /// A textbook group is known for what it is by its size; these look like good ones.
  private mutating func warn(of group: DHGroup, prime: Place, generator: Place) {
    if group.flaws.contains(.uncheckedSubgroup) {
      diagnostics.warn(
        prime,
        "public values cannot be checked in this group (\(GroupFlaw.uncheckedSubgroup.rawValue)): "
          + "a peer's may lie in a small subgroup and show the private exponent modulo its order",
        hint: Self.betterGroup)
    }
    if group.flaws.contains(.breakable) {
      diagnostics.warn(
        generator,
        "the order of this generator has small prime factors only (\(GroupFlaw.breakable.rawValue)): "
          + "whoever listens can compute the private exponents and the key",
        hint: Self.betterGroup)
    }
  }

  private mutating func report(
    _ error: GroupError, prime: Value, primeText: String, generator: Value?
  ) {
    switch error {
    case .generatorOutOfRange:
      reportRange(of: generator)
    case .notAnOddPrime:
      diagnostics.report(
        prime.place,
        "P = \(Self.shortened(primeText)) is \(Self.isEven(primeText) ? "even" : "not prime")",
        hint: "P must be an odd prime, for example 23, or a group of RFC 7919: "
          + DHGroup.allNames.joined(separator: ", "))
    case .primeTooLarge where !Self.isTooLarge(primeText):
      reportRange(of: generator)
    case .primeTooLarge:
      diagnostics.report(
        prime.place, "the prime has more than \(DHGroup.maximumBits) bits",
        hint: "P has at most \(DHGroup.maximumBits) bits")
    case .notANumber, .exponentOutOfRange:
      diagnostics.report(prime.place, error.description)
    }
  }

  private mutating func reportRange(of generator: Value?) {
    guard let generator, generator.text != nil else { return }
    diagnostics.report(
      generator.place, "the generator is out of range", hint: "2 <= generator <= prime - 2")
  }

  /// The prime itself, and not a generator of as many digits.
  private static func isTooLarge(_ prime: String) -> Bool {
    do throws(GroupError) {
      _ = try DHGroup.custom(prime: prime, generator: "2")
      return false
    } catch {
      return error == .primeTooLarge
    }
  }

  /// Digits of either base tell by their last one.
  private static func isEven(_ digits: String) -> Bool {
    digits.last?.hexDigitValue.map { $0.isMultiple(of: 2) } ?? false
  }

  private static func shortened(_ digits: String) -> String {
    digits.count <= 24 ? digits : "\(digits.prefix(20))…"
  }

  mutating func privateExponents() -> [String: String] {
    var result: [String: String] = [:]
    let parties = [exchange["sender"], exchange["receiver"]]
    let areKnown = parties.allSatisfy { $0?.text != nil }
    let names = parties.compactMap { $0?.text }
    for field in exchange["privateExponents"]?.fields ?? [] {
      if areKnown, !names.contains(field.key) {
        diagnostics.report(
          field.keyPlace, "'\(field.key.prefix(80))' is not a board of this exchange",
          hint: Suggestion.hint(for: field.key, among: names, listing: "its boards"))
      }
      guard let text = field.value.text else { continue }
      check(text, at: field.value.place)
      result[field.key] = text
    }
    return result
  }

  private mutating func check(_ exponent: String, at place: Place) {
    guard let numbers else { return }
    do throws(GroupError) {
      _ = try KeyPair(fixed: exponent, in: numbers)
      warnOfLeak(at: place, in: numbers)
    } catch {
      // The exponent itself is not repeated: secrets stay out of messages.
      diagnostics.report(
        place, "the private exponent does not fit the group",
        hint: "1 <= a <= P-2, and G^a mod P must be neither 1 nor P-1")
    }
  }

  private mutating func warnOfLeak(at place: Place, in group: DHGroup) {
    guard group.flaws.contains(.uncheckedSubgroup) else { return }
    let leak =
      group.flaws.contains(.breakable)
      ? "whoever listens can compute it from the public value"
      : "each value that a peer chooses may show a part of it"
    diagnostics.warn(
      place,
      "this fixed private exponent leaks in this group: \(leak), and what is learned opens every "
        + "exchange that uses it, recorded ones too",
      hint: "leave 'privateExponents' out, or \(Self.betterGroup)")
  }
}
