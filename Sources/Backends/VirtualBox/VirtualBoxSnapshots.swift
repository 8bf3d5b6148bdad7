import Foundation
import GuestSSH
import HostKit
import LabCore
import SystemPackage
import VMKit

//  All machines are paused meanwhile, so that the lab as a whole is of one moment.

extension VirtualBoxLab: Snapshotting {
  private static let timeout = Duration.seconds(600)

  func snapshot(_ name: String) async throws(LabError) {
    try await checkSnapshotIsNew(name)
    for machine in try machines() {
      guard try await machine.condition(step: "snapshot") == .running else {
        throw machine.switchedOff(step: "snapshot")
      }
    }
    for machine in try machines() { try await machine.emptyConsole() }
    try await everywhere("cannot pause the machine", step: "snapshot") {
      ["controlvm", $0, "pause"]
    }
    var failure: LabError?
    do throws(LabError) {
      try await everywhere("cannot keep its state", step: "snapshot") {
        ["snapshot", $0, "take", name, "--description", "pilab"]
      }
    } catch { failure = error }
    do throws(LabError) {
      try await everywhere("cannot let the machine go on", step: "snapshot") {
        ["controlvm", $0, "resume"]
      }
    } catch { failure = failure ?? error }
    guard let failure else { return }
    // What some machines have kept is of no use.
    for machine in try machines() where try await snapshots(of: machine).contains(name) {
      try await delete(name, of: machine)
    }
    throw failure
  }

  /// The machines start from the kept state of their memory. They do not see that time has passed, so they get new
  /// random numbers.
  func restore(_ name: String) async throws(LabError) {
    try await checkSnapshot(name)
    for machine in try machines() {
      await machine.ssh.connection.close()
      try await machine.kill()
    }
    try await everywhere("cannot bring its state back", step: "restore") {
      ["snapshot", $0, "restore", name]
    }
    for machine in try machines() {
      try await machine.starter.start(
        machine.uuid, machine.name, machine.number, machine.mark.engine)
    }
    try await forEachBoard { board throws(LabError) in
      try await board.waitUntilReady(board.mark.engine.bootTimeout, step: "restore")
      try await board.ssh.reseedFromHere()
    }
  }

  func snapshots() async throws(LabError) -> [String] {
    guard let first = try machines().first else { return [] }
    return try await snapshots(of: first)
  }

  func deleteSnapshot(_ name: String) async throws(LabError) {
    try await checkSnapshot(name)
    for machine in try machines() where try await snapshots(of: machine).contains(name) {
      try await delete(name, of: machine)
    }
  }

  private func delete(
    _ name: String, of machine: VirtualBoxBoard
  ) async throws(LabError) {
    try await machine.virtualBox(
      .snapshotFailed, "cannot delete its snapshot", step: "snapshot"
    ) { () throws(VBoxError) in
      try await host.manage.change(
        ["snapshot", machine.uuid, "delete", name], timeout: Self.timeout)
    }
  }

  private func snapshots(of machine: VirtualBoxBoard) async throws(LabError) -> [String] {
    try await machine.virtualBox(
      .snapshotFailed, "cannot ask for its snapshots", step: "snapshot"
    ) { () throws(VBoxError) in
      do throws(VBoxError) {
        let properties = try await host.manage.properties(["snapshot", machine.uuid, "list"])
        // SnapshotName, SnapshotName-1, SnapshotName-1-1: each within the one before.
        return properties.entries.filter { $0.key.hasPrefix("SnapshotName") }.map(\.value)
      } catch {
        if error.description.contains("does not have any snapshots") { return [] }
        throw error
      }
    }
  }

  /// VBoxManage with arguments about each machine, one after the other.
  private func everywhere(
    _ message: String, step: String, _ arguments: (String) -> [String]
  ) async throws(LabError) {
    var failure: LabError?
    for machine in try machines() {
      do {
        try await host.manage.change(arguments(machine.uuid), timeout: Self.timeout)
      } catch {
        failure =
          failure ?? error.failure(.snapshotFailed, message, board: machine.name, step: step)
      }
    }
    if let failure { throw failure }
  }
}

extension VirtualBoxBoard {
  private static let quiet = (driver: Duration.milliseconds(200), driverless: Duration.seconds(1))

  /// Bytes that wait in a serial port for somebody to read them would wait for ever in the restored machine: VirtualBox
  /// 7.2 sends on only when the board writes more, which waits for them.
  fileprivate func emptyConsole() async throws(LabError) {
    let quiet = mark.engine == .driver ? Self.quiet.driver : Self.quiet.driverless
    let socket = folder.socket(number)
    do throws(SystemError) { try await SocketConsole.drain(socket, quiet: quiet) } catch {
      // Without a listener there is no console to keep alive.
      guard ![ENOENT, ECONNREFUSED].contains(error.number) else { return }
      throw LabError(
        .snapshotFailed, "cannot empty its console", SystemFault(error, path: socket, .write),
        board: name, step: "snapshot")
    }
  }
}

extension SSHBoard {
  /// Gives the board random numbers of this machine: VirtualBox's machines have no device for that.
  func reseedFromHere() async throws(LabError) {
    try await connection.open(step: "restore")
    let outcome = try await connection.translated(step: "restore") {
      let pipe = try FileDescriptor.pipe(options: .closeOnExec)
      defer { try? pipe.readEnd.close() }
      do {
        defer { try? pipe.writeEnd.close() }
        try pipe.writeEnd.writeAll((0..<Reseed.seedLength).map { _ in UInt8.random(in: 0...255) })
      }
      return try await SSHSession(connection: connection).collect(
        rootCommand(Reseed.scriptFromInput, [folder]), input: pipe.readEnd)
    }
    guard outcome.succeeded else {
      throw LabError(
        .snapshotFailed, "cannot renew its random numbers, so its keys would repeat", board: name,
        step: "restore", cause: outcome.errors)
    }
  }
}
