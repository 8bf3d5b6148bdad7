import Foundation
import LabResults
import TestSupport
import Testing

/// How a command ended and what it printed.
struct Transcript: Sendable {
  var status: Int32
  var output: String
  var errors: String
}

/// An empty folder in which the built `pilab` is run as a user would run it.
struct PilabFixture: Sendable {
  let folder: String
  private let logs: String

  /// The folder of the built programs, which is that of the test bundle.
  static var programs: String {
    (CommandLine.arguments[0] as NSString).deletingLastPathComponent
  }

  static func with(_ body: (PilabFixture) async throws -> Void) async throws {
    let base = try TemporaryFolder(permissions: 0o755)
    defer { withExtendedLifetime(base) {} }
    let fixture = PilabFixture(folder: base.path("work"), logs: base.path("logs"))
    for path in [fixture.folder, fixture.logs] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try await body(fixture)
    #expect(fixture.boardProcesses.isEmpty)
  }

  /// Starts pilab without waiting; its output goes to files beside the folder.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
    let log = "\(logs)/\(UUID().uuidString)"
    return try Running(
      "\(Self.programs)/pilab", arguments, in: folder, log: log, environment: environment)
  }

  func pilab(
    _ arguments: String..., environment: [String: String] = [:]
  ) async throws -> Transcript {
    try await start(arguments, environment: environment).end()
  }

  /// Runs a shell script in the folder, with `pilab` in its path.
  func shell(_ script: String, environment: [String: String] = [:]) async throws -> Transcript {
    var environment = environment
    environment["PATH"] = "\(Self.programs):/usr/bin:/bin"
    let log = "\(logs)/\(UUID().uuidString)"
    return try await Running(
      "/bin/sh", ["-c", script], in: folder, log: log, environment: environment
    ).end()
  }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
  }

  func write(_ data: Data, to name: String) throws {
    try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  func read(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(name)")
  }

  /// Every name in a folder, hidden ones too; empty where there is not a folder.
  func names(in name: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")) ?? []).sorted()
  }

  func report(_ folder: String = ".pilab/lab/runs/latest") throws -> RunResult {
    try ReportFile.read("\(self.folder)/\(folder)/report.json")
  }

  /// A manifest of one exchange between alice and bob, with more lines of its own.
  func writeManifest(image: String = "image.bin", _ lines: String...) throws {
    let more = lines.map { "    \($0)\n" }.joined()
    try write(
      """
      version: 1
      name: lab
      boards:
        alice: {}
        bob: {}
      exchanges:
        only:
          sender: alice
          receiver: bob
          image: \(image)
      \(more)
      """, to: "lab.yaml")
  }

  /// Processes that run a program of this fixture's boards.
  var boardProcesses: [String] {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return numbers.filter { number in
      guard Int32(number) != nil,
        let command = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(number)/cmdline"))
      else { return false }
      return String(decoding: command, as: UTF8.self).hasPrefix("\(folder)/.pilab/")
    }
  }

  /// Waits up to twenty seconds for a condition.
  func eventually(_ condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
      if try condition() { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return try condition()
  }

  /// Runs pilab with a receiver that first does something in the fixture's folder: by then the run has all that it needs,
  /// and nothing has been sent yet.
  func pilab(
    _ arguments: [String], meanwhile script: String, environment: [String: String] = [:]
  ) async throws -> Transcript {
    let programs = "\(folder)/meanwhile"
    try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(programs)/pi-sender", withDestinationPath: "\(Self.programs)/pi-sender")
    let receiver = """
      #!/bin/sh
      test -e '\(programs)/done' || (cd '\(folder)' && \(script)) || exit 99
      : > '\(programs)/done'
      exec '\(Self.programs)/pi-receiver' "$@"
      """
    try write(receiver, to: "meanwhile/pi-receiver")
    #expect(chmod("\(programs)/pi-receiver", 0o755) == 0)
    return try await start(
      arguments + ["--board-programs", "meanwhile"], environment: environment
    ).end()
  }

  /// Waits until the boards have confirmed the key and both programs run: the image follows at once.
  func transferIsUnderWay(_ running: Running) async throws -> Bool {
    try await eventually {
      try running.errors.contains("key confirmed") && boardProcesses.count == 2
    }
  }
}

/// A command that runs, its output in files so that no pipe can fill.
final class Running: @unchecked Sendable {
  // Sendable: `Process` is used by one test, one call after the other.
  private let process = Process()
  private let log: String

  init(
    _ program: String, _ arguments: [String], in folder: String, log: String,
    environment: [String: String]
  ) throws {
    self.log = log
    for suffix in ["out", "err"] {
      try Data().write(to: URL(fileURLWithPath: "\(log).\(suffix)"))
    }
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = [
      "PATH": "/usr/bin:/bin", "HOME": folder, "XDG_CACHE_HOME": "\(folder)/../cache",
    ].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(log).out"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(log).err"))
    try process.run()
  }

  var errors: String {
    get throws { try String(contentsOfFile: "\(log).err", encoding: .utf8) }
  }

  var identifier: Int32 { process.processIdentifier }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end; one that takes more than two minutes is killed and fails its test.
  func end() async throws -> Transcript {
    let deadline = ContinuousClock.now + .seconds(120)
    while process.isRunning {
      if ContinuousClock.now > deadline {
        send(SIGKILL)
        Issue.record("did not end within two minutes")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    process.waitUntilExit()
    return Transcript(
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: try String(contentsOfFile: "\(log).out", encoding: .utf8),
      errors: try errors)
  }
}
