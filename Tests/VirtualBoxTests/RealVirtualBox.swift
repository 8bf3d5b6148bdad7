import Foundation
import HostKit
import LabManifest
import LabValues
import Testing

@testable import BootImage
@testable import LabCore
@testable import VMKit
@testable import VirtualBox

/// A real VirtualBox, for tests of machines; `vbox/setup-test-host` brings one. No stand-in is ever taken.
enum RealVirtualBox {
  /// Whether it is there; says why not. With CI set the tests run in any case.
  static func isThere() async -> Bool {
    let environment = ProcessInfo.processInfo.environment
    guard environment["CI"] == nil else { return true }
    let places = VBoxPlaces(
      environment: environment, tools: Tool(searchPath: Tool.standardSearchPath))
    do throws(LabError) {
      _ = try places.manage(nil)
      return true
    } catch {
      print("skipped: \(error); run: export PILAB_VBOXMANAGE=$(vbox/setup-test-host)")
      return false
    }
  }

  static func image() async throws -> BootFiles {
    try await ImageBuilder().build().bootFiles
  }
}

struct BackendMaker {
  var make: ([String: String]) -> VirtualBoxBackend = { VirtualBoxBackend(environment: $0) }
}

/// A registry of VirtualBox of its own, so that no test touches the user's machines, and a folder for a lab. Nothing of it
/// is left, whatever happened.
struct VirtualBoxFixture {
  let folder: String
  let environment: [String: String]
  let backend: VirtualBoxBackend
  let host: VirtualBoxHost
  var plan: LabPlan
  let record: LabRecord

  static func with(
    backend maker: BackendMaker = BackendMaker(),
    _ change: (inout LabPlan) async throws -> Void = { _ in },
    _ body: (VirtualBoxFixture) async throws -> Void
  ) async throws {
    let root = "/tmp/pilab-vbox-\(LabRecord.newID())"
    let lab = "\(root)/lab"
    try FileManager.default.createDirectory(
      atPath: lab, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: root) } }
    var environment = ProcessInfo.processInfo.environment
    let socket = "pilab-\(LabRecord.newID())"
    environment["VBOX_USER_HOME"] = "\(root)/registry"
    environment["VBOX_IPC_SOCKETID"] = socket
    let backend = maker.make(environment)
    var plan = plan(["alice", "bob"], in: lab)
    plan.image = try await RealVirtualBox.image()
    try await change(&plan)
    let record = try backend.record(for: plan)
    let host = try await backend.host(of: record)
    let result: Result<Void, any Error>
    do {
      try await body(
        VirtualBoxFixture(
          folder: lab, environment: environment, backend: backend, host: host, plan: plan,
          record: record))
      result = .success(())
    } catch { result = .failure(error) }
    do { try await backend.destroy(record) } catch { Issue.record("destroy: \(error)") }
    try await Service.end(socket)
    try result.get()
    let files = try FileManager.default.subpathsOfDirectory(atPath: lab)
    #expect(files == [])
    #expect(DriverlessProcess.processes(of: record.id).isEmpty)
  }

  static func plan(_ names: [String], in folder: String) -> LabPlan {
    let boards = names.enumerated().map { index, name in
      LabPlan.BoardPlan(
        name: name, address: IPv4Address(value: 10 << 24 | 77 << 16 | UInt32(index + 1)))
    }
    return LabPlan(lab: "boxes", subnet: LabNetwork.defaultSubnet, boards: boards, folder: folder)
  }

  var maker: VirtualBoxMaker {
    VirtualBoxMaker(plan: plan, record: record, host: host, backend: backend)
  }

  /// The lab's machines, as they are before they are started.
  func prepare(_ engine: VirtualBoxEngine = .driver) async throws -> [BoardMachine] {
    let keys = try await LabKeys.make(record, plan, tools: host.manage.tools)
    return try await maker.prepare(engine, keys)
  }

  /// What making the lab is refused with.
  func refusal() async -> LabError? {
    do throws(LabError) { _ = try await backend.create(plan, record: record) } catch {
      return error
    }
    return nil
  }

  func machines() async throws -> [String] {
    VBoxText.machines(try await host.manage.ask(["list", "vms"])).map(\.name)
  }

  func media() async throws -> [String] {
    var found: [String] = []
    for kind in ["hdds", "dvds"] {
      found += VBoxText.media(try await host.manage.ask(["list", kind])).map(\.location)
    }
    return found
  }

  /// Nothing of the lab is left in VirtualBox or on the disk.
  func expectNothing(but machines: [String] = [], media: [String] = []) async throws {
    let (foundMachines, foundMedia) = (try await self.machines(), try await self.media())
    #expect(foundMachines == machines)
    #expect(foundMedia == media)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(files == [])
  }
}

/// VirtualBox's service goes on for some seconds after the last question; a test's own is ended at once.
enum Service {
  static func processes(_ socket: String) -> [pid_t] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { pid_t($0) }.filter { pid in
      let name = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? ""
      guard name.hasPrefix("VBoxSVC") || name.hasPrefix("VBoxXPCOMIPCD") else { return false }
      let variables = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
      return variables.split(separator: 0).contains(Data("VBOX_IPC_SOCKETID=\(socket)".utf8))
    }
  }

  static func end(_ socket: String) async throws {
    for pid in processes(socket) { kill(pid, SIGTERM) }
    for _ in 0..<200 where !processes(socket).isEmpty {
      try await Task.sleep(for: .milliseconds(50))
    }
    for pid in processes(socket) { kill(pid, SIGKILL) }
    let folder = "/tmp/.vbox-\(socket)-ipc"
    if FileManager.default.fileExists(atPath: folder) {
      try FileManager.default.removeItem(atPath: folder)
    }
  }
}

/// Displays that machines without the driver are shown on, as `99`.
enum Displays {
  static func of(_ lab: String) -> [String] {
    DriverlessProcess.processes(of: lab).compactMap { pid in
      let words = (FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data())
        .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard words.count > 1, words[0].hasSuffix("Xvfb") else { return nil }
      return String(words[1].dropFirst())
    }
  }

  /// X servers that were not ended in order do (Xserver(1), FILES).
  static func hasLeftFiles(_ display: String) -> Bool {
    ["/tmp/.X\(display)-lock", "/tmp/.X11-unix/X\(display)"].contains {
      FileManager.default.fileExists(atPath: $0)
    }
  }
}

extension LabPlan {
  mutating func setDisks(_ path: String) {
    for index in boards.indices {
      boards[index].machine.disk = UserDisk(path: path, user: "root", key: "/dev/null")
    }
  }
}
