import Foundation
import HostKit
import LabCore

/// Puts the board's root together from unpacked packages.
struct RootBuilder {
  /// The folder that all packages were unpacked into.
  let packages: String
  let tool: Tool

  private var tree = RootTree()

  init(packages: String, tool: Tool) {
    self.packages = packages
    self.tool = tool
  }

  /// The version of the only kernel there is.
  /// - Throws: `.buildFailed` where there is none, or more than one.
  func kernelVersion() throws(LabError) -> String {
    let names = Self.names(in: "\(packages)/boot").filter { $0.hasPrefix("vmlinuz-") }
    guard names.count == 1 else {
      throw LabError(
        .buildFailed, "the packages contain \(names.count) kernels instead of one", step: "image")
    }
    return String(names[0].dropFirst("vmlinuz-".count))
  }

  mutating func archive() async throws(LabError) -> [UInt8] {
    tree.add("dev/console", .characterDevice(major: 5, minor: 1, permissions: 0o600))
    for (path, permissions) in Recipe.folders { tree.add(path, .folder(permissions: permissions)) }
    for (path, contents, permissions) in Recipe.guestFiles {
      tree.add(path, .file(contents, permissions: permissions))
    }
    for (path, contents, permissions) in Recipe.accounts {
      tree.add(path, .file(Array(contents.utf8), permissions: permissions))
    }
    try addPrograms()
    try await addBusybox()
    try await addModules()
    return tree.archive()
  }

  /// The programs and, from one to the next, the libraries they need.
  private mutating func addPrograms() throws(LabError) {
    var queue: [String] = []
    for (program, destination) in Recipe.programs {
      let place = try require(program, in: Recipe.programFolders)
      let bytes = try read(place)
      tree.add(destination, .file(bytes, permissions: 0o755))
      queue += ELFFile(bytes)?.neededLibraries ?? []
    }
    tree.add(
      "lib64/\(Recipe.dynamicLinker)",
      .file(
        try read(try require(Recipe.dynamicLinker, in: Recipe.libraryFolders)), permissions: 0o755)
    )
    var done: Set<String> = [Recipe.dynamicLinker]
    while let library = queue.popLast() {
      guard done.insert(library).inserted else { continue }
      let bytes = try read(try require(library, in: Recipe.libraryFolders))
      tree.add("lib/x86_64-linux-gnu/\(library)", .file(bytes, permissions: 0o644))
      queue += ELFFile(bytes)?.neededLibraries ?? []
    }
  }

  /// busybox stands in for every program that is not there already.
  private mutating func addBusybox() async throws(LabError) {
    let place = try require("busybox", in: Recipe.programFolders)
    tree.add("bin/busybox", .file(try read(place), permissions: 0o755))
    let names = try await tool.build(["\(packages)/\(place)", "--list-full"], in: packages)
    let own = Set(Recipe.programs.keys)
    for path in names.split(separator: "\n").map(String.init) {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      guard !own.contains(name) else { continue }
      tree.add(path == "linuxrc" ? "sbin/linuxrc" : path, .link(to: "/bin/busybox"))
    }
  }

  private mutating func addModules() async throws(LabError) {
    let version = try kernelVersion()
    let folder = try modulesFolder(version)
    let places = Self.modules(in: "\(packages)/\(folder)")
    var modules = KernelModules()
    _ = try await modules.add(Recipe.modules) { name throws(LabError) in
      guard let place = places[name] else { return nil }
      return try await module(place, in: "\(packages)/\(folder)")
    }
    let lost = Recipe.requiredModules.filter { modules.modules[$0] == nil }
    guard lost.isEmpty else {
      throw LabError(
        .buildFailed, "kernel \(version) has no module \(lost.joined(separator: ", "))",
        step: "image")
    }
    let base = "lib/modules/\(version)"
    for module in modules.modules.values {
      tree.add("\(base)/\(module.path)", .file(module.bytes, permissions: 0o644))
    }
    for (name, text) in [
      ("modules.dep", modules.dependencyTable), ("modules.alias", modules.aliasTable),
    ] {
      tree.add("\(base)/\(name)", .file(Array(text.utf8), permissions: 0o644))
    }
  }

  private func modulesFolder(_ version: String) throws(LabError) -> String {
    let places = ["usr/lib/modules/\(version)", "lib/modules/\(version)"]
    guard
      let place = places.first(where: {
        FileManager.default.fileExists(atPath: "\(packages)/\($0)/kernel")
      })
    else { throw LabError(.buildFailed, "kernel \(version) has no modules", step: "image") }
    return place
  }

  private func module(
    _ path: String, in folder: String
  ) async throws(LabError) -> (path: String, bytes: [UInt8]) {
    guard path.hasSuffix(".xz") else {
      return (path, try Self.read("\(folder)/\(path)"))
    }
    try await tool.build(["xz", "-dk", "\(folder)/\(path)"], in: folder)
    let plain = String(path.dropLast(3))
    return (plain, try Self.read("\(folder)/\(plain)"))
  }

  /// Paths of all modules by their names.
  private static func modules(in folder: String) -> [String: String] {
    var modules: [String: String] = [:]
    let entries = FileManager.default.enumerator(atPath: folder)
    while let path = entries?.nextObject() as? String {
      guard path.hasSuffix(".ko") || path.hasSuffix(".ko.xz") else { continue }
      modules[KernelModules.name(ofPath: path)] = path
    }
    return modules
  }

  /// - Returns: the path of a file below `packages`.
  private func require(_ name: String, in folders: [String]) throws(LabError) -> String {
    let places = folders.map { "\($0)/\(name)" }
    guard
      let place = places.first(where: {
        FileManager.default.fileExists(atPath: "\(packages)/\($0)")
      })
    else {
      throw LabError(.buildFailed, "none of the packages contains \(name)", step: "image")
    }
    return place
  }

  private func read(_ path: String) throws(LabError) -> [UInt8] {
    try Self.read("\(packages)/\(path)")
  }

  static func read(_ path: String) throws(LabError) -> [UInt8] {
    do {
      return try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw LabError(
        .buildFailed, "cannot read \(path)", SystemFault(error, path: path, .read), step: "image")
    }
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}
