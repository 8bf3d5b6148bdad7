import Foundation
import Glibc
import HostKit
import LabCore
import LabValues
import LocalBoards
import SystemPackage

extension LabMode {
  /// Network namespaces of this machine.
  public static let namespace = LabMode(rawValue: "namespace")
}

/// Boards as namespaces of this machine, each with mounts and a host name of its own, and an interface on a bridge
/// that the machine itself is not connected to. Works as root, and without by user namespaces.
///
/// One process, the holder, keeps all of a lab alive; nothing of the lab is visible outside its namespaces.
/// Whatever ends the holder removes the whole lab, so there is no half-removed lab to repair.
public struct NamespaceBackend: LabBackend {
  /// A Linux bridge has room for 1023 ports.
  static let mostBoards = 1000

  let tools: Tool

  public init() { self.init(searchPath: Tool.standardSearchPath) }

  /// - Parameter searchPath: where ip, unshare and the other tools are looked up.
  init(searchPath: String) { tools = Tool(searchPath: searchPath) }

  public var mode: LabMode { .namespace }

  public var abilities: Set<Ability> { [.ownNetwork, .linkControl, .impairment, .capture] }

  public func probe() async -> BackendProbe { await NamespaceProbe(tools: tools).run() }

  public func precheck() async -> BackendProbe { NamespaceProbe(tools: tools).precheck() }

  public func record(for plan: LabPlan) throws(LabError) -> LabRecord {
    try plan.check(mostBoards: Self.mostBoards)
    return LabRecord(
      mode: mode, lab: plan.lab, folder: plan.folder,
      boards: plan.boards.map { .init(name: $0.name, address: "\($0.address)") })
  }

  public func create(
    _ plan: LabPlan, record: LabRecord
  ) async throws(LabError) -> any RunningLab {
    let state = NamespaceState(labFolder: record.folder)
    // A run that was killed may have left its lab behind.
    if let earlier = state.id { try await state.end(earlier) }
    try state.remove()
    try BoardFiles.remove(record)
    do throws(LabError) {
      for board in record.boards { try BoardFiles(board: board.name, of: record).make() }
      try state.begin(record.id, boards: record.boards)
      let links = NamespaceScript.links(plan)
      let lifeline = try await makeNamespaces(plan, links, record, state)
      guard let holder = state.holder(of: record.id) else {
        throw LabError(.boardNotCreated, "the lab ended at once", step: "create")
      }
      let lab = NamespaceLab(record: record, holder: holder, tools: tools, lifeline: lifeline)
      try await lab.impair(links)
      return lab
    } catch {
      try await destroy(record)
      throw error
    }
  }

  public func attach(_ record: LabRecord) async throws(LabError) -> any RunningLab {
    let state = NamespaceState(labFolder: record.folder)
    guard state.isReady, let holder = state.holder(of: record.id) else {
      throw LabError(
        .broken, "the network of lab '\(record.lab)' is not there any more", step: "attach",
        hint:
          "take the lab down and bring it up again; it does not outlive a restart of the machine")
    }
    try BoardFiles.checkAll(of: record)
    return NamespaceLab(record: record, holder: holder, tools: tools, lifeline: nil)
  }

  public func destroy(_ record: LabRecord) async throws(LabError) {
    let state = NamespaceState(labFolder: record.folder)
    var failure: LabError?
    do { try await state.end(record.id) } catch { failure = error }
    // A lab that still runs is found again by what is noted in the folder.
    if failure == nil { do { try state.remove() } catch { failure = error } }
    do { try BoardFiles.remove(record) } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  public func status(_ record: LabRecord) async -> [BoardStatus] {
    let state = NamespaceState(labFolder: record.folder)
    let holder = state.holder(of: record.id)
    let processes = holder?.processesByNetwork() ?? [:]
    return record.boards.enumerated().map { index, board in
      let network = holder.flatMap { NamespaceHolder.inode($0.network(index + 1)) }
      let hasFolder = BoardFiles(board: board.name, of: record).exists
      let condition: BoardStatus.State =
        switch (network != nil, hasFolder) {
        case (false, false): .absent
        case (false, true): .broken("its network is missing and its folder is there")
        case (true, false): .broken("its folder is missing and its network is there")
        case (true, true) where !state.isReady: .broken("it was interrupted while it was made")
        case (true, true): .running
        }
      return BoardStatus(
        name: board.name, address: board.address, state: condition,
        processes: network.flatMap { processes[$0] } ?? [])
    }
  }

  public func traces() async -> LabTraces {
    LabTraces(ProcessTraces.look(mode, ofNamespaces: true))
  }

  public func erase(_ trace: LabTrace) async throws(LabError) {
    try await LabProcesses.killAll(of: trace.id)
  }

  /// - Returns: what keeps the lab alive, where that is the caller.
  private func makeNamespaces(
    _ plan: LabPlan, _ links: [LinkEndpoint], _ record: LabRecord, _ state: NamespaceState
  ) async throws(LabError) -> Lifeline? {
    let arguments = NamespaceScript.arguments(
      ownUserNamespace: Privilege.needsUserNamespace, lifetime: plan.lifetime,
      state: state.folder, prefixLength: plan.subnet.prefixLength,
      links: links)
    let outcome: Tool.Outcome
    let lifeline: Lifeline?
    do {
      let pipe = plan.lifetime == .caller ? try FileDescriptor.pipe(options: .closeOnExec) : nil
      defer { try? pipe?.readEnd.close() }
      lifeline = pipe.map { Lifeline($0.writeEnd) }
      outcome = try await tools.run(
        arguments, environment: LabProcesses.environment(of: record), input: pipe?.readEnd,
        standing: .ownSession)
    } catch {
      throw await creationFailure(ErrorWords.words(of: error))
    }
    guard outcome.succeeded else { throw await creationFailure(outcome.errors) }
    return lifeline
  }

  /// Where namespaces cannot be made at all, the probe knows why and what helps.
  private func creationFailure(_ cause: String) async -> LabError {
    if Task.isCancelled { return LabError(.cancelled, "told to stop", step: "create") }
    if case .unavailable(let reason, let remedy) = await probe() {
      return .cannotWork(mode, reason, remedy)
    }
    return LabError(
      .boardNotCreated, "cannot make the boards' network namespaces", step: "create",
      hint: ToolWords.hint(cause, path: "/run") ?? "run: pilab doctor", cause: cause)
  }
}

/// Keeps a lab alive until the value or this process is gone: the lab's holder reads the other end.
final class Lifeline: Sendable {
  private let descriptor: FileDescriptor

  init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

  deinit { try? descriptor.close() }
}
