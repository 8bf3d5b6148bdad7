import LabManifest

//  LabBackend ──create──▶ RunningLab ──board──▶ RunningBoard
//  (probe)                (destroy)             (run, put, get)

/// A way to make boards and the private network between them. Knows nothing of keys, images or reports.
public protocol LabBackend: Sendable {
  var mode: LabMode { get }
  var capabilities: BackendCapabilities { get }

  /// Whether boards can be made on this machine now. Changes nothing.
  func probe() async -> BackendProbe

  /// Makes every board of the plan and their network; on failure nothing of it remains.
  func create(_ plan: LabPlan) async throws(BackendError) -> any RunningLab
}

/// Boards that exist, until `destroy`.
public protocol RunningLab: Sendable {
  /// - Throws: `.noSuchBoard`.
  func board(_ name: String) throws(BackendError) -> any RunningBoard

  /// Ends what still runs on the boards and removes them with all their files. May be repeated; goes on
  /// past a failure and reports the first.
  func destroy() async throws(BackendError)
}

/// The inside of one board. Paths are relative to the board's own working folder.
public protocol RunningBoard: Sendable {
  var name: String { get }
  /// The address on the lab's network that programs on this board listen on.
  var address: String { get }

  /// Runs a program to its end.
  ///
  /// `onLine` gets each line of its output as it comes, without the line feed, the lines of one stream in
  /// order; it may be called for both streams at once. When the calling task is cancelled the program and
  /// all it started get SIGTERM, and after the command's grace period SIGKILL.
  /// - Throws: `.commandFailed` when the program cannot be started, `.cancelled`, `.unsupported`.
  func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(BackendError) -> CommandStatus

  /// Copies a file of this machine to the board, replacing what was there.
  func put(_ file: String, to path: BoardPath, access: FileAccess) async throws(BackendError)

  /// Brings a file of the board to this machine; `destination` must not exist.
  func get(_ path: BoardPath, to destination: String) async throws(BackendError)
}

/// What a backend is asked to make.
public struct LabPlan: Sendable, Equatable {
  public struct BoardPlan: Sendable, Equatable {
    public var name: String
    public var address: IPv4Address

    public init(name: String, address: IPv4Address) {
      self.name = name
      self.address = address
    }
  }

  public var lab: String
  public var boards: [BoardPlan]
  /// Folder on this machine where the backend may keep what belongs to this lab; exists, mode 0700.
  public var folder: String

  public init(lab: String, boards: [BoardPlan], folder: String) {
    self.lab = lab
    self.boards = boards
    self.folder = folder
  }
}

/// Whether a backend can work here.
public enum BackendProbe: Sendable, Equatable {
  case available
  /// Why not, and the one command that would remedy it, where there is one.
  case unavailable(reason: String, remedy: String?)

  public var isAvailable: Bool { self == .available }
}

/// What boards of a backend can do, as data, so that nothing outside ever asks which backend it has.
public struct BackendCapabilities: Sendable, Equatable, Codable {
  /// Each board has a kernel of its own, so its clock and its failures are its own too.
  public var ownKernel: Bool
  /// Each board has network interfaces of its own; without it boards share those of this machine.
  public var ownNetwork: Bool
  /// Delay, loss and rate limits can be put on the boards' links.
  public var linkImpairment: Bool
  /// Needs no privileges beyond those of the user who runs pilab.
  public var unprivileged: Bool

  public init(ownKernel: Bool, ownNetwork: Bool, linkImpairment: Bool, unprivileged: Bool) {
    self.ownKernel = ownKernel
    self.ownNetwork = ownNetwork
    self.linkImpairment = linkImpairment
    self.unprivileged = unprivileged
  }
}
