import CLibvirt
import Foundation
import HostKit
import LabCore
import VMKit

//  engine ─ keys ─ pool, files ─ network ─┬─ board: overlay, define, start ─┬─ all answer by SSH
//                                         └─ board: …                       ┘

/// Makes a lab's virtual machines. Whoever calls removes what there is of them after a failure.
struct LibvirtMaker: Sendable {
  let plan: LabPlan
  let record: LabRecord
  let host: LibvirtHost
  let tools: Tool
  let environment: [String: String]
  var ports: LocalPort.Choice = { kind throws(SystemError) in try LocalPort.free(kind) }

  private static let startAttempts = 5

  private var names: LibvirtNames { LibvirtNames(record) }

  private var settings: LibvirtSettings {
    get throws(LabError) { try plan.settings(else: LibvirtSettings()) }
  }

  func make() async throws(LabError) -> LibvirtLab {
    let disks = try examinedDisks()
    let engine = try await EngineDecision(host: host, environment: environment)
      .decide(try settings.engine)
    let secrets = try await LabKeys.make(record, plan, tools: tools)
    let storage = try await makeFiles(secrets, disks)
    try await makeNetwork()
    let (domains, links) = try await start(engine, storage)
    let lab = LibvirtLab(
      record: record, host: host,
      inventory: LibvirtInventory(host: host, id: record.id, domains: domains, networks: []),
      tools: tools)
    try await lab.connect(secrets, timeout: try settings.bootTimeout)
    try await lab.impair(links)
    return lab
  }

  // MARK: Files

  /// The disks of the user's, by board.
  private func examinedDisks() throws(LabError) -> [String: DiskImage] {
    var disks: [String: DiskImage] = [:]
    for board in plan.boards {
      guard let disk = board.machine.disk else { continue }
      let image = try DiskImage.examine(disk.path, board: board.name)
      disks[board.name] = image
      guard host.isPrivileged, let obstacle = image.obstacle else { continue }
      throw LabError(
        .boardNotCreated, "QEMU of \(host.uri) runs as another user and cannot read \(disk.path)",
        board: board.name, step: "create",
        hint: "let others pass and read: chmod o+rX '\(obstacle)'; "
          + "or move the disk to /var/lib/libvirt/images; or take the libvirt of this user: "
          + "uri: qemu:///session")
    }
    return disks
  }

  private func makeFiles(
    _ keys: LabKeys, _ disks: [String: DiskImage]
  ) async throws(LabError) -> LibvirtStorage {
    let (names, record, host, plan) = (names, record, host, plan)
    let identities = try keys.identities(
      plan, record, mac: names.mac,
      management: (DomainPlan.managementAddress, DomainPlan.managementPrefixLength))
    defer { for file in identities.values { unlink(file) } }
    return try await libvirt("cannot store the boards' files") { () throws(LibvirtError) in
      let storage = try LibvirtStorage.make(
        named: names.pool, folder: host.poolFolder(names, in: record),
        mark: PoolMark(lab: record.id), on: host)
      if let image = plan.image, !identities.isEmpty {
        try storage.store([image.kernel], as: LibvirtStorage.kernel)
        for (board, identity) in identities {
          try storage.store([image.initramfs, identity], as: LibvirtStorage.initramfs(board))
        }
      }
      for board in plan.boards {
        // A CD lies beside the overlay and not below it.
        let disk = disks[board.name]
        try storage.makeOverlay(board.name, on: disk?.format == .iso ? nil : disk)
      }
      return storage
    }
  }

  // MARK: Network

  private func makeNetwork() async throws(LabError) {
    guard host.isPrivileged else { return }
    let (record, host) = (record, host)
    try await libvirt("cannot make the lab's network") { () throws(LibvirtError) in
      try host.connection.define(network: StorageDescription.network(record)).start()
    }
  }

  // MARK: Machines

