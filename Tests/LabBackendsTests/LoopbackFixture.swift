import Foundation
import LabManifest
import Testing

@testable import LabBackends

/// A loopback lab of one board in a folder of its own, removed at the end whatever happened.
struct LoopbackFixture {
  let folder: String
  let lab: any RunningLab
  let board: any RunningBoard

  static func with(_ body: (LoopbackFixture) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "pilab-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
    let plan = LabPlan(
      lab: "test", subnet: LabNetwork.defaultSubnet,
      boards: [.init(name: "alice", address: IPv4Address(value: 0x0A4D_0001))],
      folder: folder)
    let lab = try await LoopbackBackend().create(plan)
    try await body(
      LoopbackFixture(folder: folder, lab: lab, board: try lab.board("alice")))
  }

  /// Puts a shell script on the board.
  func script(_ text: String, named name: String = "script") async throws -> BoardPath {
    let local = "\(folder)/\(name).local"
    try ("#!/bin/sh\n" + text + "\n").write(toFile: local, atomically: true, encoding: .utf8)
    let path = try #require(BoardPath("bin/\(name)"))
    try await board.put(local, to: path, access: .program)
    return path
  }

  /// Runs a shell script on the board and returns how it ended and what it printed.
  func run(
    _ text: String, _ arguments: [String] = []
  ) async throws -> (status: CommandStatus, lines: [OutputLine]) {
    let program = try await script(text)
    let lines = Lines()
    let status = try await board.run(BoardCommand(program: program, arguments: arguments)) {
      lines.append($0)
    }
    return (status, lines.all)
  }
}

/// Lines in the order of their arrival, from any thread.
final class Lines: @unchecked Sendable {
  private let lock = NSLock()
  private var collected: [OutputLine] = []

  var all: [OutputLine] { lock.withLock { collected } }

  func append(_ line: OutputLine) { lock.withLock { collected.append(line) } }

  func texts(_ stream: OutputLine.Stream) -> [String] {
    all.filter { $0.stream == stream }.map(\.text)
  }

  /// The first line, once it is there; nil after ten seconds without one.
  func first() async throws -> String? {
    for _ in 0..<1000 {
      if let line = all.first { return line.text }
      try await Task.sleep(for: .milliseconds(10))
    }
    return nil
  }
}

/// Whether a process is there and no zombie, by /proc.
func isAlive(_ pid: Int32) -> Bool {
  guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
    return false
  }
  let state = status[status.index(after: status.lastIndex(of: ")") ?? status.startIndex)...]
    .split(separator: " ").first
  return state != "Z" && state != "X"
}

/// Waits up to ten seconds for a condition.
func eventually(_ condition: () -> Bool) async throws -> Bool {
  for _ in 0..<1000 {
    if condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return condition()
}
