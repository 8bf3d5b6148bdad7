import Foundation
import Glibc
import HostKit
import LabCore
import Subprocess
import Synchronization
import SystemPackage

extension SSHBoard: Capturing {
  /// tcpdump on the board writes pcap into the session, ssh into the file.
  package func startCapture(to file: String) async throws(LabError) -> any PacketCapture {
    try await connection.open(step: "capture")
    let output: Int32
    do throws(SystemFault) { output = try NewFile(file).release() } catch {
      throw LabError(
        .notCaptured, "cannot make \(file)", board: name, step: "capture",
        hint: error.hint ?? "name another file", cause: error.description)
    }
    do throws(LabError) {
      return try await SSHCapture.start(
        self, file: file, output: FileDescriptor(rawValue: output))
    } catch {
      unlink(file)
      throw error
    }
  }
}

extension SSHBoard {
  package func startCapture(into stream: CaptureStream) async throws(LabError)
    -> any PacketCapture
  {
    let output = FileDescriptor(rawValue: stream.descriptor)
    do throws(LabError) { try await connection.open(step: "capture") } catch {
      try? output.close()
      throw error
    }
    return try await SSHCapture.start(self, file: "the stream", output: output)
  }
}

/// tcpdump on a board. It ends with this process, with the connection, or when nobody has the value any more.
final class SSHCapture: PacketCapture {
  let file: String
  private let board: String
  private let control: RemoteProcessControl
  private let task: Task<CommandStatus, any Error>
  /// What tcpdump says of itself.
  private let counts = Mutex<Counts?>(nil)
  private let isStopping = Mutex(false)

  /// Frames that tcpdump was given, has written, and that the kernel lost.
  struct Counts: Equatable {
    var captured: UInt64
    var received: UInt64
    var dropped: UInt64

    /// From `10 packets captured, 12 packets received by filter, 0 packets dropped by kernel`.
    init?(_ line: String) {
      let numbers = line.split(whereSeparator: { $0 == " " || $0 == "," }).compactMap { UInt64($0) }
      guard numbers.count >= 3, line.contains("captured"), line.contains("received by filter")
      else { return nil }
      (captured, received, dropped) = (numbers[0], numbers[1], numbers[2])
    }

    /// Nothing waits in the kernel's buffer.
    var isDrained: Bool { captured + dropped >= received }
  }

  /// Not in tcpdump's immediate mode: its buffer has few places, each as large as the largest frame, and a burst
  /// is lost. Without it a frame is written within a second.
  ///
  /// The program is started by a shell that passes signals on: it may be root's and the session not. It ends at
  /// the end of the input, and the shell with it.
  private static let script =
    LabInterface.script + """
      tool tcpdump || { echo "tcpdump: not found" >&2; exit 36; }
      exec 3<&0 </dev/null
      "$t" -n -U -B 8192 -Z root -i "$i" -w - 3<&- &
      p=$!
      exec >&-
      (while read -r w; do kill -s "$w" $p; done; kill -s TERM $p; sleep 5; kill -s KILL $p
      ) <&3 >/dev/null 2>&1 &
      g=$!
      exec 3<&-
      wait $p
      c=$?
      exec 2>/dev/null
      kill -s KILL $g
      exit $c

      """
  /// Looks for up to five seconds; more than a second after the last frame nothing waits any more.
  private static let drainLooks = 50
  private static let drainPause = 100
  private static let answerLooks = 100
  private static let answerPause = 10

  private init(
    file: String, board: String, control: RemoteProcessControl, task: Task<CommandStatus, any Error>
  ) {
    self.file = file
    self.board = board
    self.control = control
    self.task = task
  }

  deinit {
    control.close()
    task.cancel()
  }

