/// What boards of a backend can do, as data, so that nothing outside ever asks which backend it has.
public struct BackendCapabilities: Sendable, Equatable, Codable {
  /// Each board has a kernel of its own, so its clock and its failures are its own too.
  public var ownKernel: Bool
  /// Each board has network interfaces of its own; without it boards share those of this machine.
  public var ownNetwork: Bool
  /// The boards' links can be taken down and up: boards are `LinkControl`.
  public var linkControl: Bool
  /// Delay, loss and rate limits can be put on the boards' links: boards are `Impairing`.
  public var linkImpairment: Bool
  /// What passes a board's interface can be recorded: boards are `Capturing`.
  public var capture: Bool
  /// The boards' plugs can be pulled, and boards be started again: boards are `PowerControl`.
  public var power: Bool
  /// Boards have a serial console: they are `ConsoleAccess`.
  public var console: Bool
  /// The state of all boards, their memory included, can be kept and brought back: labs are `Snapshotting`.
  public var snapshot: Bool
  /// Needs no privileges beyond those of the user who runs pilab.
  public var unprivileged: Bool

  public init(
    ownKernel: Bool, ownNetwork: Bool, linkControl: Bool, linkImpairment: Bool, capture: Bool,
    unprivileged: Bool, power: Bool = false, console: Bool = false, snapshot: Bool = false
  ) {
    self.power = power
    self.console = console
    self.snapshot = snapshot
    self.ownKernel = ownKernel
    self.ownNetwork = ownNetwork
    self.linkControl = linkControl
    self.linkImpairment = linkImpairment
    self.capture = capture
    self.unprivileged = unprivileged
  }
}
