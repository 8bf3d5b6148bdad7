import Glibc
import HostKit
import LabCore
import LabValues
import LocalBoards

extension LabMode {
  /// Processes of this machine on addresses of its loopback interface.
  public static let loopback = LabMode(rawValue: "loopback")
}

/// Boards as folders and processes of this machine, each with an address of its own in 127.0.0.0/8.
///
/// Needs nothing and isolates nothing: for trying an exchange, for tests, and for measuring without a
/// network in between.
public struct LoopbackBackend: LabBackend {
  public init() {}

  public var mode: LabMode { .loopback }

  public var abilities: Set<Ability> { [] }

  /// Loopback is there on every Linux unless its interface is down, so that is what is tried.
  public func probe() async -> BackendProbe {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      return .unavailable(reason: "no IPv4 socket: \(SystemError.last)", remedy: nil)
    }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = LoopbackAddress.probe.value.bigEndian
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0 else {
      return .unavailable(
        reason: "cannot bind \(LoopbackAddress.probe): \(SystemError.last)",
        remedy: "sudo ip link set lo up")
    }
    return .available
  }

  public func record(for plan: LabPlan) throws(LabError) -> LabRecord {
    LabRecord(
      mode: mode, lab: plan.lab, folder: plan.folder,
      boards: try LoopbackAddress.links(plan).map {
        .init(name: $0.board, address: "\($0.address)")
      })
  }

  public func create(
    _ plan: LabPlan, record: LabRecord
  ) async throws(LabError) -> any RunningLab {
    try await destroy(record)
    do {
      for board in record.boards { try BoardFiles(board: board.name, of: record).make() }
      try LoopbackNames(record).write()
      let lab = LoopbackLab(record: record)
      try await lab.impair(try LoopbackAddress.links(plan))
      return lab
    } catch {
      try await destroy(record)
      throw error
    }
  }

  public func attach(_ record: LabRecord) async throws(LabError) -> any RunningLab {
    try BoardFiles.checkAll(of: record)
    return LoopbackLab(record: record)
  }

  public func destroy(_ record: LabRecord) async throws(LabError) {
    var failure: LabError?
    let boards = BoardFiles.boardsFolder(of: record)
    do { try await LabProcesses.killAll(of: record.id, boards: boards) } catch { failure = error }
    do { try BoardFiles.remove(record) } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  public func traces() async -> LabTraces {
    LabTraces(ProcessTraces.look(mode, ofNamespaces: false))
  }

  public func erase(_ trace: LabTrace) async throws(LabError) {
    // Programs in the folder of a lab that has come to be there since are that lab's.
    let folder = trace.folder.flatMap { access("\($0)/state.json", F_OK) == 0 ? nil : $0 }
    try await LabProcesses.killAll(of: trace.id, boards: folder.map { "\($0)/boards" })
  }

  public func status(_ record: LabRecord) async -> [BoardStatus] {
    let processes = LabProcesses.all(
      of: record.id, boards: BoardFiles.boardsFolder(of: record))
    return record.boards.map { board in
      let own = processes.filter { $0.board == board.name }.map(\.pid)
      let state: BoardStatus.State =
        if BoardFiles(board: board.name, of: record).exists {
          .running
        } else if own.isEmpty {
          .absent
        } else {
          .broken("its programs run, but its folder is missing")
        }
      return BoardStatus(
        name: board.name, address: board.address, state: state, processes: own)
    }
  }
}
