import LabCore
import Synchronization

@testable import VMKit

/// What the machines of a test were told, in its order, and what they do then.
final class Stage: Sendable {
  private let told = Mutex<[String]>([])
  private let states = Mutex<[String: [String]]>([:])
  private let off = Mutex<Set<String>>([])
  /// Orders that fail, as `bob: pause`.
  let failing: Set<String>
  /// An order that is not begun with before the test's task has been cancelled.
  let hanging: String?

  init(failing: Set<String> = [], hanging: String? = nil) {
    self.failing = failing
    self.hanging = hanging
  }

  var orders: [String] { told.withLock { $0 } }

  /// Those of one machine, without its name.
  func orders(of machine: String) -> [String] {
    orders.filter { $0.hasPrefix("\(machine): ") }.map { String($0.dropFirst(machine.count + 2)) }
  }

  func states(of machine: String) -> [String] { states.withLock { $0[machine, default: []] } }

  func change(_ machine: String, _ body: (inout [String]) -> Void) {
    states.withLock { body(&$0[machine, default: []]) }
  }

  func isOn(_ machine: String) -> Bool { off.withLock { !$0.contains(machine) } }

  func set(_ machine: String, on: Bool) {
    off.withLock { if on { $0.remove(machine) } else { $0.insert(machine) } }
  }

  func tell(_ machine: String, _ order: String) async throws(LabError) {
    let text = "\(machine): \(order)"
    told.withLock { $0.append(text) }
    if text == hanging {
      do { try await Task.sleep(for: .seconds(60)) } catch {
        throw LabError(.cancelled, "told to stop", board: machine, step: "snapshot")
      }
    }
    if Task.isCancelled, order != "disconnect" {
      throw LabError(.cancelled, "told to stop", board: machine, step: "snapshot")
    }
    if failing.contains(text) {
      throw LabError(.snapshotFailed, "cannot \(order)", board: machine, step: "snapshot")
    }
  }
}

/// A machine that writes down what it is told. One of a hypervisor that brings back what runs.
struct FakeMachine: Machine {
  static var revertsWhileOn: Bool { true }
  let name: String
  let stage: Stage
  var survivesReset = true

  var rebootTimeout: Duration { .seconds(1) }
  var restoreTimeout: Duration { .seconds(2) }

  func isOn(step: String) async throws(LabError) -> Bool { stage.isOn(name) }

  func powerOff() async throws(LabError) {
    try await stage.tell(name, "off")
    stage.set(name, on: false)
  }

  func powerOn() async throws(LabError) {
    try await stage.tell(name, "on")
    stage.set(name, on: true)
  }

  func reset() async throws(LabError) { try await stage.tell(name, "reset") }

  func settle() async throws(LabError) { try await stage.tell(name, "settle") }

  func pause() async throws(LabError) { try await stage.tell(name, "pause") }

  func resume(step: String) async throws(LabError) { try await stage.tell(name, "resume") }

  func keepState(_ name: String) async throws(LabError) {
    try await stage.tell(self.name, "keep")
    stage.change(self.name) { $0.append(name) }
  }

  func revert(to name: String) async throws(LabError) { try await stage.tell(self.name, "revert") }

  func deleteState(_ name: String) async throws(LabError) {
    try await stage.tell(self.name, "delete")
    stage.change(self.name) { $0.removeAll { $0 == name } }
  }

  func states() async throws(LabError) -> [String] { stage.states(of: name) }

  func flushDisks() async { do { try await stage.tell(name, "flush") } catch {} }

  func disconnect() async { do { try await stage.tell(name, "disconnect") } catch {} }

  func waitUntilReady(
    until deadline: ContinuousClock.Instant, timeout: Duration, step: String
  ) async throws(LabError) { try await stage.tell(name, "answer in \(timeout)") }

  func configure() async throws(LabError) { try await stage.tell(name, "configure") }

  func reseed() async throws(LabError) { try await stage.tell(name, "reseed") }
}

/// The same of a hypervisor that brings back only what is off.
struct FakeOffMachine: Machine {
  static var revertsWhileOn: Bool { false }
  let inner: FakeMachine

  var name: String { inner.name }
  var rebootTimeout: Duration { inner.rebootTimeout }
  var restoreTimeout: Duration { inner.restoreTimeout }
  func isOn(step: String) async throws(LabError) -> Bool { try await inner.isOn(step: step) }
  func powerOff() async throws(LabError) { try await inner.powerOff() }
  func powerOn() async throws(LabError) { try await inner.powerOn() }
  func reset() async throws(LabError) { try await inner.reset() }
  func pause() async throws(LabError) { try await inner.pause() }
  func resume(step: String) async throws(LabError) { try await inner.resume(step: step) }
  func keepState(_ name: String) async throws(LabError) { try await inner.keepState(name) }
  func revert(to name: String) async throws(LabError) { try await inner.revert(to: name) }
  func deleteState(_ name: String) async throws(LabError) { try await inner.deleteState(name) }
  func states() async throws(LabError) -> [String] { try await inner.states() }
  func flushDisks() async { await inner.flushDisks() }
  func disconnect() async { await inner.disconnect() }
  func waitUntilReady(
    until deadline: ContinuousClock.Instant, timeout: Duration, step: String
  ) async throws(LabError) {
    try await inner.waitUntilReady(until: deadline, timeout: timeout, step: step)
  }
  func configure() async throws(LabError) { try await inner.configure() }
  func reseed() async throws(LabError) { try await inner.reseed() }
}
