import Foundation
import HostKit
import LabCore
import LabValues
import TestSupport
import Testing

/// A lab in a folder of its own, removed at the end whatever happened.
package struct LabFixture {
  package let backend: any LabBackend
  package let plan: LabPlan
  package let lab: any RunningLab
  /// The first board, alice.
  package let board: any RunningBoard

  package init(
    backend: any LabBackend, plan: LabPlan, lab: any RunningLab, board: any RunningBoard
  ) {
    self.backend = backend
    self.plan = plan
    self.lab = lab
    self.board = board
  }

  package var folder: String { plan.folder }

  package static func with(
    _ backend: any LabBackend, boards names: [String] = ["alice"],
    lifetime: LabPlan.Lifetime = .caller, impairment: LinkImpairment? = nil,
    _ body: (LabFixture) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      var plan = plan(names, in: folder, lifetime: lifetime)
      plan.impairment = impairment
      let lab = try await backend.create(plan)
      let fixture: Result<Void, any Error>
      do {
        try await body(
          LabFixture(
            backend: backend, plan: plan, lab: lab, board: try lab.board(names[0])))
        fixture = .success(())
      } catch { fixture = .failure(error) }
      try await backend.destroy(lab.record)
      try fixture.get()
    }
  }

  /// Boards with the addresses 10.77.0.1, 10.77.0.2 …
  package static func plan(
    _ names: [String], in folder: String, lifetime: LabPlan.Lifetime = .caller
  ) -> LabPlan {
    let boards = names.enumerated().map { index, name in
      LabPlan.BoardPlan(name: name, address: IPv4Address(value: 0x0A4D_0001 + UInt32(index)))
    }
    return LabPlan(
      lab: "test",
      subnet: IPv4Subnet(
        containing: IPv4Address(value: 0x0A4D_0000), prefixLength: 24), boards: boards,
      folder: folder,
      lifetime: lifetime)
  }

  /// What runs on the boards.
  package var programs: [Int32] {
    LabProcesses.all(of: lab.record.id).filter { $0.board != nil }.map(\.pid)
  }

  /// Puts a shell script on the board.
  package func script(
    _ text: String, named name: String = "script", on board: (any RunningBoard)? = nil
  ) async throws -> BoardPath {
    let local = "\(folder)/\(name).local"
    try ("#!/bin/sh\n" + text + "\n").write(toFile: local, atomically: true, encoding: .utf8)
    let path = try #require(BoardPath("bin/\(name)"))
    try await (board ?? self.board).put(local, to: path, access: .program)
    return path
  }

  /// Runs a shell script on the board and returns how it ended and what it printed.
  package func run(
    _ text: String, _ arguments: [String] = [], on name: String? = nil
  ) async throws -> (status: CommandStatus, lines: [OutputLine]) {
    let board = try name.map { try lab.board($0) } ?? self.board
    let program = try await script(text, on: board)
    let lines = Lines()
    let status = try await board.run(BoardCommand(program: program, arguments: arguments)) {
      lines.append($0)
    }
    return (status, lines.all)
  }

  /// What a shell script prints on the board.
  package func texts(_ script: String, on name: String? = nil) async throws -> [String] {
    try await run(script, on: name).lines.map(\.text)
  }
}

/// Lines in the order of their arrival, from any thread.
package final class Lines: @unchecked Sendable {
  package init() {}

  private let lock = NSLock()
  private var collected: [OutputLine] = []

  package var all: [OutputLine] { lock.withLock { collected } }

  package func append(_ line: OutputLine) { lock.withLock { collected.append(line) } }

  package func texts(_ stream: OutputLine.Stream) -> [String] {
    all.filter { $0.stream == stream }.map(\.text)
  }

  /// The first line, once it is there; nil after ten seconds without one.
  package func first() async throws -> String? {
    for _ in 0..<1000 {
      if let line = all.first { return line.text }
      try await Task.sleep(for: .milliseconds(10))
    }
    return nil
  }
}

/// Waits up to ten seconds for a condition.
package func eventually(_ condition: () -> Bool) async throws -> Bool {
  for _ in 0..<1000 {
    if condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return condition()
}

extension LabBackend {
  /// For a test that keeps no record.
  package func create(_ plan: LabPlan) async throws(LabError) -> any RunningLab {
    try await create(plan, record: record(for: plan))
  }
}
