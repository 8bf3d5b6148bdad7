import Foundation
import Glibc
import HostKit
import LabCore
import LocalBoards
import Subprocess
import Synchronization
import SystemPackage

extension NamespaceBoard: Capturing {
  /// A file called `.pcapng` gets that format from dumpcap; tcpdump, where dumpcap is missing, knows pcap alone.
  func startCapture(to file: String) async throws(LabError) -> any PacketCapture {
    guard !FileManager.default.fileExists(atPath: file) else {
      throw LabError(
        .notCaptured, "\(file) exists already", board: name, step: "capture",
        hint: "name another file")
    }
    let nothing: FileDescriptor
    do { nothing = try FileDescriptor.open("/dev/null", .writeOnly) } catch {
      throw LabError(
        .notCaptured, "cannot open /dev/null", board: name, step: "capture", cause: "\(error)")
    }
    return try await startCapture(file, output: nothing) {
      var status = stat()
      return stat(file, &status) == 0 ? UInt64(status.st_size) : 0
    }
  }

  func startCapture(into stream: CaptureStream) async throws(LabError) -> any PacketCapture {
    try await startCapture(
      nil, output: FileDescriptor(rawValue: stream.descriptor), written: stream.arrived)
  }

  /// - Parameter file: nil writes into `output`, which is closed in any case.
  private func startCapture(
    _ file: String?, output: FileDescriptor, written: @escaping @Sendable () -> UInt64
  ) async throws(LabError) -> any PacketCapture {
    let program: CaptureProgram
    do throws(LabError) {
      try checkAlive(step: "capture")
      program = try CaptureProgram(tools, board: name, onlyOneUser: holder.hasOwnUsers)
    } catch {
      try? output.close()
      throw error
    }
    let arguments =
      holder.launcher(nsenter, network: holder.network(number))
      + program.arguments(writingTo: file ?? "-")
    return try await NamespaceCapture.start(
      arguments, program: program, file: file ?? "the stream", output: output, written: written,
      board: name, lab: record.id)
  }
}

/// A program that captures, as it wants to be called and as it says that it has begun.
struct CaptureProgram: Sendable {
  let path: String
  let isDumpcap: Bool

  init(_ tools: Tool, board: String, onlyOneUser: Bool) throws(LabError) {
    if let dumpcap = tools.path(of: "dumpcap") {
      (path, isDumpcap) = (dumpcap, true)
    } else if onlyOneUser {
      // tcpdump insists on changing its user and groups.
      throw LabError(
        .unavailable, "dumpcap is not installed, and tcpdump works for root alone", board: board,
        step: "capture", hint: Remedy.install(["dumpcap"]))
    } else if let tcpdump = tools.path(of: "tcpdump") {
      (path, isDumpcap) = (tcpdump, false)
    } else {
      throw LabError(
        .unavailable, "neither dumpcap nor tcpdump is installed", board: board, step: "capture",
        hint: Remedy.install(["tcpdump"]))
    }
  }

  func arguments(writingTo file: String) -> [String] {
    isDumpcap
      // 64 MiB of the kernel's memory, because a transfer fills the usual 2 MiB in a millisecond.
      ? [path, "-q", "-B", "64", "-i", NamespaceScript.boardInterface, "-w", file]
        + (file.hasSuffix(".pcapng") || file == "-" ? [] : ["-P"])
        // By itself it would give up root, and could then not write into the caller's folder.
      : [
        path, "-n", "-U", "-B", "65536", "-Z", "root", "-i",
        NamespaceScript.boardInterface, "-w", file,
      ]
  }

  func hasBegun(_ line: String) -> Bool {
    isDumpcap ? line.hasPrefix("File: ") : line.contains("listening on ")
  }

  /// Milliseconds. Frames wait in the kernel's buffer until the program asks, dumpcap each 250 ms and
  /// tcpdump each second, and they do not ask a last time when told to end.
  var longestWait: Int { isDumpcap ? 300 : 1100 }

  /// Frames that the kernel had no room for, by what the program says at its end; nil where it says nothing.
  func dropped(_ line: String) -> UInt64? {
    if isDumpcap {
      // Packets received/dropped on interface 'eth0': 21/0 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)
      guard line.hasPrefix("Packets received/dropped"), let end = line.range(of: " (pcap:")
      else { return nil }
      return line[..<end.lowerBound].split(separator: "/").last.flatMap { UInt64($0) }
    }
    guard line.hasSuffix(" dropped by kernel") else { return nil }
    return line.split(separator: " ").first.flatMap { UInt64($0) }
  }
}

