import LabRun

/// A lab that was found by what it has on this machine, as `list --all` and `down --leftovers` show it.
struct FoundView: Encodable {
  var lab: String
  var id: String
  /// `up` for one whose folder is there, `left over`, or `unknown`.
  var condition: String
  var mode: String
  var folder: String?
  var parts: [String]

  init(_ found: FoundLab) {
    lab = found.lab
    id = found.trace.id
    condition = found.condition == .present ? "up" : found.condition.rawValue
    mode = found.trace.mode.rawValue
    folder = found.trace.folder
    parts = found.trace.parts
  }

  /// A line for each lab, and below it one for each of its parts.
  static func text(_ labs: [FoundLab]) -> String {
    labs.map { lab in
      let view = FoundView(lab)
      let gone = lab.condition == .leftOver ? ", which is gone" : ""
      let folder = view.folder.map { ", made in \($0)\(gone)" } ?? ""
      return "lab '\(view.lab)': \(view.condition) (\(view.mode))\(folder)\n"
        + view.parts.map { "  \($0)\n" }.joined()
    }.joined()
  }
}
