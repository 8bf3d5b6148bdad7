import HostKit
import LabManifest
import LabValues

//  LabBackend ──create, attach──▶ RunningLab ──board──▶ RunningBoard
//  (probe, record, status, destroy)                     (run, exec, put, get; LinkControl …)

/// A way to make boards and the private network between them. Knows nothing of keys, images or reports.
///
/// A lab may outlive the process that made it. Whoever wants it to writes its record down before `create`;
/// with the record any later process finds the lab again, or removes what there is of it.
public protocol LabBackend: Sendable {
  var mode: LabMode { get }
  /// What its boards and labs can do beyond running programs.
  var abilities: Set<Ability> { get }
  /// Its own keys in manifests; nil where it has none.
  var manifestSection: BackendSection? { get }

  /// Whether boards can be made on this machine now. Changes nothing.
  func probe() async -> BackendProbe

  /// False where a quick look shows that `probe` could say at best that it is slow.
  var mayBeFast: Bool { get }

  /// Whether mode `auto` may take it where it is slow, for boards that need a kernel of their own.
  var autoTakesSlow: Bool { get }

  /// As `probe`, but only what costs next to nothing: for whoever is about to try, and will be told by `create`.
  func precheck() async -> BackendProbe

  /// The same for a lab whose manifest says something to the backend.
  func precheck(for settings: CarriedValue) async throws(LabError) -> BackendProbe

  /// What names everything that `create` would make for the plan. Makes nothing; each call gives another id.
  /// - Throws: `.boardNotCreated` for a plan that this backend cannot make.
  func record(for plan: LabPlan) throws(LabError) -> LabRecord

  /// Makes every board of the plan and their network, with the impairment of its links; on failure nothing of it remains. What an earlier lab
  /// left in the plan's folder is removed first: the caller makes sure that nobody uses it.
  func create(_ plan: LabPlan, record: LabRecord) async throws(LabError) -> any RunningLab

  /// Finds a lab that an earlier process made.
  /// - Throws: `.broken`, naming what is missing.
  func attach(_ record: LabRecord) async throws(LabError) -> any RunningLab

  /// Removes all that the record names, however much or little of it there is, programs that run on the
  /// boards included. May be repeated.
  func destroy(_ record: LabRecord) async throws(LabError)

  /// What there is of each board now, in the order of the record.
  func status(_ record: LabRecord) async -> [BoardStatus]

  /// What there is here of labs that this user has made with the backend, wherever their folders are, or were.
  func traces() async -> LabTraces

  /// Removes what there is of a lab whose folder is gone: all that carries its id and is this user's.
  func erase(_ trace: LabTrace) async throws(LabError)
}

extension LabBackend {
  public var mayBeFast: Bool { true }

  public var autoTakesSlow: Bool { true }

  public var manifestSection: BackendSection? { nil }

  public func precheck(for settings: CarriedValue) async throws(LabError) -> BackendProbe {
    await precheck()
  }

  public func precheck() async -> BackendProbe { await probe() }
}

/// Boards that exist, until `destroy`.
public protocol RunningLab: Sendable {
  var record: LabRecord { get }

  /// - Throws: `.noSuchBoard`.
  func board(_ name: String) throws(LabError) -> any RunningBoard
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
  ) async throws(LabError) -> CommandStatus

  /// Runs a command of a person: its input, output and errors are those of this process.
  ///
  /// When the calling task is cancelled the command gets SIGTERM, and after its grace period SIGKILL.
  /// - Throws: `.commandFailed` when the program cannot be started, `.cancelled`, `.unsupported`.
  func exec(_ command: ExecCommand) async throws(LabError) -> CommandStatus

  /// Runs a command of a person without input, and gives back what it printed: of each stream the first `limit` bytes. The
  /// rest is read and dropped, so that the command goes on.
  ///
  /// When the calling task is cancelled the command and all it started get SIGTERM, and after its grace period SIGKILL. What
  /// it leaves behind when it ends by itself lives on, as on a machine; where the board is one, the output ends when
  /// that lets go of it, too.
  /// - Throws: `.commandFailed` when the program cannot be started, `.cancelled`, `.unsupported`.
  func output(of command: ExecCommand, limit: Int) async throws(LabError) -> CommandOutput

  /// Starts a command of a person that runs on until the lab goes down. It has no input; what it prints is kept on
  /// the board. Returns when it runs.
  /// - Returns: its process number as the board knows it.
  /// - Throws: `.commandFailed` when the program cannot be started, `.cancelled`.
  func detach(_ command: ExecCommand) async throws(LabError) -> Int32

  /// The commands that were started so, the oldest first, and the last that they have printed.
  func detached() async throws(LabError) -> [DetachedCommand]

  /// Sends a signal to a command that was started so, and to all of its process group. Waits until it has ended,
  /// but no longer than five seconds; one that has ended stays so.
  /// - Parameters:
  ///   - process: its process number, as `detach` has told it.
  ///   - signal: its name without `SIG`.
  /// - Throws: `.commandFailed` where there is no such command, or the board knows no such signal.
  func stop(detached process: Int32, signal: String) async throws(LabError)

  /// Copies a file of this machine to the board, replacing what was there.
  func put(_ file: String, to path: BoardPath, access: FileAccess) async throws(LabError)

  /// Brings a file of the board to this machine; `destination` must not exist.
  func get(_ path: BoardPath, to destination: String) async throws(LabError)
}

/// What a backend is asked to make.
public struct LabPlan: Sendable, Equatable {
  /// A board that is to be.
  public struct BoardPlan: Sendable, Equatable {
    public var name: String
    public var address: IPv4Address
    /// For backends whose boards are machines of their own.
    public var machine: MachinePlan

    public init(name: String, address: IPv4Address, machine: MachinePlan = MachinePlan()) {
      self.name = name
      self.address = address
      self.machine = machine
    }
  }

  /// How long the lab is there when nobody destroys it.
  public enum Lifetime: Sendable, Equatable {
    /// Nothing of it that is not a file outlives the process that made it, however that process ends.
    case caller
    case untilDestroyed
  }

  public var lab: String
  /// The boards' addresses lie in it.
  public var subnet: IPv4Subnet
  public var boards: [BoardPlan]
  /// Of every board's link, from the moment that the lab is up.
  public var impairment: LinkImpairment?
  /// Folder on this machine where the backend may keep what belongs to this lab; exists, mode 0700.
  public var folder: String
  public var lifetime: Lifetime
  /// What the manifest says to the backend; nil where it says nothing.
  public var settings: CarriedValue?
  /// What boards without a disk of their own boot.
  public var image: BootFiles?

  public init(
    lab: String, subnet: IPv4Subnet, boards: [BoardPlan], folder: String,
    lifetime: Lifetime = .caller, settings: CarriedValue? = nil,
    image: BootFiles? = nil
  ) {
    self.settings = settings
    self.image = image
    self.lab = lab
    self.subnet = subnet
    self.boards = boards
    self.folder = folder
    self.lifetime = lifetime
  }
}

extension LabBackend {
  /// Removes what there is of a lab whose making failed.
  /// - Returns: the error to throw, with that of the removal where it failed too.
  package func removing(_ record: LabRecord, after error: LabError) async -> LabError {
    do throws(LabError) {
      try await uncancelled { () throws(LabError) in try await destroy(record) }
      return error
    } catch let failure { return failure.following(error) }
  }
}