/// A capture program that runs on a board. It ends with this process, or when nobody has the value any more.
final class NamespaceCapture: PacketCapture {
  let file: String
  private let board: String
  private let program: CaptureProgram
  private let process: pid_t
  private let task: Task<End, any Error>
  private let written: @Sendable () -> UInt64
  private let isStopping = Mutex(false)

  private struct End: Sendable {
    var status: CommandStatus
    var dropped: UInt64
  }

  private enum Event: Sendable {
    case started(pid_t)
    case line(String)
  }

  private init(
    file: String, board: String, program: CaptureProgram, process: pid_t,
    written: @escaping @Sendable () -> UInt64, task: Task<End, any Error>
  ) {
    self.file = file
    self.board = board
    self.program = program
    self.process = process
    self.written = written
    self.task = task
  }

  deinit { task.cancel() }

  /// Returns when the program says that it captures.
  static func start(
    _ arguments: [String], program: CaptureProgram, file: String, output: FileDescriptor,
    written: @escaping @Sendable () -> UInt64, board: String, lab: String
  ) async throws(LabError) -> NamespaceCapture {
    let (events, sink) = AsyncStream.makeStream(of: Event.self)
    let task = Task {
      defer { sink.finish() }
      return try await run(arguments, program, output, lab: lab, sink)
    }
    var process: pid_t = 0
    var said: [String] = []
    for await event in events {
      switch event {
      case .started(let pid): process = pid
      case .line(let line):
        said.append(line)
        guard program.hasBegun(line) else { continue }
        return NamespaceCapture(
          file: file, board: board, program: program, process: process, written: written,
          task: task)
      }
    }
    task.cancel()
    if Task.isCancelled {
      throw LabError(.cancelled, "told to stop", board: board, step: "capture")
    }
    throw LabError(
      .notCaptured, "\(program.path) does not capture", board: board, step: "capture",
      cause: said.isEmpty ? "\(await task.result)" : said.joined(separator: " "))
  }

  func stop() async throws(LabError) {
    let isFirst = isStopping.withLock { stopping in
      defer { stopping = true }
      return !stopping
    }
    if isFirst {
      await settle()
      // nsenter would die of it and tell nobody.
      for child in ProcessTree.children(of: process) { kill(child, SIGINT) }
    }
    let cause: String
    switch await task.result {
    case .success(let end) where end.status == .exited(0) && end.dropped == 0: return
    case .success(let end) where end.status == .exited(0):
      cause = "the kernel had no room for \(end.dropped) frames"
    case .success(let end): cause = "it ended before it was told to, or badly: \(end.status)"
    case .failure(let error): cause = ErrorWords.words(of: error)
    }
    throw LabError(
      .notCaptured, "the capture to \(file) lacks frames", board: board, step: "capture",
      cause: cause)
  }

  /// Waits until nothing more has been written for as long as a frame may be on its way, at most ten times that.
  private func settle() async {
    var size: UInt64?
    for _ in 0..<10 {
      let before = size
      await pauseUncancelled(for: .milliseconds(program.longestWait))
      size = written()
      if size == before { return }
    }
  }

  private static func run(
    _ arguments: [String], _ program: CaptureProgram, _ output: FileDescriptor, lab: String,
    _ sink: AsyncStream<Event>.Continuation
  ) async throws -> End {
    try await ProcessGroupGuard(gracePeriod: .seconds(2)).withProcessGroup { group in
      var options = PlatformOptions()
      options.processGroupID = group
      let outcome = try await Subprocess.run(
        .path(FilePath(arguments[0])), arguments: Arguments(Array(arguments.dropFirst())),
        environment: .custom([
          "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
          Environment.Key(stringLiteral: LabProcesses.labKey): lab,
        ]),
        platformOptions: options, input: .none,
        output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .sequence
      ) { execution in
        sink.yield(.started(execution.processIdentifier.value))
        var dropped: UInt64 = 0
        for try await line in execution.standardError.strings() {
          sink.yield(.line(line))
          dropped = program.dropped(line) ?? dropped
        }
        return dropped
      }
      return End(
        status: CommandStatus(outcome.terminationStatus), dropped: outcome.closureResult)
    }
  }
}
