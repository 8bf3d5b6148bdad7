import LabValues

/// What there is of one lab on this machine, found by the marks that it carries and not by the lab's folder.
public struct LabTrace: Sendable, Equatable {
  /// The lab's, as in its record.
  public var id: String
  public var mode: LabMode
  /// Nil where nothing that was found says it.
  public var lab: String?
  /// The lab's, as its maker saw it; it may be gone.
  public var folder: String?
  /// Where that folder may be seen from here: processes of other roots see other folders.
  public var places: [String]
  /// Nothing but processes was found: one cannot tell by them that machines belong to them.
  public var isOfProcesses: Bool
  /// In words: `process 123 (sleep)`, `domain pilab-lab-bob-0123abcd`.
  public var parts: [String]

  public init(
    id: String, mode: LabMode, lab: String?, folder: String?, places: [String] = [],
    isOfProcesses: Bool = false, parts: [String]
  ) {
    self.id = id
    self.mode = mode
    self.lab = lab
    self.folder = folder
    self.places = places.isEmpty ? [folder].compactMap(\.self) : places
    self.parts = parts
    self.isOfProcesses = isOfProcesses
  }

  /// Stands for the id of a lab of which nothing was found but programs that do not show it.
  static func unknownID(_ folder: String) -> String { folder }

  /// Whether that is so; then the folder alone tells which lab it is.
  public var isOfUnknownID: Bool { id.hasPrefix("/") }

  /// The same lab, seen by another backend: machines have processes of this machine too.
  public func merged(with other: LabTrace) -> LabTrace {
    var both = self
    both.lab = lab ?? other.lab
    both.folder = folder ?? other.folder
    both.places += other.places.filter { !places.contains($0) }
    both.parts += other.parts.filter { !parts.contains($0) }
    if isOfProcesses { (both.mode, both.isOfProcesses) = (other.mode, other.isOfProcesses) }
    return both
  }
}

/// What a look at this machine found.
public struct LabTraces: Sendable {
  public var found: [LabTrace]
  /// What could not be looked at, and why.
  public var unseen: [String]

  public init(_ found: [LabTrace] = [], unseen: [String] = []) {
    self.found = found
    self.unseen = unseen
  }
}
