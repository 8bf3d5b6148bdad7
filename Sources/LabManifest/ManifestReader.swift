import Foundation
import LabValues
import PiExchange

/// Makes the manifest's values of a checked tree, and checks what takes two values to see.
struct ManifestReader {
  let path: String
  var diagnostics: Diagnostics
  /// Relative paths begin here; absolute, without a slash at its end.
  let directory: String
  private let grammar: ManifestGrammar
  private let checksImages: Bool

  init(
    _ grammar: ManifestGrammar, path: String, checksImages: Bool, diagnostics: Diagnostics
  ) {
    self.grammar = grammar
    self.checksImages = checksImages
    self.path = path
    self.diagnostics = diagnostics
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    directory = folder == "/" ? "" : folder
  }

  mutating func read(_ root: Value) throws(ManifestError) -> LabManifest {
    let name = labName(root)
    let mode = root["mode"]?.text.map(LabMode.init(rawValue:)) ?? .auto
    let subnet = subnet(root)
    let boards = BoardReader.read(
      root["boards"], subnet: subnet, directory: directory, into: &diagnostics)
    let impairment = ImpairmentReader.read(root["network"]?["impairment"], into: &diagnostics)
    let exchanges = exchanges(
      root, root["boards"].flatMap(Self.names), attackers: Self.attackers(of: root))
    let sweep = SweepReader.read(root["sweep"], exchanges: exchanges, into: &diagnostics)
    let scenarios = scenarios(root, boards, exchanges)
    guard diagnostics.all.isEmpty else { throw diagnostics.error }
    var manifest = LabManifest(
      name: name, mode: mode,
      network: LabNetwork(
        subnet: subnet ?? LabNetwork.defaultSubnet, impairment: impairment),
      boards: boards, exchanges: exchanges, sweep: sweep)
    manifest.scenarios = scenarios
    for section in grammar.sections {
      manifest.settings[section.mode] = section.read(
        root[section.mode.rawValue], ManifestFolder(path: directory))
    }
    manifest.warnings = diagnostics.warnings
    return manifest
  }

  private mutating func scenarios(
    _ root: Value, _ boards: [Board], _ exchanges: [Exchange]
  ) -> [Scenario] {
    let fields = root["boards"]?.fields ?? []
    var reader = ScenarioReader(
      ScenarioReader.Names(
        boards: fields.map(\.key),
        attackers: fields.map(\.key).filter(Self.attackers(of: root).contains),
        exchanges: exchanges, directory: directory, checksFiles: checksImages), diagnostics)
    defer { diagnostics = reader.diagnostics }
    return reader.read(root["scenarios"])
  }

  func exchangeReader(_ field: Value.Field, _ boards: [String]?) -> ExchangeReader {
    ExchangeReader(
      field: field, boards: boards, directory: directory, checksImage: checksImages,
      diagnostics: diagnostics)
  }

  private static func attackers(of root: Value) -> Set<String> {
    let fields = root["boards"]?.fields ?? []
    return Set(fields.filter { $0.value["role"]?.text == "attacker" }.map(\.key))
  }

  /// nil where the boards are already known to be wrong.
  private static func names(of boards: Value) -> [String]? {
    boards.isInvalid ? nil : boards.fields.map(\.key)
  }

  private mutating func labName(_ root: Value) -> String {
    if let value = root["name"] { return value.text ?? "" }
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    do throws(FormatError) {
      try Format.checkName(name)
    } catch {
      let reason =
        path == LabManifest.standardInput
        ? "" : ": the file's name '\(name.prefix(80))' cannot stand in"
      diagnostics.report(
        root.place, "missing key 'name'\(reason)",
        hint: "write 'name:'; \(error.hint ?? error.message)")
    }
    return name
  }

  /// nil where it is wrong.
  private mutating func subnet(_ root: Value) -> IPv4Subnet? {
    guard let network = root["network"] else { return LabNetwork.defaultSubnet }
    guard !network.isInvalid else { return nil }
    guard let value = network["subnet"] else { return LabNetwork.defaultSubnet }
    guard let text = value.text else { return nil }
    do throws(AddressError) {
      let subnet = try IPv4Subnet(text)
      guard let problem = Self.problem(of: subnet) else { return subnet }
      diagnostics.report(value.place, problem, hint: "for example \(LabNetwork.defaultSubnet)")
    } catch {
      diagnostics.report(value.place, error.description, hint: error.hint)
    }
    return nil
  }

  /// Why boards cannot live there.
  private static func problem(of subnet: IPv4Subnet) -> String? {
    guard (8...30).contains(subnet.prefixLength) else {
      return "the subnet '\(subnet)' is \(subnet.prefixLength < 8 ? "too large" : "too small"): "
        + "prefix lengths from /8 to /30 can be used"
    }
    switch subnet.network.value >> 24 {
    case 0: return "the subnet '\(subnet)' is reserved ('this network')"
    case 127: return "the subnet '\(subnet)' is a machine's own loopback"
    case 224...: return "the subnet '\(subnet)' is multicast or reserved"
    default: return nil
    }
  }
}
