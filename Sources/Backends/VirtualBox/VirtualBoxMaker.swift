import Foundation
import HostKit
import LabCore
import VMKit

//  engine ─ keys ─ files ─ board, board … (VirtualBox does one thing at a time) ─┬─ all answer by SSH
//                          create, set, attach, mark, start                     ┘

/// Makes a lab's virtual machines. Whoever calls removes what there is of them after a failure.
struct VirtualBoxMaker: Sendable {
  let plan: LabPlan
  let record: LabRecord
  let host: VirtualBoxHost
  let backend: VirtualBoxBackend

  private var chooser: EngineChooser { EngineChooser(host: host, look: backend.lookForDriver) }
  private var names: VirtualBoxNames { VirtualBoxNames(record) }
  private var folder: VirtualBoxFolder { VirtualBoxFolder(record) }

  private var settings: VirtualBoxSettings {
    get throws(LabError) { try plan.settings(else: VirtualBoxSettings()) }
  }

  func make() async throws(LabError) -> VirtualBoxLab {
    let engine = try await chooser.engine(try settings.start)
    let keys = try await LabKeys.make(record, plan, tools: host.manage.tools)
    let machines = try await prepare(engine, keys)
    return try await launch(machines, engine, keys)
  }

  /// Makes everything, and starts nothing.
  func prepare(
    _ engine: VirtualBoxEngine, _ keys: LabKeys
  ) async throws(LabError) -> [BoardMachine] {
    try linkImage(engine)
    try await makeIdentities(keys)
    return try await makeMachines(engine)
  }

  private func launch(
    _ prepared: [BoardMachine], _ first: VirtualBoxEngine, _ keys: LabKeys
  ) async throws(LabError) -> VirtualBoxLab {
    var (machines, engine) = (prepared, first)
    var lab = try lab(machines, engine)
    let starter = VirtualBoxStarter(record: record, host: host, backend: backend)
    do throws(LabError) {
      try await starter.start(machines, engine, fleeting: plan.lifetime == .caller)
    } catch {
      // The driver looked as if it were there.
      guard error.code == .driverMissing, try settings.start == .auto else { throw error }
      _ = try host.driverless()
      engine = .driverless
      machines = try await relink(machines)
      lab = try self.lab(machines, engine)
      try await mark(machines, engine)
      try await starter.start(machines, engine, fleeting: plan.lifetime == .caller)
    }
    lab = try await starter.settlePorts(of: lab, machines)
    try await lab.connect(keys, timeout: try settings.bootTimeout(lab))
    try await lab.impair(machines.map(\.link))
    return lab
  }

  func lab(
    _ machines: [BoardMachine], _ engine: VirtualBoxEngine
  ) throws(LabError) -> VirtualBoxLab {
    var marks: [String: VirtualBoxMark] = [:]
    for (board, machine) in zip(plan.boards, machines) {
      marks[board.name] = mark(board, machine, engine)
    }
    return VirtualBoxLab(record: record, host: host, marks: marks, backend: backend)
  }

  private func mark(
    _ board: LabPlan.BoardPlan, _ machine: BoardMachine, _ engine: VirtualBoxEngine
  ) -> VirtualBoxMark {
    VirtualBoxMark(board, of: record, port: machine.port, engine: engine)
  }

  // MARK: Files

  /// Puts the board image into the lab's folder, in the form that is good for the engine.
  private func linkImage(_ engine: VirtualBoxEngine) throws(LabError) {
    if plan.boards.allSatisfy({ $0.machine.disk != nil }) { return }
    guard let iso = engine == .driver ? plan.image?.iso : plan.image?.plainISO else {
      throw LabError(
        .boardNotCreated, "the lab has no board image and a board no disk of its own",
        step: "create")
    }
    do {
      guard unlink(folder.image) == 0 || errno == ENOENT else { throw SystemError.last }
      try FileCopy.link(from: iso, to: folder.image)
    } catch {
      throw LabError(
        .boardNotCreated, "cannot put the board image into \(folder.path)", step: "create",
        cause: ErrorWords.words(of: error))
    }
  }

  private func makeIdentities(_ keys: LabKeys) async throws(LabError) {
    for (index, board) in plan.boards.enumerated() {
      guard
        let identity = try keys.identity(
          of: board, plan, mac: { names.mac($0, index + 1) },
          management: (BoardMachine.managementAddress, BoardMachine.managementPrefixLength))
      else { continue }
      do { try await identity.writeISO(to: folder.identity(index + 1)) } catch {
        throw LabError(
          .boardNotCreated, "cannot make its identity", board: board.name, step: "create",
          hint: error.hint, cause: ErrorWords.words(of: error))
      }
    }
  }

  // MARK: Machines

  private func makeMachines(
    _ engine: VirtualBoxEngine
  ) async throws(LabError) -> [BoardMachine] {
    let links = try links(engine)
    let images = try await UserDisks(plan: plan, record: record, host: host).prepare()
    try await refuseForeign()
    var machines: [BoardMachine] = []
    for (index, board) in plan.boards.enumerated() {
      let machine = BoardMachine(
        name: names.machine(board.name), uuid: try record.machine(index + 1), group: names.group,
        description: "pilab: board \(board.name) of lab \(record.lab) in \(record.folder)",
        memory: board.machine.memory >> 20, processors: board.machine.processors,
        boot: images[board.name]
          ?? .image(
            iso: folder.image, identity: folder.identity(index + 1), disk: folder.disk(index + 1)),
        link: links[index],
        managementMAC: names.mac(.management, index + 1),
        port: try LocalPort.chosen(.tcp, by: backend.ports),
        consoleLog: folder.consoleLog(index + 1), consoleSocket: folder.socket(index + 1),
        version: host.version)
      try await make(machine, board, engine)
      machines.append(machine)
    }
    return machines
  }

