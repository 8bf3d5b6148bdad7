import Foundation
import GuestSSH
import HostKit
import LabCore
import LabManifest
import LabValues
import VMKit

/// Boards as virtual machines that libvirt runs with QEMU, for this user or for the whole machine.
///
/// All that a lab has in libvirt carries the lab's id: domains and the network in their metadata, the storage
/// pool in its name. Nothing else is ever touched.
public struct LibvirtBackend: LabBackend {
  /// As many as a bridge has ports.
  static let mostBoards = 1000
  private static let reconnectTimeout = Duration.seconds(5)

  let environment: [String: String]
  let tools: Tool
  let library: LibvirtLibrary

  public init() { self.init(environment: ProcessInfo.processInfo.environment) }

  init(
    environment: [String: String], searchPath: String = Tool.standardSearchPath,
    library: LibvirtLibrary = LibvirtLibrary()
  ) {
    self.environment = environment
    self.library = library
    tools = Tool(searchPath: searchPath)
  }

  public var mode: LabMode { .libvirt }

  public var abilities: Set<Ability> { Set(Ability.allCases) }

  public var manifestSection: BackendSection? { LibvirtSettings.section }

  public func record(for plan: LabPlan) throws(LabError) -> LabRecord {
    try plan.check(mostBoards: Self.mostBoards)
    for board in plan.boards {
      if let disk = board.machine.disk { _ = try DiskImage.examine(disk.path, board: board.name) }
    }
    return LabRecord(
      mode: mode, lab: plan.lab, folder: plan.folder,
      boards: plan.boards.map { .init(name: $0.name, address: "\($0.address)") },
      details: CarriedValue(
        LibvirtRecord(
          uri: try plan.settings(else: LibvirtSettings()).uri
            ?? LibvirtHost.standardURI(environment),
          prefixLength: plan.subnet.prefixLength,
          session: LibvirtHost.sessionPlace(environment))))
  }

  public func create(
    _ plan: LabPlan, record: LabRecord
  ) async throws(LabError) -> any RunningLab {
    let host = try await LibvirtHost.open(try record.libvirt.uri, library)
    try await removeEarlier(than: record, host)
    do throws(LabError) {
      let maker = LibvirtMaker(
        plan: plan, record: record, host: host, tools: tools, environment: environment)
      return try await maker.make()
    } catch {
      throw await removing(record, after: error)
    }
  }

  public func attach(_ record: LabRecord) async throws(LabError) -> any RunningLab {
    let host = try await host(of: record)
    let inventory = try await look(for: record, on: host, step: "attach")
    try record.check("these virtual machines") { inventory.domain($0) != nil }
    return LibvirtLab(record: record, host: host, inventory: inventory, tools: tools)
  }

  public func destroy(_ record: LabRecord) async throws(LabError) {
    try await removePersistently(record)
    // Connections that commands share, and whatever else runs for the lab here.
    try await LabProcesses.killAll(of: record.id)
    try MachineFolder.removeAll(of: record)
  }

  public func status(_ record: LabRecord) async -> [BoardStatus] {
    do throws(LabError) {
      let host = try await host(of: record)
      let inventory = try await look(for: record, on: host, step: "status")
      return record.boards.map { board in
        BoardStatus(
          name: board.name, address: board.address,
          state: Self.state(of: inventory.domain(board.name), inventory))
      }
    } catch {
      return record.boards.map {
        BoardStatus(name: $0.name, address: $0.address, state: .broken("\(error)"))
      }
    }
  }

  private static func state(
    of entry: LibvirtInventory.Domain?, _ inventory: LibvirtInventory
  ) -> BoardStatus.State {
    guard let entry else { return .absent }
    do throws(LibvirtError) {
      guard try entry.domain.condition().isOn else { return .broken("it is switched off") }
      for network in inventory.networks where try !network.isActive() {
        return .broken("the lab's network is not active")
      }
      return .running
    } catch {
      return .broken("\(error)")
    }
  }

  private func look(
    for record: LabRecord, on host: LibvirtHost, step: String
  ) async throws(LabError) -> LibvirtInventory {
    do { return try await LibvirtInventory.look(for: record.id, on: host) } catch {
      throw LabError(
        .unavailable, "cannot ask libvirt for the lab's virtual machines", step: step,
        cause: error.description)
    }
  }

  /// What an earlier lab of the same folder has left.
  private func removeEarlier(
    than record: LabRecord, _ host: LibvirtHost
  ) async throws(LabError) {
    let ids: Set<String>
    do {
      ids = try await LibvirtConnection.blocking { () throws(LibvirtError) in
        Set(
          try LibvirtInventory.marked(on: host)
            .filter { $0.mark.folder == record.folder && $0.mark.lab != record.id }
            .map(\.mark.lab))
      }
    } catch {
      throw LabError(
        .boardNotCreated, "cannot ask libvirt for earlier labs", step: "create",
        cause: error.description)
    }
    for id in ids { try await remove(id, of: record, on: host) }
    try MachineFolder.removeAll(of: record)
  }

  /// A daemon that is being restarted is waited for, and asked again: half a removal helps nobody.
  private func removePersistently(_ record: LabRecord) async throws(LabError) {
    let deadline = ContinuousClock.now + Self.reconnectTimeout
    while true {
      var reached: LibvirtHost?
      do throws(LabError) {
        let host = try await host(of: record)
        reached = host
        return try await remove(record.id, of: record, on: host)
      } catch {
        let hasGone = reached.map { !$0.connection.isAlive } ?? LibvirtHost.isAbsence(error)
        guard hasGone, ContinuousClock.now < deadline else { throw error }
      }
      await pauseUncancelled(for: .milliseconds(250))
    }
  }

  private func remove(
    _ id: String, of record: LabRecord, on host: LibvirtHost
  ) async throws(LabError) {
    let names = LibvirtNames(lab: record.lab, id: id)
    do {
      try await LibvirtInventory.look(for: id, on: host).remove(pool: names.pool)
    } catch {
      throw LabError(
        .boardNotRemoved, "cannot remove lab '\(record.lab)' from libvirt", step: "destroy",
        cause: error.description)
    }
  }

  /// The daemon that made the lab. Another session's knows nothing of it, and would say that nothing is there.
  private func host(of record: LabRecord) async throws(LabError) -> LibvirtHost {
    let made = try record.libvirt
    let here = LibvirtHost.sessionPlace(environment)
    if made.uri.hasSuffix("/session"), let place = made.session, place != here {
      throw LabError(
        .unavailable,
        "lab '\(record.lab)' was made by the libvirt of \(place), not that of \(here)",
        step: "connect",
        hint:
          "libvirt finds its session by XDG_RUNTIME_DIR, XDG_CACHE_HOME and HOME: set them as they were"
      )
    }
    return try await LibvirtHost.open(made.uri, library)
  }
}
