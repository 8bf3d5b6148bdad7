import LabCore
import LabManifest

//  A lab keeps the name that it was made under. Where the manifest has been given another since, whoever names the
//  manifest, or its new name, is told which lab it is.

extension ManifestSource {
  /// What the manifest calls its lab now; nil where it cannot be read.
  func nameNow(_ grammar: ManifestGrammar) -> String? {
    (try? grammar.load(contentsOf: path))?.name
  }
}

extension LabIndex {
  /// The lab that is up, or was not taken down, under the name that its manifest had when it was made; the manifest now
  /// says `name`. Labs that were given a name of their own are none of these.
  public func formerName(of name: String, _ grammar: ManifestGrammar) -> String? {
    // Whoever asks has something to do that does not depend on it.
    let labs = (try? list()) ?? []
    return labs.first { lab in
      guard lab.lab != name, lab.condition != .down, let source = lab.state?.manifest,
        source.name == nil || source.name == lab.lab
      else { return false }
      return source.nameNow(grammar) == name
    }?.lab
  }

  /// - Throws: `lab_renamed` where there is nothing of the lab, and its manifest's lab is up under the former name.
  public func checkName(_ name: String, _ grammar: ManifestGrammar) throws(LabError) {
    guard FileStatus(LabFolder(of: name, in: root).state.path) == nil,
      let former = formerName(of: name, grammar)
    else { return }
    throw LabError(
      .labRenamed,
      "lab '\(name)' is not up, but its manifest's lab is up as '\(former)': the manifest's name has changed since",
      step: "attach",
      hint: "name it: --lab \(former); to take it down: pilab down --lab \(former)")
  }
}
