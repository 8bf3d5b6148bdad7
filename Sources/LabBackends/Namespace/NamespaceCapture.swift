import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage

extension NamespaceBoard: Capturing {
  /// dumpcap writes pcapng; where it is missing tcpdump writes pcap.
  func startCapture(to file: String) async throws(BackendError) -> any PacketCapture {
    try checkAlive(step: "capture")
    let program = try CaptureProgram(tools, board: name, onlyOneUser: holder.hasOwnUsers)
    guard !FileManager.default.fileExists(atPath: file) else {
      throw BackendError(
        .notCaptured, "\(file) exists already", board: name, step: "capture",
        hint: "name another file")
    }
    let words =
      holder.launcher(nsenter, network: holder.network(number)) + program.words(writingTo: file)
    return try await NamespaceCapture.start(
      words, program: program, file: file, board: name, lab: record.id)
  }
}

/// A program that captures, as it wants to be called and as it says that it has begun.
struct CaptureProgram: Sendable {
  let path: String
  let isDumpcap: Bool

  init(_ tools: Tool, board: String, onlyOneUser: Bool) throws(BackendError) {
    if let dumpcap = tools.path(of: "dumpcap") {
      (path, isDumpcap) = (dumpcap, true)
    } else if onlyOneUser {
      // tcpdump insists on changing its user and groups.
      throw BackendError(
        .unavailable, "dumpcap is not installed, and tcpdump works for root alone", board: board,
        step: "capture", hint: "sudo apt-get install wireshark-common")
    } else if let tcpdump = tools.path(of: "tcpdump") {
      (path, isDumpcap) = (tcpdump, false)
    } else {
      throw BackendError(
        .unavailable, "neither dumpcap nor tcpdump is installed", board: board, step: "capture",
        hint: "sudo apt-get install tcpdump")
    }
  }

  func words(writingTo file: String) -> [String] {
    isDumpcap
      ? [path, "-q", "-i", NamespaceScript.boardInterface, "-w", file]
      // By itself it would give up root, and could then not write into the caller's folder.
      : [
        path, "-n", "-U", "--immediate-mode", "-Z", "root", "-i", NamespaceScript.boardInterface,
        "-w", file,
      ]
  }

  func hasBegun(_ line: String) -> Bool {
    isDumpcap ? line.hasPrefix("File: ") : line.contains("listening on ")
  }

  /// Frames wait in the kernel's buffer until the program asks, dumpcap each 250 ms, and it does not ask a last
  /// time when it is told to end.
  var longestWait: Int { isDumpcap ? 300 : 20 }
}

/// A capture program that runs on a board. It ends with this process, or when nobody has the value any more.
final class NamespaceCapture: PacketCapture {
  let file: String
  private let board: String
  private let program: CaptureProgram
  private let process: pid_t
  private let task: Task<CommandStatus, any Error>
  private let isStopping = Mutex(false)

  private enum Event: Sendable {
    case started(pid_t)
    case line(String)
  }

  private init(
    file: String, board: String, program: CaptureProgram, process: pid_t,
    task: Task<CommandStatus, any Error>
  ) {
    self.file = file
    self.board = board
    self.program = program
    self.process = process
    self.task = task
  }

  deinit { task.cancel() }

  /// Returns when the program says that it captures.
  static func start(
    _ words: [String], program: CaptureProgram, file: String, board: String, lab: String
  ) async throws(BackendError) -> NamespaceCapture {
    let (events, sink) = AsyncStream.makeStream(of: Event.self)
    let task = Task {
      defer { sink.finish() }
      return try await run(words, board: board, lab: lab, sink)
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
          file: file, board: board, program: program, process: process, task: task)
      }
    }
    task.cancel()
    if Task.isCancelled {
      throw BackendError(.cancelled, "told to stop", board: board, step: "capture")
    }
    throw BackendError(
      .notCaptured, "\(program.path) does not capture", board: board, step: "capture",
      cause: said.isEmpty ? "\(await task.result)" : said.joined(separator: " "))
  }

  func stop() async throws(BackendError) {
    let isFirst = isStopping.withLock { stopping in
      defer { stopping = true }
      return !stopping
    }
    if isFirst {
      await LabProcesses.pause(milliseconds: program.longestWait)
      // nsenter would die of it and tell nobody.
      for child in ProcessTree.children(of: process) { kill(child, SIGINT) }
    }
    let end: String
    switch await task.result {
    case .success(.exited(0)): return
    case .success(let status): end = "\(status)"
    case .failure(let error): end = "\(error)"
    }
    throw BackendError(
      .notCaptured, "the capture to \(file) ended before it was told to, or badly", board: board,
      step: "capture", hint: "the file may lack frames", cause: end)
  }

  private static func run(
    _ words: [String], board: String, lab: String, _ sink: AsyncStream<Event>.Continuation
  ) async throws -> CommandStatus {
    try await ProcessGroupGuard(gracePeriod: .seconds(2)).withProcessGroup { group in
      var options = PlatformOptions()
      options.processGroupID = group
      let outcome = try await Subprocess.run(
        .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())),
        environment: .custom([
          "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
          Environment.Key(stringLiteral: LabProcesses.labKey): lab,
        ]),
        platformOptions: options, input: .none, output: .discarded, error: .sequence
      ) { execution in
        sink.yield(.started(execution.processIdentifier.value))
        for try await line in execution.standardError.strings() {
          sink.yield(.line(line))
        }
      }
      return CommandStatus(outcome.terminationStatus)
    }
  }
}
