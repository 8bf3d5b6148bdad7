import Foundation
import HostKit
import LabCore
import VMKit

/// Starts a lab's machines, and finds them ports that nobody else has.
struct VirtualBoxStarter: Sendable {
  let record: LabRecord
  let host: VirtualBoxHost
  let backend: VirtualBoxBackend

  private static let portAttempts = 5
  /// From the start of VirtualBoxVM to a running machine; it starts a display and a program with windows before.
  private static let driverlessTimeout = Duration.seconds(60)
  private static let driverlessAttempts = 4
  private static let startTimeout = Duration.seconds(120)

  /// - Parameter fleeting: the machines end with this process.
  func start(
    _ machines: [BoardMachine], _ engine: VirtualBoxEngine, fleeting: Bool
  ) async throws(LabError) {
    if fleeting { try await MachineLifeline.tie(record, host, machines.map(\.uuid)) }
    for (index, machine) in machines.enumerated() {
      try await start(machine.uuid, record.boards[index].name, index + 1, engine)
    }
  }

  func start(
    _ uuid: String, _ board: String, _ number: Int, _ engine: VirtualBoxEngine
  ) async throws(LabError) {
    // A socket that an ended machine has left would be in the way of the console.
    unlink(VirtualBoxFolder(record).socket(number))
    try makeFarFolder(board)
    switch engine {
    case .driver: try await startWithDriver(uuid, board)
    case .driverless: try await startDriverless(uuid, board, number)
    }
  }

  /// VirtualBox and pilab alike may need a short path.
  private func makeFarFolder(_ board: String) throws(LabError) {
    let path = VirtualBoxFolder(record).farFolder
    guard mkdir(path, 0o700) != 0 else { return }
    var status = stat()
    // Others may write to the folder it lies in.
    guard errno == EEXIST, lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == geteuid(), status.st_mode & 0o077 == 0
    else {
      throw LabError(
        .boardNotCreated, "cannot make the folder \(path)", board: board, step: "create",
        cause: SystemError.last.description)
    }
  }

  private func startWithDriver(_ uuid: String, _ board: String) async throws(LabError) {
    do {
      try await host.manage.change(
        ["startvm", uuid, "--type", "headless"], timeout: Self.startTimeout)
    } catch {
      // What startvm says of it depends on the platform; the program itself is plain.
      if let reason = VirtualBoxHost.driverRefusal(error.description) {
        throw .driverMissing(reason, board: board)
      }
      if error.kind == .other, case .missing(let reason) = await host.driver() {
        throw .driverMissing("\(reason); \(ErrorWords.words(of: error))", board: board)
      }
      throw error.failure(
        .bootFailed, "cannot start its virtual machine", board: board, step: "create")
    }
  }

  /// The window that VirtualBoxVM shows when somebody else looks at the machine in the same moment ends nothing, so a
  /// start that leads to nothing is done again.
  private func startDriverless(
    _ uuid: String, _ board: String, _ number: Int
  ) async throws(LabError) {
    let process = DriverlessProcess(
      host: host, programs: try host.driverless(), record: record, board: board, number: number,
      uuid: uuid)
    for _ in 0..<Self.driverlessAttempts {
      do { try await host.waitUntilFree(uuid) } catch {
        throw error.failure(.bootFailed, "cannot start its machine", board: board, step: "create")
      }
      try await process.start()
      if try await runs(uuid, process, board) { return }
      try await DriverlessProcess.killAll(of: record.id, board: board)
    }
    throw LabError(
      .bootFailed, "VirtualBoxVM does not run its machine", board: board, step: "create",
      hint: "look into \(VirtualBoxFolder(record).output(number))", cause: process.output)
  }

  /// Asks in a way that takes no lock of the machine: VirtualBoxVM needs it for itself.
  private func runs(
    _ uuid: String, _ process: DriverlessProcess, _ board: String
  ) async throws(LabError) -> Bool {
    let deadline = ContinuousClock.now + Self.driverlessTimeout
    repeat {
      do {
        let running = VBoxText.machines(try await host.manage.ask(["list", "runningvms"]))
        if running.contains(where: { $0.uuid == uuid }) { return true }
        try await Task.sleep(for: .milliseconds(300))
      } catch let error as VBoxError {
        throw error.failure(.bootFailed, "cannot ask for its state", board: board, step: "create")
      } catch {
        throw LabError(.cancelled, "told to stop", board: board, step: "create")
      }
    } while !process.hasEnded && ContinuousClock.now < deadline
    return false
  }

  // MARK: Ports

  /// VirtualBox runs a machine also where its port is taken, and writes that into its log.
  /// - Returns: the lab with the ports that its boards have.
  func settlePorts(
    of lab: VirtualBoxLab, _ machines: [BoardMachine]
  ) async throws(LabError) -> VirtualBoxLab {
    var marks = lab.marks
    for (index, machine) in machines.enumerated() {
      let board = record.boards[index].name
      guard var mark = marks[board] else { continue }
      try await settle(machine.uuid, &mark, board)
      marks[board] = mark
    }
    return VirtualBoxLab(record: record, host: host, marks: marks, backend: backend)
  }

  func settle(
    _ uuid: String, _ mark: inout VirtualBoxMark, _ board: String
  ) async throws(LabError) {
    for attempt in 1... {
      do {
        guard try await host.saysPortTaken(mark.port, uuid) else { return }
        guard attempt < Self.portAttempts else { break }
        mark.port = try backend.ports(.tcp)
        try await host.manage.change(["controlvm", uuid, "natpf2", "delete", BoardMachine.forward])
        try await host.manage.change([
          "controlvm", uuid, "natpf2", BoardMachine.forwardRule(mark.port),
        ])
        try await host.set(mark, on: uuid)
        // The machine's own thread does it.
        await pauseUncancelled(for: .milliseconds(500))
      } catch let error as VBoxError {
        throw error.failure(.bootFailed, "cannot forward a port", board: board, step: "create")
      } catch {
        throw LabError(
          .bootFailed, "no port of 127.0.0.1 is free", board: board, step: "create",
          cause: ErrorWords.words(of: error))
      }
    }
    throw LabError(
      .bootFailed, "other programs took each port of 127.0.0.1 that was free", board: board,
      step: "create", hint: "try again")
  }
}

extension VirtualBoxHost {
  /// The machine's log of this start tells that a forward could not be made.
  fileprivate func saysPortTaken(_ port: UInt16, _ uuid: String) async throws(VBoxError) -> Bool {
    let properties = try await manage.properties(["showvminfo", uuid])
    guard let path = MachineLog.path(in: properties) else { return false }
    let log = ConsoleFile.tail(path, 4 << 20)
    return log.contains("redirection of \(port) to 22")
  }
}
