import Foundation
import FoundationXML
import LabCore
import LabManifest
import LabValues
import VMKit

//  A board's machine says in its extra data whose it is. They lie in its settings, in the lab's folder: where that is
//  gone, VirtualBox's registry still says where the settings were.

/// A machine that VirtualBox knows and whose settings it cannot read.
struct LostMachine: Sendable, Equatable {
  var uuid: String
  var lab: String
  var folder: String
  /// The first eight digits of the lab's id, which the machine's name ends with.
  var shortID: String

  /// Nil for one that pilab has not made: its settings lie below a lab's folder, and are named as a board's.
  init?(uuid: String, settings path: String) {
    guard let middle = path.range(of: "/machines/", options: .backwards) else { return nil }
    let folder = String(path[..<middle.lowerBound])
    let lab = (folder as NSString).lastPathComponent
    let file = (path as NSString).lastPathComponent
    guard
      ((folder as NSString).deletingLastPathComponent as NSString).lastPathComponent == ".pilab",
      NameRule.allows(lab), file.hasPrefix("pilab-\(lab)-"), file.hasSuffix(".vbox")
    else { return nil }
    let short = String(file.dropLast(".vbox".count).suffix(8))
    guard short.wholeMatch(of: /[0-9a-f]{8}/) != nil else { return nil }
    self.uuid = uuid.lowercased()
    self.lab = lab
    self.folder = folder
    shortID = short
  }

  /// All that a registry (VirtualBox.xml) names.
  static func all(in registry: Data) -> [LostMachine] {
    guard registry.count <= 16 << 20, let text = String(data: registry, encoding: .utf8),
      let root = try? XML.parse(text)
    else { return [] }
    return root.all("Global/MachineRegistry/MachineEntry").compactMap { entry in
      guard let uuid = entry["uuid"], let path = entry["src"] else { return nil }
      return LostMachine(uuid: uuid.filter { !"{}".contains($0) }, settings: path)
    }
  }
}

extension VirtualBoxBackend {
  public func traces() async -> LabTraces {
    let machines: [FoundMachine]
    do { machines = try await foundMachines() } catch {
      // Where VirtualBox is not installed there is nothing of it.
      return LabTraces(unseen: error.code == .unavailable && error.cause == nil ? [] : ["\(error)"])
    }
    return LabTraces(
      machines.map { machine in
        LabTrace(
          id: machine.id, mode: mode, lab: (machine.folder as NSString).lastPathComponent,
          folder: machine.folder, parts: ["VirtualBox machine \(machine.name)"])
      })
  }

  public func erase(_ trace: LabTrace) async throws(LabError) {
    let machines = try await foundMachines().filter { $0.id == trace.id }
    let folder = trace.folder ?? machines.first?.folder
    // The id of one whose settings are lost is known by its half alone, which no process and no folder carries.
    guard let folder else { return try await LabProcesses.killAll(of: trace.id) }
    let details = VirtualBoxRecord(
      prefixLength: LabNetwork.defaultSubnet.prefixLength,
      variables: environment.filter { VirtualBoxRecord.registry.contains($0.key) },
      machines: machines.map(\.uuid))
    let record = LabRecord(
      mode: mode, lab: (folder as NSString).lastPathComponent, id: trace.id, folder: folder,
      boards: machines.map { .init(name: $0.name, address: "") },
      details: CarriedValue(details))
    try await VirtualBoxRemoval(record: record, host: try await host(of: record)).remove()
  }

  private struct FoundMachine: Sendable {
    var uuid: String
    var name: String
    var id: String
    var folder: String
  }

  private func foundMachines() async throws(LabError) -> [FoundMachine] {
    let host = try await VirtualBoxHost.open(
      command: nil, environment: environment, tools: tools, timeout: timeout)
    var found: [FoundMachine] = []
    do {
      let lost = registry.map { LostMachine.all(in: $0) } ?? []
      for machine in VBoxText.machines(try await host.manage.ask(["list", "vms"])) {
        if machine.name == "<inaccessible>" {
          guard let entry = lost.first(where: { $0.uuid == machine.uuid }) else { continue }
          found.append(
            FoundMachine(
              uuid: machine.uuid, name: "\(entry.lab) {\(machine.uuid)}",
              id: entry.shortID + String(repeating: "0", count: 8), folder: entry.folder))
        } else if machine.name.hasPrefix("pilab-"), let mark = try await host.mark(of: machine.uuid)
        {
          found.append(
            FoundMachine(
              uuid: machine.uuid, name: machine.name, id: mark.lab, folder: mark.folder))
        }
      }
    } catch {
      throw error.failure(.unavailable, "cannot ask VirtualBox for machines", step: "find")
    }
    return found
  }

  /// VirtualBox's list of this user's machines.
  private var registry: Data? {
    let home = environment["HOME"] ?? NSHomeDirectory()
    let folders =
      [environment["VBOX_USER_HOME"]].compactMap(\.self)
      + [
        "\(environment["XDG_CONFIG_HOME"] ?? "\(home)/.config")/VirtualBox",
        "\(home)/Library/VirtualBox", "\(home)/.VirtualBox",
      ]
    return folders.lazy.compactMap { FileManager.default.contents(atPath: "\($0)/VirtualBox.xml") }
      .first
  }
}
