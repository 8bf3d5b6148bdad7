import Backends
import CFuzzer
import Foundation
import LabResults

@testable import LabCapture
@testable import LabManifest
@testable import LabReport
@testable import LabRun
@testable import VirtualBox

/// What pilab reads that others wrote: users, tools, earlier versions, boards.
enum LabTargets {
  static func manifest(_ data: UnsafeRawBufferPointer) {
    let text = String(decoding: data, as: UTF8.self)
    _ = try? Backends.grammar.parse(text, path: "lab.yaml")
  }

  /// A capture as pcap or pcapng: packets, streams in order, and the claims that are tried on them.
  static func capture(_ data: UnsafeRawBufferPointer) {
    let file = MemoryFile(data)
    let report = ExchangeResult(
      name: "only", sender: "alice", receiver: "bob", profile: "classic", group: "custom-5",
      groupBits: 5, cipher: "aes-128-ecb", authentication: "none",
      image: ImageReport(name: "p.ppm", bytes: 20), files: [:])
    let limits = CaptureReading.Limits(conversations: 64)
    _ = try? CaptureAnalysis(capture: file.path, exchange: report, folder: "/")
      .evidence(limits: limits)
  }

  /// A picture as the report draws it: in the clear, and as the layout of encrypted bytes.
  static func picture(_ data: UnsafeRawBufferPointer) {
    let file = MemoryFile(data)
    let maker = FigureMaker(areaLimit: 64 * 48)
    let figure = maker.clear(path: file.path)
    if case .image(_, let width, let height) = figure.content {
      precondition(width > 0 && height > 0, "a picture without pixels")
    }
    _ = maker.encrypted(path: file.path, originalPath: file.path)
  }

  static func virtualBox(_ data: UnsafeRawBufferPointer) {
    let text = String(decoding: data, as: UTF8.self)
    let properties = VBoxProperties(VBoxText.answer(text))
    _ = properties.forwards(ofAdapter: 1)
    _ = properties["VMState"].map(MachineCondition.init)
    _ = VBoxText.machines(text)
    _ = VBoxText.media(text)
    _ = VBoxError(output: text, succeeded: false)
    _ = VBoxVersion(text)
    _ = MachineLog.start(in: text)
  }

  /// VirtualBox's trace of a network card.
  static func trace(_ data: UnsafeRawBufferPointer) {
    let file = MemoryFile(data)
    let destination = "\(Scratch.folder)/trace"
    try? TraceFile.copy(from: file.path, to: destination, start: 1_700_000_000_000_000)
    unlink(destination)
  }

  static func state(_ data: UnsafeRawBufferPointer) {
    let path = "\(Scratch.sameFolder)/state.json"
    Scratch.write(data, to: path)
    _ = try? StateFile(path: path, lab: "lab").readMoved()
    guard let state = try? StateFile(path: path, lab: "lab").read() else { return }
    precondition(state.record.lab == "lab", "another lab's state was taken")
    // What was read can be written, and is the same when it is read again.
    Scratch.write(Data(encoding: state), to: path)
    let again = try? StateFile(path: path, lab: "lab").read()
    precondition(again == state, "a state is not written as it was read")
  }

  static func journal(_ data: UnsafeRawBufferPointer) {
    let folder = "\(Scratch.folder)/runs"
    mkdir(folder, 0o700)
    Scratch.write(data, to: "\(folder)/.sweep-2026.jsonl")
    let settings = SweepSettings(
      pilab: "0", kernel: "0", processor: "0", modes: ["loopback"], repeats: 1, warmups: 0,
      points: ["p"])
    _ = try? SweepJournal.resume(settings, in: folder, start: "2026-01-01T00:00:00Z")
  }

  /// Events and results of the board programs, which run on boards that may be anybody's.
  static func programs(_ data: UnsafeRawBufferPointer) {
    let text = String(decoding: data, as: UTF8.self)
    for line in text.split(separator: "\n").prefix(8) { _ = BoardEvent(line: String(line)) }
    _ = ProgramEnd.Outcome(program: "pi-sender", status: .exited(0), output: text)
    _ = ProgramEnd.Outcome(program: "pi-receiver", status: .exited(5), output: text)
  }
}

/// A file in memory with a path.
final class MemoryFile {
  private let descriptor: Int32
  var path: String { "/proc/self/fd/\(descriptor)" }

  init(_ data: UnsafeRawBufferPointer) {
    descriptor = makeMemoryFile()
    precondition(descriptor >= 0 && write(descriptor, data.baseAddress, data.count) == data.count)
  }

  deinit { close(descriptor) }
}

/// A folder of this process in memory.
enum Scratch {
  static let folder: String = {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/dev/shm"
    let path = "\(parent)/pilab-fuzz-\(getpid())"
    precondition(mkdir(path, 0o700) == 0 || errno == EEXIST)
    atexit { removeScratch() }
    return path
  }()

  /// The same by a path that is the same in every process, so that inputs can name it.
  static let sameFolder: String = {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
    precondition(descriptor >= 0 && dup2(descriptor, 199) == 199)
    return "/proc/self/fd/199"
  }()

  static func write(_ data: Data, to path: String) {
    data.withUnsafeBytes { write($0, to: path) }
  }

  static func write(_ data: UnsafeRawBufferPointer, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0)
    precondition(Foundation.write(descriptor, data.baseAddress, data.count) == data.count)
    close(descriptor)
  }
}

private func removeScratch() { _ = try? FileManager.default.removeItem(atPath: Scratch.folder) }

extension Data {
  fileprivate init(encoding state: LabState) {
    do { self = try JSONEncoder().encode(state) } catch {
      fatalError("a state cannot be written: \(error)")
    }
  }
}