  /// Returns when tcpdump says that it captures.
  static func start(
    _ board: SSHBoard, file: String, output: FileDescriptor
  ) async throws(LabError) -> SSHCapture {
    let (lines, sink) = AsyncStream.makeStream(of: String.self)
    let control: RemoteProcessControl
    do { control = try RemoteProcessControl() } catch {
      try? output.close()
      throw LabError(
        .notCaptured, "no sockets", board: board.name, step: "capture",
        cause: ErrorWords.words(of: error))
    }
    let task = Task {
      defer { sink.finish() }
      return try await run(board, control, output, sink)
    }
    let capture = SSHCapture(file: file, board: board.name, control: control, task: task)
    var said: [String] = []
    for await line in lines {
      said.append(line)
      guard line.contains("listening on ") else { continue }
      // The rest is counts.
      Task { [weak capture] in
        for await line in lines {
          if let counts = Counts(line) { capture?.counts.withLock { $0 = counts } }
        }
      }
      return capture
    }
    control.close()
    throw await capture.failure(said, board)
  }

  private func failure(_ said: [String], _ board: SSHBoard) async -> LabError {
    let result = await task.result
    if Task.isCancelled {
      return LabError(.cancelled, "told to stop", board: board.name, step: "capture")
    }
    let words = said.joined(separator: " ")
    if let refusal = board.sudoRefusal(said.joined(separator: "\n"), step: "capture") {
      return refusal
    }
    if case .success(.exited(36)) = result {
      return LabError(
        .unavailable, "tcpdump is not installed on the board", board: board.name, step: "capture",
        hint: "install tcpdump on the board")
    }
    if case .failure(let error as SSHFault) = result {
      return error.error(board.connection.target, step: "capture")
    }
    return LabError(
      .notCaptured, "tcpdump does not capture", board: board.name, step: "capture",
      cause: words.isEmpty ? "\(result)" : words)
  }

  func stop() async throws(LabError) {
    let isFirst = isStopping.withLock { stopping in
      defer { stopping = true }
      return !stopping
    }
    if isFirst {
      await drain()
      control.signal("TERM")
    }
    let end: String
    switch await task.result {
    case .success(.exited(0)): return
    case .success(let status): end = "\(status)"
    case .failure(let error): end = ErrorWords.words(of: error)
    }
    throw LabError(
      .notCaptured, "the capture to \(file) ended before it was told to, or badly", board: board,
      step: "capture", hint: "the file may lack frames", cause: end)
  }

  /// Told to end, tcpdump does not look at what waits in the kernel's buffer. So it is asked (SIGUSR1) until it
  /// has written all that the kernel gave; on a link that is never quiet, for a while.
  private func drain() async {
    for _ in 0..<Self.drainLooks {
      counts.withLock { $0 = nil }
      control.signal("USR1")
      for _ in 0..<Self.answerLooks where counts.withLock({ $0 }) == nil {
        await pauseUncancelled(for: .milliseconds(Self.answerPause))
      }
      // No answer: it has ended, which its status tells.
      if counts.withLock({ $0 })?.isDrained ?? true { return }
      await pauseUncancelled(for: .milliseconds(Self.drainPause))
    }
  }

  private static func run(
    _ board: SSHBoard, _ control: RemoteProcessControl, _ output: FileDescriptor,
    _ sink: AsyncStream<String>.Continuation
  ) async throws -> CommandStatus {
    let connection = board.connection
    let command = board.rootCommand(script, LabInterface.arguments(of: board))
    return try await SSHSession(connection: connection).logged { log in
      let status = try await ProcessGroupGuard(gracePeriod: .seconds(2)).withProcessGroup { group in
        var options = PlatformOptions()
        options.processGroupID = group
        let outcome = try await Subprocess.run(
          .path(FilePath(connection.client)),
          arguments: Arguments(connection.target.commandWords(command, log: log)),
          environment: .custom(connection.environment),
          workingDirectory: FilePath(connection.target.folder), platformOptions: options,
          input: .fileDescriptor(control.input, closeAfterSpawningProcess: false),
          output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .sequence
        ) { execution in
          control.started()
          for try await line in execution.standardError.strings() { sink.yield(line) }
        }
        return CommandStatus(outcome.terminationStatus)
      }
      return (status, status)
    }
  }
}
