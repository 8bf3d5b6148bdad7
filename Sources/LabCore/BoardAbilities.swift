import LabValues

//  What boards of some backends can do beyond RunningBoard; `Ability` says which.

/// A board whose network link can be taken down, as if its cable were pulled.
public protocol LinkControl: RunningBoard {
  func setLink(up: Bool) async throws(LabError)
}

/// A board whose link can be made worse.
public protocol Impairing: RunningBoard {
  /// What this machine can do to the link. The others throw `.unsupported`.
  func possibleImpairments() async throws(LabError) -> Set<LinkImpairment.Kind>

  /// Puts the whole value on what the board sends, in place of any earlier one.
  func impair(_ impairment: LinkImpairment) async throws(LabError)

  /// Makes the link good again. May be repeated.
  func clearImpairment() async throws(LabError)
}

/// A board that can record what passes its interface.
public protocol Capturing: RunningBoard {
  /// Records every frame from the moment of return; `file` must not exist.
  func startCapture(to file: String) async throws(LabError) -> any PacketCapture

  /// The same into a stream, as pcap or pcapng; frames arrive there within a second.
  func startCapture(into stream: CaptureStream) async throws(LabError) -> any PacketCapture
}

/// Where a capture writes that is read while it runs.
public struct CaptureStream: Sendable {
  /// A pipe, which the capture closes at its end.
  public var descriptor: Int32
  /// Bytes that have arrived at the other end.
  public var arrived: @Sendable () -> UInt64

  public init(descriptor: Int32, arrived: @escaping @Sendable () -> UInt64) {
    self.descriptor = descriptor
    self.arrived = arrived
  }
}

/// A capture that runs.
public protocol PacketCapture: Sendable {
  /// The file that it writes, pcapng or pcap; "the stream" where it writes none.
  var file: String { get }

  /// Ends the capture; on return every captured frame is in the file. May be repeated.
  func stop() async throws(LabError)
}

/// A board that can be switched off and on.
public protocol PowerControl: RunningBoard {
  /// Pulls the plug: nothing on the board is told. One that is off stays so.
  func kill() async throws(LabError)

  /// Starts the board anew, also one that is off; returns when it answers.
  func reboot() async throws(LabError)
}

/// A board with a serial console.
public protocol ConsoleAccess: RunningBoard {
  /// The last bytes that the board has written there.
  func consoleLog(limit: Int) async throws(LabError) -> String

  /// Connects the caller's input and output with the console until `end` says so, or the board goes off.
  /// - Parameters:
  ///   - input: read from; nothing is read after the return.
  ///   - end: a byte that ends it and is not sent.
  func console(
    input: Int32, output: Int32, end: UInt8
  ) async throws(LabError)
}

/// A board whose files lie on this machine.
public protocol FileSharing: RunningBoard {
  /// As `put` of data, without a second copy where the file system allows that: whoever calls it does not write into
  /// the file any more.
  func share(_ file: String, as path: BoardPath) async throws(LabError)
}

/// A board that files take a while to get to.
public protocol FileProgress: RunningBoard {
  /// As `put`; `progress` gets the bytes that have gone and those of the file, some times a second.
  func put(
    _ file: String, to path: BoardPath, access: FileAccess,
    progress: @escaping @Sendable (_ bytes: UInt64, _ total: UInt64) -> Void
  ) async throws(LabError)
}

/// A board that can store so many bytes and no more.
public protocol StorageBound: RunningBoard {
  /// Bytes that may still be stored when these files are replaced.
  /// - Parameter folder: in the working folder; nil is the working folder itself.
  func freeSpace(
    in folder: BoardPath?, replacing files: [BoardPath]
  ) async throws(LabError) -> UInt64
}

/// A board whose files are in its memory, and which has a disk for what memory has no room for.
public protocol DiskBacked: StorageBound {
  /// The folder whose files lie on the disk; the first call makes it ready. Nil where the board has no disk.
  func diskFolder() async throws(LabError) -> BoardPath?

  /// Bytes that this machine has for what the disks of its boards do not hold yet.
  func roomForDisks() async throws(LabError) -> UInt64
}

/// A lab whose boards are virtual machines.
public protocol VirtualLab: RunningLab {
  /// What runs the machines' instructions, for a reader: `QEMU 7.2.22, TCG`.
  var engine: String { get }
}

/// A lab whose state can be kept and brought back, all boards as of one moment.
public protocol Snapshotting: RunningLab {
  /// Keeps the state of every board under a name; the lab runs on.
  /// - Throws: `.snapshotFailed`, where there is one of that name too.
  func snapshot(_ name: String) async throws(LabError)

  /// Brings every board back to that state; returns when all answer. May be repeated.
  /// - Throws: `.noSuchSnapshot`, `.snapshotFailed`.
  func restore(_ name: String) async throws(LabError)

  /// Names, the oldest first.
  func snapshots() async throws(LabError) -> [String]

  /// - Throws: `.noSuchSnapshot`.
  func deleteSnapshot(_ name: String) async throws(LabError)
}
