import GuestSSH
import HostKit
import LabCore
import LabValues

/// A machine whose board is reached by SSH over a port of 127.0.0.1: of the lab's image, or of a disk of the user's.
package protocol GuestMachine: Machine, SSHReached, PowerControl, DiskBacked, ConsoleAccess {
  var record: LabRecord { get }
  /// The board is of a disk of the user's, and not of the lab's image.
  var hasUserDisk: Bool { get }
  var labMAC: MACAddress { get }
  /// Of the lab's network.
  var prefixLength: Int { get throws(LabError) }
  /// The key of the manifest below which more time for a start is given.
  var settingsKey: String { get }
  /// Time between looks whether a machine that starts is still on.
  var look: Duration { get }

  /// Nil while the machine is on; else what became of it.
  func end() async throws -> String?

  /// What keeps the board from answering, as its hypervisor knows it; nil where it is at work.
  func trouble(step: String) async throws(LabError) -> MachineTrouble?

  /// Called when the board answers for the first time after a start.
  func didBoot(step: String) async throws(LabError)
}

/// A board cannot answer.
package struct MachineTrouble: Sendable, Equatable {
  /// Nil where it is simply off.
  package var words: String?

  package init(_ words: String? = nil) { self.words = words }
}

extension GuestMachine {
  package var look: Duration { .milliseconds(500) }

  package func didBoot(step: String) async throws(LabError) {}

  package func kill() async throws(LabError) { try await switchOff() }

  package func reboot() async throws(LabError) { try await restart() }

  package func flushDisks() async { await ssh.flushDisks() }

  package func disconnect() async { await ssh.connection.close() }

  /// How much of the console an error is made of, in bytes.
  private static var consoleOfAStart: Int { 16 << 10 }

  /// Waits for the board's SSH server.
  /// - Throws: `.bootFailed` with the last lines of the serial console.
  package func waitUntilReady(
    until deadline: ContinuousClock.Instant, timeout: Duration, step: String
  ) async throws(LabError) {
    let wait = BootWait(
      ssh: ssh, timeout: timeout, step: step, timeoutKey: settingsKey, look: look,
      end: { try await end() },
      console: { () throws(LabError) in try await consoleLog(limit: Self.consoleOfAStart) })
    try await wait.run(until: deadline)
    try await didBoot(step: step)
  }

  /// Gives a board of the user's own disk its address and all boards' names; boards of our image have them from the
  /// start.
  package func configure() async throws(LabError) {
    guard hasUserDisk else { return }
    try await ssh.files.makeFolder()
    try await ssh.assignAddress("\(address)/\(try prefixLength)", mac: "\(labMAC)")
    try await ssh.assignNames(record.boards)
  }

  /// With random numbers of the hypervisor, by virtio-rng.
  package func reseed() async throws(LabError) { try await ssh.reseed() }
}

// MARK: Where large files go

extension GuestMachine {
  package func freeSpace(
    in folder: BoardPath?, replacing files: [BoardPath]
  ) async throws(LabError) -> UInt64 {
    do { return try await spaceInside(folder, replacing: files) } catch {
      throw await explained(error)
    }
  }

  package func diskFolder() async throws(LabError) -> BoardPath? {
    guard !hasUserDisk else { return nil }
    do { return try await imageDiskFolder() } catch { throw await explained(error) }
  }
}

// MARK: Why SSH fails

extension GuestMachine {
  private static var recentConsole: Int { 8 << 10 }

  /// The reason that only the hypervisor knows: the machine is off, or out of memory.
  package func explained(_ error: LabError) async -> LabError {
    guard [.boardUnreachable, .connectionLost].contains(error.code) else { return error }
    let step = error.step ?? "run"
    do throws(LabError) {
      let found = try await soon { () throws(LabError) in try await trouble(step: step) }
      if let found {
        var off = switchedOff(step: step)
        let causes = [found.words, error.cause].compactMap(\.self)
        off.cause = causes.isEmpty ? nil : causes.joined(separator: "; ")
        return off
      }
      let log = try await consoleLog(limit: Self.recentConsole)
      guard ConsoleText.saysOutOfMemory(log) else { return error }
      var failure = error
      failure.message = "the board ran out of memory"
      failure.hint = "give it more with 'memory:' in the manifest"
      return failure
    } catch let other {
      return error.code == other.code ? error : other.following(error)
    }
  }

  /// A machine that ends takes its connections with it before its maker knows that it is off, so it is looked at for
  /// two seconds.
  /// - Returns: what `look` finds; nil where it finds nothing.
  private func soon<Found>(
    _ look: () async throws(LabError) -> Found?
  ) async throws(LabError) -> Found? {
    for _ in 0..<10 {
      if let found = try await look() { return found }
      await pauseUncancelled(for: .milliseconds(200))
    }
    return nil
  }
}
