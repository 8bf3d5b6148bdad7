import ArgumentParser
import Foundation
import LabCore
import LabReport
import LabResults
import LabRun
import LabValues
import PiCrypto

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Follow a key agreement with numbers, from the private exponents to the key.",
    discussion: """
      The numbers are those of a run, or given here. Both boards know P and G. Each has a private exponent, a or b, \
      and sends x = G^a mod P or y = G^b mod P; both compute Z = y^a = x^b mod P, hash it, and take the first 16 bytes \
      as the AES key. Small powers are shown step by step, and small groups are broken by trying; of others it says what breaks them.

      Secrets are shown only of textbook groups, under 2048 bits. Of others it shows the public values, says what is \
      not shown and why, and what an attacker would need.

      Examples:
        pilab explain --prime 23 --generator 5 --private 6 --private 15
        pilab explain
        pilab explain textbook/latest --exchange textbook --format json
      """)

  @Argument(
    help: ArgumentHelp("A folder, a name, LAB/NAME, or latest.", valueName: "run"),
    completion: Known.runs)
  var which: String?

  @Option(
    name: LabName.option,
    help: ArgumentHelp("Look only among the runs of this lab.", valueName: "name"),
    completion: Known.labs)
  var lab: LabName?

  @Option(help: "Only this exchange of the run.")
  var exchange: String?

  @Option(help: "P, decimal or 0x…, instead of a run.")
  var prime: String?

  @Option(help: "G, decimal or 0x….")
  var generator: String?

  @Option(
    help: ArgumentHelp(
      "A group of RFC 7919 instead: \(DHGroup.allNames.joined(separator: ", ")).", valueName: "name"
    ))
  var group: String?

  @Option(
    name: .customLong("private"),
    help: ArgumentHelp(
      "A private exponent: the first is alice's, a second one bob's.", valueName: "number"))
  var exponents: [String] = []

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  private var isOfNumbers: Bool { prime != nil || group != nil }

  func validate() throws {
    if prime != nil, group != nil {
      throw ValidationError("--prime and --group cannot be used together")
    }
    if (prime == nil) != (generator == nil) {
      throw ValidationError("--prime and --generator go together")
    }
    if !exponents.isEmpty, !isOfNumbers {
      throw ValidationError("--private needs --prime and --generator, or --group")
    }
    if exponents.count > 2 { throw ValidationError("there are two sides: at most two --private") }
    if isOfNumbers, which != nil || lab != nil || exchange != nil {
      throw ValidationError("name a run or give numbers, not both")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: format) {
      if isOfNumbers {
        let numbers = try given()
        try show([(title: "\(numbers.group)", numbers)]) { try numbers.encoded() }
      } else {
        let found = try ofRun()
        try show(found.map { (title: $0.exchange, $0.numbers) }) { try found.encoded() }
      }
    }
  }

  /// An exchange of a run.
  private struct Explained: Encodable {
    var exchange: String
    var numbers: KeyAgreementNumbers
  }

  private func show(
    _ all: [(title: String, numbers: KeyAgreementNumbers)], json: () throws -> String
  ) throws {
    guard format == .text else { return try Console.print(json()) }
    let texts = all.map { title, numbers in
      NumbersText(numbers, title: title).render(
        color: Console.hasColor(STDOUT_FILENO), width: Console.width(STDOUT_FILENO))
    }
    try Console.print(texts.joined(separator: "\n"))
  }

  private func given() throws(LabError) -> KeyAgreementNumbers {
    func side(_ board: String, _ index: Int) -> NumberMaker.Side {
      NumberMaker.Side(
        board: board, exponent: exponents.indices.contains(index) ? exponents[index] : nil)
    }
    let group = try givenGroup()
    for index in exponents.indices { try check(index, in: group) }
    do throws(GroupError) {
      return try NumberMaker(group).numbers(side("alice", 0), side("bob", 1), profile: .classic)
    } catch { throw notAGroup(error) }
  }

  /// - Throws: `not_a_private_exponent`, which says of two which one it is.
  private func check(_ index: Int, in group: DHGroup) throws(LabError) {
    do throws(GroupError) { _ = try KeyPair(fixed: exponents[index], in: group) } catch {
      // In a group that hides exponents what is nearly one may be a secret.
      let text = group.isTextbook ? "--private \(exponents[index].prefix(40))" : "--private …"
      let reason = error == .exponentOutOfRange ? "\(error)" : "it is not a number"
      throw LabError(
        .notAPrivateExponent, "\(index == 0 ? "alice" : "bob")'s \(text): \(reason)",
        hint: "write decimal digits, or hexadecimal ones after 0x; the first --private is alice's")
    }
  }

  private func givenGroup() throws(LabError) -> DHGroup {
    if let group {
      guard let named = DHGroup.named(group) else {
        throw LabError(
          .notAGroup, "there is no group '\(group)'",
          hint: Suggestion.hint(for: group, among: DHGroup.allNames, listing: "groups"))
      }
      return named
    }
    do throws(GroupError) {
      return try .custom(prime: prime ?? "", generator: generator ?? "")
    } catch { throw notAGroup(error) }
  }

  private func notAGroup(_ error: GroupError) -> LabError {
    LabError(.notAGroup, "\(error)", hint: "a first example: --prime 23 --generator 5")
  }

  private func ofRun() throws(LabError) -> [Explained] {
    let folder = try RunStore(root: LabRoot.path).find(which, lab: lab?.text)
    let report = try RunStore.report(in: folder)
    if let exchange, !report.exchanges.contains(where: { $0.name == exchange }) {
      throw LabError(
        .noSuchExchange, "the run has no exchange '\(exchange)'",
        hint: "its exchanges: \(report.exchanges.map(\.name).joined(separator: ", "))")
    }
    let found = report.exchanges.filter { exchange == nil || $0.name == exchange }
      .compactMap { one in one.numbers.map { Explained(exchange: one.name, numbers: $0) } }
    guard !found.isEmpty else {
      throw LabError(
        .noNumbers, "there are no numbers in this run: no exchange of it agreed on a key",
        hint: "numbers of your own: pilab explain --prime 23 --generator 5 --private 6 --private 15"
      )
    }
    return found
  }
}

extension LabError.Code {
  fileprivate static let notAGroup = Self("not_a_group", .usage)
  fileprivate static let notAPrivateExponent = Self("not_a_private_exponent", .usage)
  fileprivate static let noSuchExchange = Self("no_such_exchange", .usage)
  fileprivate static let noNumbers = Self("no_numbers", .inputMissing)
}
