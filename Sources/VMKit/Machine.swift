import LabCore

//  Machine        what one machine can be told        a backend
//  MachinePower   kill, restart                       VMKit
//  Fleet          keep, bring back, forget            VMKit
//  GuestMachine   the same, reached by SSH            VMKit, and a backend

/// One virtual machine, as the primitives that its hypervisor gives. In which order they are used is the same for every
/// hypervisor, and is said here and nowhere else.
package protocol Machine: Sendable {
  /// The board's.
  var name: String { get }

  // MARK: Power

  /// Whether something runs the machine, were it paused.
  func isOn(step: String) async throws(LabError) -> Bool

  /// Whether the board is at work, so that its state may be kept.
  func isAtWork(step: String) async throws(LabError) -> Bool

  /// Pulls the plug. Nothing happens to one that is off; on return nothing runs it any more.
  func powerOff() async throws(LabError)

  /// Of one that is off; with its kept state, where it was brought back to one.
  func powerOn() async throws(LabError)

  /// Of one that is on.
  func reset() async throws(LabError)

  /// False where a reset may end the machine, so that it is switched off and on instead.
  var survivesReset: Bool { get }

  // MARK: State

  /// Makes a machine that runs ready for its state to be kept.
  func settle() async throws(LabError)

  func pause() async throws(LabError)

  func resume(step: String) async throws(LabError)

  /// Of one that is paused: memory, devices and disk.
  func keepState(_ name: String) async throws(LabError)

  /// Whether a machine that is on is brought back, and is paused then. Else it must be off, and is switched on.
  static var revertsWhileOn: Bool { get }

  func revert(to name: String) async throws(LabError)

  /// One that is not there is forgotten already.
  func deleteState(_ name: String) async throws(LabError)

  /// Names, the oldest first.
  func states() async throws(LabError) -> [String]

  // MARK: Inside

  /// From the start to the first answer.
  var rebootTimeout: Duration { get }

  /// From the moment that was brought back to the first answer.
  var restoreTimeout: Duration { get }

  /// Of one that is about to lose its power. One that does not answer loses it all the same.
  func flushDisks() async

  /// Ends what this machine has of connections to the board.
  func disconnect() async

  func waitUntilReady(
    until deadline: ContinuousClock.Instant, timeout: Duration, step: String
  ) async throws(LabError)

  /// Tells the board what it cannot know by itself, after each start.
  func configure() async throws(LabError)

  /// Gives the board random numbers that it would not have had.
  func reseed() async throws(LabError)
}

extension Machine {
  package var survivesReset: Bool { true }

  package func settle() async throws(LabError) {}

  package func isAtWork(step: String) async throws(LabError) -> Bool { try await isOn(step: step) }

  /// The error of whoever wants something of a board that is off.
  package func switchedOff(step: String) -> LabError {
    LabError(
      .switchedOff, "the board is switched off", board: name, step: step,
      hint: "start it: pilab reboot \(name)")
  }
}

/// What a primitive does, for its error where it cannot.
package struct MachineDeed: Sendable {
  package let code: LabError.Code
  package let message: String
  package let step: String

  package init(_ code: LabError.Code, _ message: String, step: String) {
    self.code = code
    self.message = message
    self.step = step
  }

  package static let powerOff = MachineDeed(.commandFailed, "cannot pull the plug", step: "kill")
  package static let restart = MachineDeed(.bootFailed, "cannot restart it", step: "reboot")
  package static let pause = MachineDeed(
    .snapshotFailed, "cannot pause the machine", step: "snapshot")
  package static let keepState = MachineDeed(
    .snapshotFailed, "cannot save its state", step: "snapshot")
  package static let revert = MachineDeed(
    .snapshotFailed, "cannot restore its state", step: "restore")
  package static let deleteState = MachineDeed(
    .snapshotFailed, "cannot delete its snapshot", step: "snapshot")

  package static func resume(step: String) -> MachineDeed {
    MachineDeed(.snapshotFailed, "cannot resume the machine", step: step)
  }

  package static func setLink(up: Bool) -> MachineDeed {
    MachineDeed(.notImpaired, "cannot take the link \(up ? "up" : "down")", step: "link")
  }
}
