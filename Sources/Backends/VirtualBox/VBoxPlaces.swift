import Foundation
import HostKit
import LabCore

/// Where VirtualBox's programs lie.
struct VBoxPlaces: Sendable {
  enum System: Sendable { case linux, macOS, windows }

  static var thisSystem: System {
    #if os(Windows)
      .windows
    #elseif os(macOS)
      .macOS
    #else
      .linux
    #endif
  }

  /// Names the command where the manifest does not.
  static let variable = "PILAB_VBOXMANAGE"

  var system = thisSystem
  let environment: [String: String]
  let tools: Tool
  var isProgram: @Sendable (String) -> Bool = { FileManager.default.isExecutableFile(atPath: $0) }

  /// Absolute path of VBoxManage.
  /// - Parameter command: of the manifest; nil looks into the environment, the PATH and where installers put it.
  /// - Throws: `.unavailable`.
  func manage(_ command: String?) throws(LabError) -> String {
    if let named = command ?? environment[Self.variable].flatMap({ $0.isEmpty ? nil : $0 }) {
      let found = named.contains("/") || named.contains("\\") ? named : tools.path(of: named)
      guard let found, isProgram(found) else {
        throw LabError(
          .unavailable, "there is no program \(named)", step: "probe",
          hint: command == nil
            ? "correct \(Self.variable), or unset it"
            : "correct 'command:' below 'virtualbox:' in the manifest, or leave it out")
      }
      return found
    }
    if let found = tools.path(of: name("VBoxManage")) { return found }
    if let found = installed("VBoxManage").first(where: isProgram) { return found }
    throw LabError(
      .unavailable, "VirtualBox is not installed: there is no VBoxManage", step: "probe",
      hint: remedy)
  }

  /// A program of the same installation.
  func sibling(_ program: String, of manage: String) -> String? {
    let separator: Character = system == .windows ? "\\" : "/"
    let folder = manage.lastIndex(of: separator).map { manage[...$0] } ?? ""
    let places = ["\(folder)\(name(program))"] + installed(program)
    return places.first(where: isProgram) ?? tools.path(of: name(program))
  }

  func name(_ program: String) -> String { system == .windows ? "\(program).exe" : program }

  /// Where VirtualBox's own installers and distributions put it.
  func installed(_ program: String) -> [String] {
    switch system {
    case .linux:
      return ["/usr/bin", "/usr/local/bin", "/usr/lib/virtualbox", "/opt/VirtualBox"]
        .map { "\($0)/\(program)" }
    case .macOS:
      let application = "/Applications/VirtualBox.app/Contents"
      return [
        "/usr/local/bin/\(program)", "\(application)/MacOS/\(program)",
        "\(application)/Resources/\(program).app/Contents/MacOS/\(program)",
      ]
    case .windows:
      let folders =
        ["VBOX_MSI_INSTALL_PATH", "VBOX_INSTALL_PATH"].compactMap { environment[$0] }
        + ["ProgramW6432", "ProgramFiles"].compactMap { environment[$0] }
        .map { "\($0)\\Oracle\\VirtualBox" }
      return folders.map { folder in
        (folder.hasSuffix("\\") ? folder : folder + "\\") + name(program)
      }
    }
  }

  private var remedy: String {
    switch system {
    case .linux:
      "\(Remedy.install(["VBoxManage"]))   (or from virtualbox.org, where your system has none)"
    case .macOS: Remedy.install(["VBoxManage"], on: .macOS)
    case .windows: "winget install Oracle.VirtualBox"
    }
  }
}

/// `7.2.22_Debianr175245` is 7.2.
struct VBoxVersion: Sendable, Comparable, CustomStringConvertible {
  var major: Int
  var minor: Int
  var patch: Int

  static let oldest = VBoxVersion(major: 6, minor: 1, patch: 0)
  static let separateOptions = VBoxVersion(major: 7, minor: 0, patch: 0)
  /// Starts machines without its driver.
  static let driverless = VBoxVersion(major: 7, minor: 0, patch: 0)

  init(major: Int, minor: Int, patch: Int) {
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  init?(_ text: String) {
    guard let match = text.firstMatch(of: /(?m)^(\d{1,4})\.(\d{1,4})\.(\d{1,4})/),
      let major = Int(match.output.1), let minor = Int(match.output.2),
      let patch = Int(match.output.3)
    else { return nil }
    self.init(major: major, minor: minor, patch: patch)
  }

  var description: String { "\(major).\(minor).\(patch)" }

  static func < (a: VBoxVersion, b: VBoxVersion) -> Bool {
    (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
  }
}
