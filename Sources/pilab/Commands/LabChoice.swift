import ArgumentParser
import Backends
import Foundation
import LabCore
import LabManifest
import LabRun
import LabValues

/// The folder of all labs.
enum LabRoot {
  static var path: String { URL(fileURLWithPath: ".pilab").path }

  /// What its files tell of the labs.
  static var index: LabIndex { LabIndex(root: path) }

  static func keeper(observer: @escaping RunObserver = { _ in }) -> LabKeeper {
    LabKeeper(root: path, catalog: Backends.catalog, observer: observer)
  }
}

/// A lab's name. Every command that is about a lab takes it as `--lab`, or as `--name`, which is the same.
struct LabName: ExpressibleByArgument {
  static let option: NameSpecification = [.customLong("lab"), .customLong("name")]

  let text: String

  init?(argument: String) {
    guard NameRule.allows(argument) else { return nil }
    text = argument
  }

  /// The lab of this folder that a name of none was probably meant to be.
  static func meant(by name: String) throws(LabError) -> String? {
    let labs = try LabRoot.index.list().map(\.lab)
    return labs.contains(name) ? nil : Suggestion.nearest(to: name, among: labs)
  }

  /// Tells of a name that is probably mistyped, where having nothing to do is no failure.
  static func tellIfMistyped(_ name: String?) throws(LabError) {
    guard let name, let near = try meant(by: name) else { return }
    Console.tell("pilab: there is no lab '\(name)' here; did you mean '\(near)'?\n")
  }
}

/// The manifest that a lab is made from, and the name that it gets.
struct ManifestOptions: ParsableArguments {
  @Argument(
    help: """
      The lab's manifest; where none is named, lab.yaml or pilab.yaml of this folder, else that of the one lab \
      that is up.
      """,
    completion: .file(extensions: ["yaml", "yml"]))
  var manifest: String?

  @Option(
    name: LabName.option,
    help: ArgumentHelp(
      "The lab. One that is up comes with its manifest; a new one gets this name instead of the manifest's.",
      valueName: "name"), completion: Known.labs)
  var lab: LabName?

  /// - Parameter checksImages: whether the exchanges' images have to be there.
  func load(
    checksImages: Bool = true
  ) throws -> (manifest: LabManifest, source: ManifestSource) {
    let path = try place()
    var manifest = try Backends.grammar.load(contentsOf: path, checksImages: checksImages)
    var source = try ManifestSource(path: URL(fileURLWithPath: path).path)
    source.name = manifest.name
    if let name = try lab?.text ?? nameOfLabUp(from: path) { manifest.name = name }
    tellOfFormerName(manifest.name)
    return (manifest, source)
  }

  /// The lab that is about to be made may not be the one that the user has in mind.
  private func tellOfFormerName(_ name: String) {
    let index = LabRoot.index
    do throws(LabError) { try index.checkName(name, Backends.grammar) } catch {
      guard let former = index.formerName(of: name, Backends.grammar) else { return }
      Console.tell(
        "lab '\(former)' is up too, from this manifest under its former name; "
          + "to use it: --lab \(former); to take it down: pilab down --lab \(former)\n")
    }
  }

  private func place() throws(LabError) -> String {
    if manifest == nil, let up = try ofLabUp(), let path = up.state?.manifest?.path {
      guard ManifestPath.exists(path) else {
        throw LabError(
          .manifestMissing, "the manifest that lab '\(up.lab)' is up from is gone: \(path)",
          hint: "put it back, or name it where it is now: pilab run FILE --lab \(up.lab)")
      }
      return path
    }
    return try ManifestPath.resolve(manifest)
  }

  /// Where no manifest is named: the lab that `--lab` says, or in a folder without a manifest the one that is up.
  private func ofLabUp() throws(LabError) -> LabSummary? {
    guard lab != nil || !ManifestPath.isHere else { return nil }
    let up = try LabRoot.index.list().filter {
      $0.condition == .up && (lab == nil || $0.lab == lab?.text)
    }
    return up.count == 1 ? up[0] : nil
  }

  private func nameOfLabUp(from path: String) throws(LabError) -> String? {
    guard manifest == nil, let up = try ofLabUp(), up.state?.manifest?.path == path else {
      return nil
    }
    return up.lab
  }
}

/// A lab that is there already: by name, or the one that is up, or that of this folder's manifest.
struct LabOptions: ParsableArguments {
  @Option(
    name: LabName.option,
    help: ArgumentHelp("The lab; needed only where several are up.", valueName: "name"),
    completion: Known.labs)
  var lab: LabName?

  /// As `find`.
  /// - Throws: `lab_not_up` where no lab is meant.
  func resolve(manifest: String? = nil) throws -> String {
    if let lab = try find(manifest: manifest) {
      if self.lab != nil, let near = try LabName.meant(by: lab) {
        throw LabError(
          .labNotUp, "there is no lab '\(lab)' here", hint: "did you mean '\(near)'?")
      }
      return lab
    }
    throw LabError(
      .labNotUp, "no lab is up here", hint: "bring one up: pilab up")
  }

  /// - Parameter manifest: named on the command line; its lab is meant.
  /// - Returns: nil where none is named, none is up and no manifest is here.
  func find(manifest: String? = nil) throws -> String? {
    let named =
      try lab?.text
      ?? manifest.map { try Backends.grammar.load(contentsOf: ManifestPath.resolve($0)).name }
    if let named {
      try LabRoot.index.checkName(named, Backends.grammar)
      return named
    }
    let labs = try LabRoot.index.list().filter { $0.condition != .down }
    if labs.count == 1 { return labs[0].lab }
    let own =
      ManifestPath.isHere
      ? try Backends.grammar.load(contentsOf: ManifestPath.resolve(nil)).name : nil
    if let own, labs.isEmpty || labs.contains(where: { $0.lab == own }) { return own }
    if labs.isEmpty { return nil }
    if let own { try LabRoot.index.checkName(own, Backends.grammar) }
    throw LabError(
      .labUnnamed, "several labs are up: \(labs.map(\.lab).joined(separator: ", "))",
      hint: "say which one: --lab \(labs[0].lab)")
  }
}
