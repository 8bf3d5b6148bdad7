import Foundation
import GuestSSH
import HostKit
import LabCore
import SystemPackage
import VMKit

extension VirtualBoxBoard {
  /// The machines start from the kept state of their memory. They do not see that time has passed, so they get new
  /// random numbers.
  static var revertsWhileOn: Bool { false }

  var restoreTimeout: Duration { mark.engine.bootTimeout }

  private static let timeout = Duration.seconds(600)

  func pause() async throws(LabError) { try await tell(.pause, ["controlvm", uuid, "pause"]) }

  func resume(step: String) async throws(LabError) {
    try await tell(.resume(step: step), ["controlvm", uuid, "resume"])
  }

  func keepState(_ name: String) async throws(LabError) {
    try await tell(.keepState, ["snapshot", uuid, "take", name, "--description", "pilab"])
  }

  func revert(to name: String) async throws(LabError) {
    try await tell(.revert, ["snapshot", uuid, "restore", name])
  }

  func deleteState(_ name: String) async throws(LabError) {
    guard try await states().contains(name) else { return }
    try await tell(.deleteState, ["snapshot", uuid, "delete", name])
  }

  func states() async throws(LabError) -> [String] {
    try await virtualBox(
      .snapshotFailed, "cannot ask for its snapshots", step: "snapshot"
    ) { () throws(VBoxError) in
      do throws(VBoxError) {
        let properties = try await host.manage.properties(["snapshot", uuid, "list"])
        // SnapshotName, SnapshotName-1, SnapshotName-1-1: each within the one before.
        return properties.entries.filter { $0.key.hasPrefix("SnapshotName") }.map(\.value)
      } catch {
        if error.description.contains("does not have any snapshots") { return [] }
        throw error
      }
    }
  }

  func reseed() async throws(LabError) { try await ssh.reseedFromHere() }

  private func tell(_ deed: MachineDeed, _ arguments: [String]) async throws(LabError) {
    try await virtualBox(deed) { () throws(VBoxError) in
      try await host.manage.change(arguments, timeout: Self.timeout)
    }
  }

  private static let quiet = (driver: Duration.milliseconds(200), driverless: Duration.seconds(1))

  /// Bytes that wait in a serial port for somebody to read them would wait for ever in the restored machine: VirtualBox
  /// 7.2 sends on only when the board writes more, which waits for them.
  func settle() async throws(LabError) {
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
