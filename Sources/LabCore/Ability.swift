import LabValues

/// What boards and labs of some backends can do beyond running programs.
///
/// A backend tells which as data, so that what a mode cannot do is said before anything is made. Whoever uses one
/// asks for it by `Wanted`.
public enum Ability: String, Sendable, Codable, CaseIterable {
  /// Each board has a kernel of its own, so its clock and its failures are its own too.
  case ownKernel
  /// Each board has network interfaces of its own; without it boards share those of this machine.
  case ownNetwork
  /// The boards' links can be taken down and up.
  case linkControl
  /// Delay, loss and rate limits can be put on the boards' links.
  case impairment
  /// What passes a board's interface can be recorded.
  case capture
  /// The boards' plugs can be pulled, and boards be started again.
  case power
  /// Boards have a serial console.
  case console
  /// The state of all boards, their memory included, can be kept and brought back.
  case snapshots

  /// Says that boards of the mode do not have it.
  /// - Parameter deed: completes `mode 'loopback' cannot …`; nil takes the usual words.
  public func refusal(
    of mode: LabMode, to deed: String? = nil, board: String? = nil, step: String
  ) -> LabError {
    LabError(
      .unsupported, "mode '\(mode.rawValue)' cannot \(deed ?? self.deed)", board: board,
      step: step, hint: hint)
  }

  private var deed: String {
    switch self {
    case .ownKernel: "boot machines"
    case .ownNetwork: "give boards a network of their own"
    case .linkControl: "take links down"
    case .impairment: "impair links"
    case .capture: "capture packets"
    case .power: "pull a board's plug"
    case .console: "show a console"
    case .snapshots: "keep a lab's state"
    }
  }

  private var hint: String {
    switch self {
    case .ownNetwork, .linkControl, .impairment, .capture:
      "boards with a network of their own can: --mode namespace"
    case .ownKernel, .power, .console, .snapshots:
      "virtual machines can: pilab up --mode libvirt, or virtualbox"
    }
  }
}

/// A protocol that boards or labs may conform to, and the ability that they have by it.
public struct Wanted<Able>: Sendable {
  /// Nil for what only makes something better or faster, and is never refused.
  let ability: Ability?

  private init(_ ability: Ability? = nil) { self.ability = ability }
}

extension Wanted where Able == any LinkControl {
  public static var linkControl: Self { Self(.linkControl) }
}

extension Wanted where Able == any Impairing {
  public static var impairing: Self { Self(.impairment) }
}

extension Wanted where Able == any Capturing {
  public static var capturing: Self { Self(.capture) }
}

extension Wanted where Able == any PowerControl {
  public static var power: Self { Self(.power) }
}

extension Wanted where Able == any ConsoleAccess {
  public static var console: Self { Self(.console) }
}

extension Wanted where Able == any Snapshotting {
  public static var snapshots: Self { Self(.snapshots) }
}

extension Wanted where Able == any FileSharing {
  public static var fileSharing: Self { Self() }
}

extension Wanted where Able == any FileProgress {
  public static var fileProgress: Self { Self() }
}

extension Wanted where Able == any StorageBound {
  public static var storageBound: Self { Self() }
}

extension Wanted where Able == any DiskBacked {
  public static var diskBacked: Self { Self() }
}

extension Wanted where Able == any VirtualLab {
  public static var engine: Self { Self() }
}

extension RunningBoard {
  /// The board as one that can do it; nil where it cannot.
  public func find<Able>(_ wanted: Wanted<Able>) -> Able? { self as? Able }

  /// The board as one that can do it.
  /// - Parameter deed: what is asked of it, where the ability's own words say too little.
  /// - Throws: `.unsupported`, with the mode and what helps.
  public func require<Able>(
    _ wanted: Wanted<Able>, of mode: LabMode, to deed: String? = nil, step: String
  ) throws(LabError) -> Able {
    if let able = find(wanted) { return able }
    throw wanted.refusal(of: mode, to: deed, board: name, step: step)
  }
}

extension RunningLab {
  /// The lab as one that can do it; nil where it cannot.
  public func find<Able>(_ wanted: Wanted<Able>) -> Able? { self as? Able }

  /// The lab as one that can do it.
  /// - Throws: `.unsupported`, with the mode and what helps.
  public func require<Able>(
    _ wanted: Wanted<Able>, step: String
  ) throws(LabError) -> Able {
    if let able = find(wanted) { return able }
    throw wanted.refusal(of: record.mode, to: nil, board: nil, step: step)
  }
}

extension Wanted {
  fileprivate func refusal(
    of mode: LabMode, to deed: String?, board: String?, step: String
  ) -> LabError {
    guard let ability else {
      return LabError(
        .unsupported, "mode '\(mode.rawValue)' cannot do this", board: board, step: step)
    }
    return ability.refusal(of: mode, to: deed, board: board, step: step)
  }
}

extension LabBackend {
  /// - Throws: `.unsupported` where labs of this backend do not have the ability.
  public func require(
    _ ability: Ability, to deed: String? = nil, step: String
  ) throws(LabError) {
    guard !abilities.contains(ability) else { return }
    throw ability.refusal(of: mode, to: deed, step: step)
  }
}
