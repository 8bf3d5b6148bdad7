import LabCore

/// The kernel modules of an image: those that are asked for and those they depend on.
struct KernelModules {
  struct Module {
    /// Below the folder of the kernel's version: `kernel/net/sched/sch_netem.ko`.
    var path: String
    var bytes: [UInt8]
    var dependencies: [String]
    var aliases: [String]
  }

  private(set) var modules: [String: Module] = [:]

  /// `-` and `_` are one in module names (modprobe(8)).
  static func name(ofPath path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return String(file.prefix { $0 != "." }).map { $0 == "-" ? "_" : String($0) }.joined()
  }

  /// - Parameter find: the path and bytes of a module; nil where the kernel has none of that name.
  /// - Returns: names that there is no module for, in order.
  mutating func add(
    _ wanted: [String],
    find: (String) async throws(LabError) -> (path: String, bytes: [UInt8])?
  ) async throws(LabError) -> [String] {
    var (missing, queue) = ([String](), wanted)
    while let name = queue.popLast() {
      guard modules[name] == nil else { continue }
      guard let (path, bytes) = try await find(name) else {
        missing.append(name)
        continue
      }
      guard let file = ELFFile(bytes) else {
        throw LabError(.buildFailed, "the kernel module \(path) is damaged", step: "image")
      }
      let dependencies = file.moduleInformation("depends").flatMap { $0.split(separator: ",") }
        .map { Self.name(ofPath: String($0)) }
      modules[name] = Module(
        path: path, bytes: bytes, dependencies: dependencies,
        aliases: file.moduleInformation("alias"))
      queue += dependencies
    }
    return missing.sorted()
  }

  /// Everything a module needs, each before what it needs itself, as modules.dep wants it.
  func dependencies(of name: String) -> [String] {
    var order: [String] = []
    var visiting: Set<String> = []
    func visit(_ name: String) {
      guard !order.contains(name), visiting.insert(name).inserted else { return }
      for dependency in modules[name]?.dependencies ?? [] { visit(dependency) }
      order.append(name)
    }
    visit(name)
    return order.dropLast().reversed()
  }

  /// modules.dep(5): `path: path...`, the last of which is loaded first.
  var dependencyTable: String {
    modules.sorted { $0.key < $1.key }.map { name, module in
      let others = dependencies(of: name).compactMap { modules[$0]?.path }
      return "\(module.path):" + others.map { " \($0)" }.joined() + "\n"
    }.joined()
  }

  /// modules.alias: the names that the kernel asks for.
  var aliasTable: String {
    modules.sorted { $0.key < $1.key }.flatMap { name, module in
      module.aliases.map { "alias \($0) \(name)\n" }
    }.joined()
  }
}
