import ArgumentParser
import Foundation
import LabManifest
import LabRun

/// The folder of all labs.
enum LabRoot {
  static var path: String { URL(fileURLWithPath: ".pilab").path }

  static func keeper(observer: @escaping RunObserver = { _ in }) -> LabKeeper {
    LabKeeper(root: path, observer: observer)
  }
}

/// A lab's name as `--lab` and `--name` take it.
struct LabName: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    guard NameRule.allows(argument) else { return nil }
    text = argument
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

  @Option(help: "Name of the lab instead of the manifest's, so that several can be up at once.")
  var name: LabName?

  func load() throws -> (manifest: LabManifest, source: ManifestSource) {
    let (path, labName) = try place()
    var manifest = try LabManifest.load(contentsOf: path)
    var source = try ManifestSource(path: URL(fileURLWithPath: path).path)
    source.name = manifest.name
    if let labName { manifest.name = labName }
    tellOfFormerName(manifest.name)
    return (manifest, source)
  }

  /// The lab that is about to be made may not be the one that the user has in mind.
  private func tellOfFormerName(_ name: String) {
    let keeper = LabRoot.keeper()
    do throws(RunError) { try keeper.checkName(name) } catch {
      guard let former = keeper.formerName(of: name) else { return }
      Console.tell(
        "lab '\(former)' is up too, from this manifest under the name that it had then; "
          + "to use it: --name \(former); to take it down: pilab down --lab \(former)\n")
    }
  }

  private func place() throws(RunError) -> (path: String, name: String?) {
    if manifest != nil || ManifestPath.isHere {
      return (try ManifestPath.resolve(manifest), name?.text)
    }
    let up = try LabRoot.keeper().list().filter { $0.condition == .up }
    let wanted = up.filter { name == nil || $0.lab == name?.text }
    guard wanted.count == 1, let path = wanted[0].state?.manifest?.path else {
      return (try ManifestPath.resolve(nil), name?.text)
    }
    return (path, wanted[0].lab)
  }
}

/// A lab that is there already: by name, or the one that is up, or that of this folder's manifest.
struct LabOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The lab's name; needed only where several labs are up.", valueName: "name"),
    completion: .custom { _, _, _ in Self.known })
  var lab: LabName?

  private static var known: [String] {
    do { return try LabRoot.keeper().list().map(\.lab) } catch { return [] }
  }

  /// As `find`.
  /// - Throws: `lab_not_up` where no lab is meant.
  func resolve(manifest: String? = nil) throws -> String {
    if let lab = try find(manifest: manifest) { return lab }
    throw RunError(
      "lab_not_up", "no lab is up here", hint: "bring one up: pilab up", status: .labUnavailable)
  }

  /// - Parameter manifest: named on the command line; its lab is meant.
  /// - Returns: nil where none is named, none is up and no manifest is here.
  func find(manifest: String? = nil) throws -> String? {
    let named =
      try lab?.text
      ?? manifest.map { try LabManifest.load(contentsOf: ManifestPath.resolve($0)).name }
    if let named {
      try LabRoot.keeper().checkName(named)
      return named
    }
    let labs = try LabRoot.keeper().list().filter { $0.condition != .down }
    if labs.count == 1 { return labs[0].lab }
    let own =
      ManifestPath.isHere ? try LabManifest.load(contentsOf: ManifestPath.resolve(nil)).name : nil
    if let own, labs.isEmpty || labs.contains(where: { $0.lab == own }) { return own }
    if labs.isEmpty { return nil }
    if let own { try LabRoot.keeper().checkName(own) }
    throw RunError(
      "lab_unnamed", "several labs are up: \(labs.map(\.lab).joined(separator: ", "))",
      hint: "say which one: --lab \(labs[0].lab)", status: .usage)
  }
}
