import Foundation
import HostKit
import LabCore
import LabManifest
import LabValues
import VMKit

/// Boards as virtual machines that VirtualBox runs for this user.
///
/// All of a lab's machines have identifiers that are chosen before they are made, and stand in the lab's record. Nothing
/// else of the user's VirtualBox is ever touched.
public struct VirtualBoxBackend: LabBackend {
  /// As many as a machine's identity can tell apart.
  static let mostBoards = 1000

  let environment: [String: String]
  let tools: Tool
  /// How long one call of VBoxManage may take.
  let timeout: Duration
  let ports: LocalPort.Choice
  /// What the driver is found to be before a machine is started.
  let lookForDriver: @Sendable (VirtualBoxHost) async -> VirtualBoxHost.Driver

  public init() { self.init(environment: ProcessInfo.processInfo.environment) }

  init(
    environment: [String: String], searchPath: String = Tool.standardSearchPath,
    timeout: Duration = .seconds(60),
    ports: @escaping LocalPort.Choice = { kind throws(SystemError) in try LocalPort.free(kind) },
    lookForDriver: @escaping @Sendable (VirtualBoxHost) async -> VirtualBoxHost.Driver = {
      await $0.driver()
    }
  ) {
    self.lookForDriver = lookForDriver
    self.environment = environment
    tools = Tool(searchPath: searchPath)
    self.timeout = timeout
    self.ports = ports
  }

  public var mode: LabMode { .virtualbox }

  public var abilities: Set<Ability> { Set(Ability.allCases) }

  public var manifestSection: BackendSection? { VirtualBoxSettings.section }

  public func record(for plan: LabPlan) throws(LabError) -> LabRecord {
    try plan.check(mostBoards: Self.mostBoards)
    for board in plan.boards {
      if let disk = board.machine.disk {
        _ = try UserDiskKind.examine(disk.path, board: board.name)
      }
    }
    let settings = try plan.settings(else: VirtualBoxSettings())
    let details = VirtualBoxRecord(
      command: settings.command ?? environment[VBoxPlaces.variable],
      prefixLength: plan.subnet.prefixLength,
      variables: environment.filter { VirtualBoxRecord.registry.contains($0.key) },
      machines: plan.boards.map { _ in UUID().uuidString.lowercased() })
    return LabRecord(
      mode: mode, lab: plan.lab, folder: plan.folder,
      boards: plan.boards.map { .init(name: $0.name, address: "\($0.address)") },
      details: CarriedValue(details))
  }

  public func create(
    _ plan: LabPlan, record: LabRecord
  ) async throws(LabError) -> any RunningLab {
    let host = try await host(of: record)
    try await host.checkService()
    let removal = VirtualBoxRemoval(record: record, host: host)
    try await removal.removeEarlier()
    do throws(LabError) {
      let maker = VirtualBoxMaker(plan: plan, record: record, host: host, backend: self)
      return try await maker.make()
    } catch {
      throw await removing(record, after: error)
    }
  }

  public func attach(_ record: LabRecord) async throws(LabError) -> any RunningLab {
    let host = try await host(of: record)
    var marks: [String: VirtualBoxMark] = [:]
    for (index, board) in record.boards.enumerated() {
      let uuid = try record.machine(index + 1)
      do { marks[board.name] = try await host.mark(of: uuid) } catch {
        throw error.failure(
          .unavailable, "cannot ask VirtualBox for the lab's machines", step: "attach")
      }
    }
    let found = marks
    try record.check("these virtual machines") { found[$0] != nil }
    return VirtualBoxLab(record: record, host: host, marks: marks, backend: self)
  }

  public func destroy(_ record: LabRecord) async throws(LabError) {
    let host = try await host(of: record)
    try await VirtualBoxRemoval(record: record, host: host).remove()
  }

  public func status(_ record: LabRecord) async -> [BoardStatus] {
    var statuses: [BoardStatus] = []
    do throws(LabError) {
      let host = try await host(of: record)
      for (index, board) in record.boards.enumerated() {
        let uuid = try record.machine(index + 1)
        let condition: MachineCondition
        do { condition = try await host.condition(uuid) } catch {
          throw error.failure(.unavailable, "cannot ask VirtualBox", step: "status")
        }
        let state: BoardStatus.State =
          condition == .absent ? .absent : condition.trouble.map { .broken($0) } ?? .running
        statuses.append(
          BoardStatus(
            name: board.name, address: board.address, state: state,
            processes: DriverlessProcess.processes(of: record.id, board: board.name)))
      }
      return statuses
    } catch {
      return record.boards.map {
        BoardStatus(name: $0.name, address: $0.address, state: .broken("\(error)"))
      }
    }
  }

  /// The VirtualBox that has the lab's machines, and the registry of the time when it was made.
  func host(of record: LabRecord) async throws(LabError) -> VirtualBoxHost {
    let made = try record.virtualBox
    var environment = environment
    for variable in VirtualBoxRecord.registry { environment[variable] = made.variables[variable] }
    return try await VirtualBoxHost.open(
      command: made.command, environment: environment, tools: tools,
      timeout: timeout)
  }
}

extension VirtualBoxHost {
  /// Nil for a machine that does not exist, or is no board.
  func mark(of uuid: String) async throws(VBoxError) -> VirtualBoxMark? {
    let answer: String
    do { answer = try await manage.ask(["getextradata", uuid, VirtualBoxMark.key]) } catch {
      if [.objectNotFound, .inaccessible].contains(error.kind) { return nil }
      throw error
    }
    guard let value = answer.split(separator: "\n").first(where: { $0.hasPrefix("Value: ") }) else {
      return nil
    }
    return try? JSONDecoder().decode(
      VirtualBoxMark.self, from: Data(value.dropFirst("Value: ".count).utf8))
  }

  func set(_ mark: VirtualBoxMark, on uuid: String) async throws(VBoxError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let value: Data
    do { value = try encoder.encode(mark) } catch {
      throw VBoxError(.other, "cannot encode the board's mark: \(error)")
    }
    try await manage.change([
      "setextradata", uuid, VirtualBoxMark.key, String(decoding: value, as: UTF8.self),
    ])
  }
}
