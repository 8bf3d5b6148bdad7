import Foundation
import Subprocess
import SystemPackage

/// Runs programs of this machine to their end, and gives back what they say: so much of it and no more, and within a
/// time where one is set. Cancelling the caller ends the program.
public struct Tool: Sendable {
  /// Folders where programs are looked up, as in PATH.
  public let searchPath: String
  /// Whether programs have this process's variables; else only PATH, LANG and what they are given.
  private let inheritsEnvironment: Bool
  /// Bytes of output, and of errors, beyond which a program is ended.
  private let longestOutput: Int

  /// A runner that looks programs up in `searchPath`.
  public init(searchPath: String, inheritsEnvironment: Bool = false, longestOutput: Int = 1 << 20) {
    self.searchPath = searchPath
    self.inheritsEnvironment = inheritsEnvironment
    self.longestOutput = longestOutput
  }

  /// What a program came to.
  public struct Outcome: Sendable {
    /// How it ended.
    public var status: CommandStatus
    /// What it wrote to standard output.
    public var output: String
    /// What it wrote to standard error, trimmed.
    public var errors: String

    /// The outcome of a program that was run in another way.
    public init(status: CommandStatus, output: String, errors: String) {
      self.status = status
      self.output = output
      self.errors = errors
    }

    /// It ended by itself, with status 0.
    public var succeeded: Bool { status == .exited(0) }
  }

  /// Whose signals reach a program.
  public enum Standing: Sendable {
    /// Those of this process's group: Ctrl-C is for it, too.
    case shared
    /// None but its own group's.
    case ownGroup
    /// None but its own session's, which has no terminal.
    case ownSession
  }

  /// A program did not end in the time that it had.
  public struct TimedOut: Error, CustomStringConvertible {
    public var name: String
    public var timeout: Duration
    public var description: String { "'\(name)' did not end within \(timeout)" }
  }

  /// A program is in none of the folders.
  public struct Missing: Error, CustomStringConvertible {
    public var name: String
    public var description: String { "the program '\(name)' is not installed" }
  }

  /// The caller's PATH, and the folders of system programs, which the PATH of ordinary users often lacks.
  public static var standardSearchPath: String {
    let own = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return own + ":/usr/local/sbin:/usr/sbin:/sbin"
  }

  /// The place of a program that may be executed; nil where there is none.
  public func path(of name: String) -> String? {
    searchPath.split(separator: ":").lazy.map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a program to its end.
  /// - Parameters:
  ///   - arguments: the program, by its path or by name, and its arguments.
  ///   - folder: where it works; nil for this process's own.
  ///   - input: nil for none.
  ///   - gracePeriod: between SIGTERM and SIGKILL when the caller is cancelled; nil for SIGKILL at once.
  ///   - keepsOutput: false for one whose children hold its output open when it has ended.
  ///   - timeout: how long it may take; it is ended then.
  /// - Throws: what kept the program from being started; `Missing`, `TimedOut`.
  public func run(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:],
    input: FileDescriptor? = nil, standing: Standing = .shared, gracePeriod: Duration? = nil,
    keepsOutput: Bool = true, timeout: Duration? = nil
  ) async throws -> Outcome {
    guard let program = arguments[0].hasPrefix("/") ? arguments[0] : path(of: arguments[0]) else {
      throw Missing(name: arguments[0])
    }
    let call = Call(
      program: FilePath(program), arguments: Arguments(Array(arguments.dropFirst())),
      folder: folder.map { FilePath($0) }, environment: variables(environment),
      options: Self.options(standing, gracePeriod), input: input,
      longestOutput: keepsOutput ? longestOutput : nil)
    guard let timeout else { return try await call.run() }
    return try await withThrowingTaskGroup(of: Outcome?.self) { group in
      group.addTask { try await call.run() }
      group.addTask {
        try await Task.sleep(for: timeout)
        return nil
      }
      defer { group.cancelAll() }
      guard let outcome = try await group.next() ?? nil else {
        throw TimedOut(name: arguments[0], timeout: timeout)
      }
      return outcome
    }
  }

  /// Whatever language the user has, programs speak English, in UTF-8.
  private func variables(_ own: [String: String]) -> Environment {
    var variables = ["PATH": searchPath, "LANG": "C.UTF-8"]
    if inheritsEnvironment { variables["LC_ALL"] = "C.UTF-8" }
    let pairs = variables.merging(own) { $1 }.map {
      (Environment.Key(stringLiteral: $0.key), $0.value)
    }
    let all = Dictionary(uniqueKeysWithValues: pairs)
    return inheritsEnvironment
      ? .inherit.updating(all.mapValues(Optional.some)) : .custom(all)
  }

  private static func options(_ standing: Standing, _ gracePeriod: Duration?) -> PlatformOptions {
    var options = PlatformOptions()
    options.createSession = standing == .ownSession
    if standing == .ownGroup { options.processGroupID = 0 }
    if let gracePeriod {
      options.teardownSequence = [
        .send(signal: .terminate, allowedDurationToNextStep: gracePeriod)
      ]
    }
    return options
  }
}

/// One run of a program.
private struct Call: Sendable {
  let program: FilePath
  let arguments: Arguments
  let folder: FilePath?
  let environment: Environment
  let options: PlatformOptions
  let input: FileDescriptor?
  /// Nil where nobody wants it.
  let longestOutput: Int?

  func run() async throws -> Tool.Outcome {
    if let input { return try await run(input) }
    let null = try FileDescriptor.open("/dev/null", .readOnly, options: .closeOnExec)
    defer { try? null.close() }
    return try await run(null)
  }

  private func run(_ input: FileDescriptor) async throws -> Tool.Outcome {
    let source: FileDescriptorInput = .fileDescriptor(input, closeAfterSpawningProcess: false)
    guard let longestOutput else {
      let result = try await Subprocess.run(
        .path(program), arguments: arguments, environment: environment, workingDirectory: folder,
        platformOptions: options, input: source, output: .discarded, error: .discarded)
      return Tool.Outcome(status: CommandStatus(result.terminationStatus), output: "", errors: "")
    }
    let result = try await Subprocess.run(
      .path(program), arguments: arguments, environment: environment, workingDirectory: folder,
      platformOptions: options, input: source, output: .string(limit: longestOutput),
      error: .string(limit: longestOutput))
    return Tool.Outcome(
      status: CommandStatus(result.terminationStatus), output: result.standardOutput,
      errors: result.standardError.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
