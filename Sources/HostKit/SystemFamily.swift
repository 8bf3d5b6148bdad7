import Foundation

/// Systems that name packages alike and install them alike.
public enum SystemFamily: Sendable, CaseIterable {
  case debian, ubuntu, fedora, arch, suse, alpine, macOS

  /// This machine's; nil for one that is not known here.
  public static var here: Self? {
    #if os(macOS)
      return .macOS
    #else
      // Where neither is there the system does not say what it is.
      let text = ["/etc/os-release", "/usr/lib/os-release"].lazy
        .compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }.first
      return text.flatMap(Self.init(osRelease:))
    #endif
  }

  /// By ID, or else by the first known of ID_LIKE, of an os-release(5).
  public init?(osRelease text: String) {
    let id = Self.words(of: "ID", in: text)
    // What Ubuntu's packages are called counts for Ubuntu itself; its descendants have some of their own.
    let ancestors = Self.words(of: "ID_LIKE", in: text).map { $0 == "ubuntu" ? "debian" : $0 }
    guard let family = (id + ancestors).lazy.compactMap({ Self.families[$0] }).first else {
      return nil
    }
    self = family
  }

  private static let families: [String: Self] = [
    "debian": .debian, "raspbian": .debian, "ubuntu": .ubuntu,
    "fedora": .fedora, "rhel": .fedora, "centos": .fedora, "arch": .arch,
    "suse": .suse, "sles": .suse, "opensuse": .suse, "alpine": .alpine,
  ]

  private static func words(of key: String, in text: String) -> [String] {
    let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(key)=") }
    return line.map { $0.dropFirst(key.count + 1).split { " \t\"'".contains($0) } }?
      .map { $0.lowercased() } ?? []
  }

  /// The command that installs what stands behind it.
  var installing: String {
    switch self {
    case .debian, .ubuntu: "sudo apt-get install"
    case .fedora: "sudo dnf install"
    case .arch: "sudo pacman -S"
    case .suse: "sudo zypper install"
    case .alpine: "sudo apk add"
    case .macOS: "brew install"
    }
  }

  /// The command that brings a newer version of what stands behind it. Arch has no upgrades of single packages.
  var upgrading: String {
    switch self {
    case .debian, .ubuntu: "sudo apt-get install --only-upgrade"
    case .fedora: "sudo dnf upgrade"
    case .arch: "sudo pacman -Syu"
    case .suse: "sudo zypper update"
    case .alpine: "sudo apk upgrade"
    case .macOS: "brew upgrade"
    }
  }
}
