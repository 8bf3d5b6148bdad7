import Foundation
import HostKit
import LabCore

//  arguments ─▶ (turn: one change at a time on this machine) ─▶ VBoxManage ─▶ answer without warnings, or a typed error
//              ▲                                                              │
//              └────────────── a little later, where it passes ◀──────────────┘

/// Runs VBoxManage.
struct VBoxManage: Sendable {
  /// Absolute path.
  let command: String
  let tools: Tool
  /// Of the user; VBoxManage finds the user's machines by it.
  let environment: [String: String]
  /// How long one call may take.
  var timeout = Duration.seconds(60)
  /// How long what passes may take to pass.
  var persistence = Duration.seconds(30)

  private static let pauses = 50...2000

  /// A question, which changes nothing.
  func ask(_ arguments: [String]) async throws(VBoxError) -> String {
    try await persistently { () throws(VBoxError) in try await call(arguments) }
  }

  func properties(_ arguments: [String]) async throws(VBoxError) -> VBoxProperties {
    VBoxProperties(try await ask(arguments + ["--machinereadable"]))
  }

  /// A change. VirtualBox's own locks are easily in each other's way, so changes of this user's labs wait for each
  /// other.
  @discardableResult
  func change(
    _ arguments: [String], timeout: Duration? = nil
  ) async throws(VBoxError) -> String {
    try await VBoxTurn.take(environment) { () throws(VBoxError) in
      try await persistently { () throws(VBoxError) in try await call(arguments, timeout) }
    }
  }

  private func persistently(
    _ body: () async throws(VBoxError) -> String
  ) async throws(VBoxError) -> String {
    let deadline = ContinuousClock.now + persistence
    var pause = Self.pauses.lowerBound
    while true {
      do { return try await body() } catch {
        guard error.passes, ContinuousClock.now < deadline else { throw error }
      }
      let jittered = Int.random(in: pause / 2...pause)
      do { try await Task.sleep(for: .milliseconds(jittered)) } catch {
        throw VBoxError(.cancelled, "told to stop")
      }
      pause = min(pause * 2, Self.pauses.upperBound)
    }
  }

  private func call(
    _ arguments: [String], _ timeout: Duration? = nil
  ) async throws(VBoxError) -> String {
    let timeout = timeout ?? self.timeout
    let outcome: Tool.Outcome
    do {
      outcome = try await tools.run(
        [command] + arguments, environment: variables, standing: .ownSession, timeout: timeout)
    } catch {
      if Task.isCancelled { throw VBoxError(.cancelled, "told to stop") }
      guard error is Tool.TimedOut else {
        throw VBoxError(.notRun, "cannot run \(command): \(ErrorWords.words(of: error))")
      }
      throw VBoxError(.noAnswer, "VBoxManage \(arguments.first ?? "") gave no answer in \(timeout)")
    }
    if Task.isCancelled { throw VBoxError(.cancelled, "told to stop") }
    if let error = VBoxError(
      output: outcome.output + "\n" + outcome.errors, succeeded: outcome.succeeded)
    {
      throw error
    }
    return VBoxText.answer(outcome.output)
  }

  /// Whatever language the user has, the words are English.
  var variables: [String: String] {
    environment.merging(["LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "LANGUAGE": "C"]) { $1 }
  }
}

/// One change of VirtualBox's registry at a time, among all pilabs of a user.
enum VBoxTurn {
  static func take<Value: Sendable>(
    _ environment: [String: String], _ body: () async throws(VBoxError) -> Value
  ) async throws(VBoxError) -> Value {
    let lock = try await lock(CacheFolder.path(environment) ?? CacheFolder.own)
    defer { withExtendedLifetime(lock) {} }
    return try await body()
  }

  private static func lock(_ folder: String) async throws(VBoxError) -> FileLock {
    let file = "\(folder)/virtualbox.lock"
    do {
      try Folder.make(folder)
      return try await FileLock.acquire(.file(file))
    } catch is CancellationError {
      throw VBoxError(.cancelled, "told to stop")
    } catch {
      throw VBoxError(.other, "cannot lock \(file): \(ErrorWords.words(of: error))")
    }
  }
}