  private func make(
    _ machine: BoardMachine, _ board: LabPlan.BoardPlan, _ engine: VirtualBoxEngine
  ) async throws(LabError) {
    try await virtualBox("cannot make its virtual machine", board: board.name) {
      () throws(VBoxError) in
      if machine.boot != .clone { try await host.manage.change(machine.creation(in: folder.path)) }
      try await host.set(mark(board, machine, engine), on: machine.uuid)
      try await host.manage.change(["modifyvm", machine.uuid] + machine.settings)
      if case .image(_, _, let disk) = machine.boot {
        // It takes from this machine what is written to it.
        try await host.manage.change(
          ["createmedium", "disk", "--filename", disk, "--size", "65536", "--format", "VDI"])
      }
      for drive in machine.drives {
        try await host.manage.change([drive[0], machine.uuid] + drive.dropFirst())
      }
      try await prepare(machine.uuid, for: engine)
    }
    try await check(machine, board.name)
  }

  private func prepare(_ uuid: String, for engine: VirtualBoxEngine) async throws(VBoxError) {
    guard engine == .driverless else { return }
    try await host.manage.change(["setextradata", uuid, "VBoxInternal/HM/FallbackToIEM", "1"])
  }

  /// VirtualBox takes some settings without a word and does not have them.
  private func check(_ machine: BoardMachine, _ board: String) async throws(LabError) {
    let (found, words) = try await virtualBox("cannot look at its virtual machine", board: board) {
      () throws(VBoxError) in
      (
        try await host.manage.properties(["showvminfo", machine.uuid]),
        try await host.manage.ask(["showvminfo", machine.uuid])
      )
    }
    var differences = machine.differences(from: found)
    if let expected = machine.expectedWords, !words.contains(expected) {
      differences.append(("adapter 1", expected, nil))
    }
    guard !differences.isEmpty else { return }
    throw LabError(
      .boardNotCreated, "VirtualBox has made its machine differently from what was asked",
      board: board, step: "create",
      cause: differences.map { "\($0.key): \($0.asked), not \($0.found ?? "nothing")" }
        .joined(separator: "; "))
  }

  /// A machine of somebody else that has the name of one of ours stays as it is.
  private func refuseForeign() async throws(LabError) {
    let known = try await virtualBox("cannot list machines") { () throws(VBoxError) in
      VBoxText.machines(try await host.manage.ask(["list", "vms"]))
    }
    for (index, board) in plan.boards.enumerated() {
      let name = names.machine(board.name)
      let uuid = try record.machine(index + 1)
      guard known.contains(where: { $0.name == name && $0.uuid != uuid }) else { continue }
      throw LabError(
        .boardNotCreated, "a virtual machine '\(name)' exists and is not this lab's",
        board: board.name,
        step: "create",
        hint: "it stays untouched; rename it, or give the lab another name: --lab NAME")
    }
  }

  // MARK: The lab's network

  /// With its driver VirtualBox has internal networks. Without it two boards are joined by a pair of UDP ports.
  private func links(_ engine: VirtualBoxEngine) throws(LabError) -> [LinkEndpoint] {
    let mac = { names.mac(.lab, $0) }
    guard engine == .driverless else {
      return plan.links(all: .network(names.network), mac: mac)
    }
    let count = plan.boards.count
    guard count <= 2 else {
      throw LabError(
        .boardNotCreated, "without its driver VirtualBox joins two boards, and there are \(count)",
        step: "create", hint: "load the driver: \(VirtualBoxHost.driverRemedy)")
    }
    return plan.links(try UDPCarriers.make(boards: count, ports: backend.ports), mac: mac)
  }

  private func relink(_ machines: [BoardMachine]) async throws(LabError) -> [BoardMachine] {
    let links = try links(.driverless)
    try linkImage(.driverless)
    var changed = machines
    for index in changed.indices {
      changed[index].link = links[index]
      let machine = changed[index]
      try await virtualBox("cannot change its link", board: plan.boards[index].name) {
        () throws(VBoxError) in
        try await host.waitUntilFree(machine.uuid)
        try await host.manage.change(["modifyvm", machine.uuid] + machine.linkSettings)
        try await prepare(machine.uuid, for: .driverless)
      }
    }
    return changed
  }

  private func mark(
    _ machines: [BoardMachine], _ engine: VirtualBoxEngine
  ) async throws(LabError) {
    for (board, machine) in zip(plan.boards, machines) {
      let mark = mark(board, machine, engine)
      try await virtualBox("cannot mark its machine", board: board.name) {
        () throws(VBoxError) in try await host.set(mark, on: machine.uuid)
      }
    }
  }

  @discardableResult
  private func virtualBox<Value: Sendable>(
    _ message: String, board: String? = nil, _ body: () async throws(VBoxError) -> Value
  ) async throws(LabError) -> Value {
    if Task.isCancelled { throw LabError(.cancelled, "told to stop", step: "create") }
    do { return try await body() } catch {
      throw error.failure(.boardNotCreated, message, board: board, step: "create")
    }
  }
}

extension VirtualBoxSettings {
  func bootTimeout(_ lab: VirtualBoxLab) -> Duration {
    bootTimeout ?? (lab.marks.values.first?.engine ?? .driver).bootTimeout
  }
}
