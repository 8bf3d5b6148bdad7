import Foundation
import HostKit
import LabCore

/// The Debian packages of an image, in the versions that this machine's apt chooses.
struct PackageList: Sendable, Equatable {
  struct Package: Sendable, Equatable {
    var name: String
    var version: String
    /// The name that apt gives the package file.
    var file: String
    var bytes: UInt64
    var sha256: String
  }

  /// By name.
  var packages: [Package]

  /// apt's own fetching, quiet and for a user without a terminal.
  static let apt = ["apt-get", "-q", "-y"]

  /// Asks apt; needs no network, only its package lists.
  /// - Throws: `.packagesUnknown`.
  static func resolve(_ roots: [String], with tool: Tool) async throws(LabError) -> Self {
    let graph = try await tool.attempt(
      [
        "apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests",
        "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances",
      ] + roots, in: "/")
    guard graph.succeeded else { throw unknown(graph.errors) }
    let names = closure(of: roots, in: graph.output)
    let answer = try await tool.attempt(apt + ["download", "--print-uris"] + names, in: "/")
    guard answer.succeeded else { throw unknown(answer.errors) }
    let packages = answer.output.split(separator: "\n").compactMap { Package(aptLine: $0) }
    let missing = Set(names).subtracting(packages.map(\.name))
    guard missing.isEmpty else {
      throw unknown("nothing to download for \(missing.sorted().joined(separator: " "))")
    }
    return PackageList(packages: packages.sorted { $0.name < $1.name })
  }

  /// The roots, and what they need of libraries and kernels. Everything else of a distribution (debconf,
  /// adduser…) has no place on a board.
  ///
  /// - Parameter graph: what `apt-cache depends --recurse` prints: names at the line's start, below each its
  ///   dependencies; virtual packages stand in angle brackets.
  static func closure(of roots: [String], in graph: String) -> [String] {
    var edges: [String: [String]] = [:]
    var current = ""
    for line in graph.split(separator: "\n") {
      if line.first != " " {
        current = String(line)
      } else if let colon = line.range(of: "Depends: ") {
        edges[current, default: []].append(String(line[colon.upperBound...]))
      }
    }
    var found = Set(roots)
    var queue = roots
    while let name = queue.popLast() {
      for next in edges[name] ?? [] where isWanted(next) && found.insert(next).inserted {
        queue.append(next)
      }
    }
    // A package that only names the kernel of the day has no files.
    return found.sorted()
  }

  private static func isWanted(_ name: String) -> Bool {
    (name.hasPrefix("lib") && !name.hasSuffix("-bin")) || name == "zlib1g"
      || name.hasPrefix("linux-image-")
  }

  private static func unknown(_ cause: String) -> LabError {
    LabError(
      .packagesUnknown, "apt does not know the packages of the board image", step: "image",
      hint: Tool.listsRemedy(),
      cause: cause)
  }
}

extension PackageList.Package {
  /// `'URI' FILE BYTES SHA256:HEX`, as `apt-get download --print-uris` prints it; FILE is NAME_VERSION_ARCH.deb
  /// with a colon in the version as %3a.
  init?(aptLine: Substring) {
    let words = aptLine.split(separator: " ")
    guard words.count == 4, words[0].first == "'", let bytes = UInt64(words[2]),
      words[3].hasPrefix("SHA256:"), words[3].count == 71
    else { return nil }
    let file = String(words[1])
    let parts = file.split(separator: "_")
    guard parts.count == 3, file.hasSuffix(".deb"), !file.contains("/") else { return nil }
    self.init(
      name: String(parts[0]), version: String(parts[1].replacing("%3a", with: ":")), file: file,
      bytes: bytes, sha256: String(words[3].dropFirst(7)))
  }
}