  private func start(
    _ engine: Engine, _ storage: LibvirtStorage
  ) async throws(LabError) -> ([LibvirtInventory.Domain], [LinkEndpoint]) {
    for attempt in 1... {
      let descriptions = try DomainPlan(
        plan: plan, record: record, host: host, storage: storage, ports: ports
      )
      .descriptions(engine)
      do {
        return (try await startAll(descriptions), descriptions.map(\.link))
      } catch {
        // Somebody was quicker with a port.
        guard error.cause.map(LibvirtError.saysPortTaken) == true, attempt < Self.startAttempts
        else { throw error }
        try await forgetDomains()
      }
    }
    preconditionFailure("the loop ends by return or throw")
  }

  private func startAll(
    _ descriptions: [DomainDescription]
  ) async throws(LabError) -> [LibvirtInventory.Domain] {
    let fleeting = plan.lifetime == .caller
    let results = await withTaskGroup(of: (Int, Result<LibvirtInventory.Domain, LabError>).self) {
      group in
      for (index, description) in descriptions.enumerated() {
        group.addTask { (index, await start(description, fleeting: fleeting)) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    return try results.sorted { $0.0 < $1.0 }.map { entry throws(LabError) in
      try entry.1.get()
    }
  }

  private func start(
    _ description: DomainDescription, fleeting: Bool
  ) async -> Result<LibvirtInventory.Domain, LabError> {
    let host = host
    do throws(LabError) {
      let domain = try await libvirt(
        "cannot start its virtual machine", board: description.mark.board
      ) { () throws(LibvirtError) in
        // Defining would replace a domain of that name.
        if let other = try host.connection.domain(named: description.name) {
          throw LibvirtError(
            code: VIR_ERR_OPERATION_FAILED,
            description: "a domain '\(other.name)' exists and is not this lab's; it stays untouched"
          )
        }
        let domain = try host.connection.define(domain: description.xml())
        try domain.start(fleeting: fleeting)
        return domain
      }
      return .success(.init(domain: domain, mark: description.mark))
    } catch {
      return .failure(error)
    }
  }

  private func forgetDomains() async throws(LabError) {
    let (host, id) = (host, record.id)
    try await libvirt("cannot remove the machines of an attempt") { () throws(LibvirtError) in
      for entry in try LibvirtInventory.marked(on: host) where entry.mark.lab == id {
        try entry.domain.powerOff()
        try entry.domain.undefine()
      }
    }
  }

  private func libvirt<Value: Sendable>(
    _ message: String, board: String? = nil,
    _ body: @escaping @Sendable () throws(LibvirtError) -> Value
  ) async throws(LabError) -> Value {
    if Task.isCancelled { throw LabError(.cancelled, "told to stop", step: "create") }
    do { return try await LibvirtConnection.blocking(body) } catch {
      throw LabError(
        .boardNotCreated, message, board: board, step: "create", hint: error.hint(for: host),
        cause: error.description)
    }
  }
}

extension LibvirtError {
  static func saysPortTaken(_ words: String) -> Bool {
    words.contains("Could not set up host forwarding rule")
      || words.contains("Address already in use")
  }

  /// What to do about it, where that is known.
  func hint(for host: LibvirtHost) -> String? {
    let words = description
    if words.contains("virtlogd") {
      return "start it: sudo systemctl start virtlogd; without a service manager: sudo virtlogd -d"
    }
    if words.contains("emulator") || words.contains("Cannot check QEMU binary")
      || words.contains("could not find capabilities") || words.contains("invalid argument: KVM")
    {
      return Remedy.install(["qemu-system-x86_64"])
    }
    if words.contains("qemu-img") { return Remedy.install(["qemu-img"]) }
    if words.contains("Cannot allocate memory") || words.contains("cannot set up guest memory") {
      return "this machine has too little free memory; give the boards less: 'memory: 96MiB'"
    }
    if words.contains("exists and is not this lab's") {
      return
        "look at it with: virsh -c \(host.uri) dominfo NAME; rename it, or give the lab another name"
    }
    return nil
  }
}
