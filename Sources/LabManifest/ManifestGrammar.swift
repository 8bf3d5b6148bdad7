import LabValues

/// What manifests may say: what every lab has, the modes that there are, and each backend's own keys.
public struct ManifestGrammar: Sendable {
  /// But for `auto`, in the order in which people are told of them.
  public let modes: [LabMode]
  let sections: [BackendSection]

  public init(modes: [LabMode], sections: [BackendSection]) {
    self.modes = modes
    self.sections = sections
  }

  /// As they are written, `auto` first.
  public var modeNames: [String] { ([.auto] + modes).map(\.rawValue) }

  /// The mode of that name.
  public func mode(named name: String) -> LabMode? {
    modeNames.contains(name) ? LabMode(rawValue: name) : nil
  }
}

/// The keys of one backend: a map at the top of the manifest, named after its mode.
public struct BackendSection: Sendable {
  public let mode: LabMode
  let keys: [Key]
  let meaning: String
  let read: @Sendable (Value?, ManifestFolder) -> BackendSettings

  /// - Parameters:
  ///   - meaning: of the map, in half a sentence.
  ///   - read: makes the settings of the map, whose shape has been checked; nil where the manifest has none.
  package init(
    mode: LabMode, meaning: String, keys: [Key],
    read: @escaping @Sendable (Value?, ManifestFolder) -> BackendSettings
  ) {
    self.mode = mode
    self.meaning = meaning
    self.keys = keys
    self.read = read
  }

  var key: Key { Key(name: mode.rawValue, shape: .object(keys), meaning: meaning) }
}

/// Where relative paths of a manifest begin.
package struct ManifestFolder: Sendable {
  let path: String

  /// - Parameter text: a path as the manifest gives it: absolute, `~/…`, or relative to the manifest.
  package func absolute(_ text: String) -> String { absolutePath(text, in: path) }
}
