import HostKit
import LabCore

/// What a machine is doing; the names are those of `VMState`.
enum MachineCondition: Sendable, Equatable {
  case absent
  /// VirtualBox knows it and cannot read its settings: its folder is gone, say.
  case inaccessible
  case off
  case aborted
  case saved
  case running
  case paused
  /// Its virtual processor met what it cannot go on from.
  case stuck
  /// On the way from one of these to another, or of a kind that this version does not know.
  case other(String)

  init(_ state: String) {
    switch state {
    case "poweroff": self = .off
    case "aborted": self = .aborted
    case "saved", "aborted-saved": self = .saved
    case "running", "livesnapshotting", "teleporting", "snapshotting", "deletingsnapshotlive":
      self = .running
    case "paused", "deletingsnapshotlivepaused", "onlinesnapshotting": self = .paused
    case "gurumeditation", "stuck": self = .stuck
    default: self = .other(state)
    }
  }

  /// A process has the machine.
  var isOn: Bool {
    switch self {
    case .absent, .inaccessible, .off, .aborted, .saved: false
    case .running, .paused, .stuck, .other: true
    }
  }

  /// Nil where the board is at work.
  var trouble: String? {
    switch self {
    case .running: nil
    case .absent: "its virtual machine is missing"
    case .inaccessible: "VirtualBox cannot read its settings: its folder is gone or damaged"
    case .off, .saved: "it is switched off"
    case .aborted: "its process has ended without being told to"
    case .paused: "it is paused"
    case .stuck: "its virtual processor is stuck (guru meditation)"
    case .other(let state): "it is \(state)"
    }
  }
}

extension VirtualBoxHost {
  func condition(_ uuid: String) async throws(VBoxError) -> MachineCondition {
    do {
      let properties = try await manage.properties(["showvminfo", uuid])
      if properties["name"] == "<inaccessible>" { return .inaccessible }
      guard let state = properties["VMState"] else { return .other("of unknown state") }
      return MachineCondition(state)
    } catch {
      switch error.kind {
      case .objectNotFound: return .absent
      case .inaccessible: return .inaccessible
      default: throw error
      }
    }
  }

  /// Waits until no process has the machine any more: VirtualBox says that it is off a little earlier.
  func waitUntilFree(_ uuid: String, _ timeout: Duration = .seconds(30)) async throws(VBoxError) {
    let deadline = ContinuousClock.now + timeout
    while true {
      do {
        let properties = try await manage.properties(["showvminfo", uuid])
        let condition = MachineCondition(properties["VMState"] ?? "")
        if properties["SessionName"] == nil, !condition.isOn || properties["VMState"] == nil {
          return
        }
      } catch {
        if [.objectNotFound, .inaccessible].contains(error.kind) { return }
        throw error
      }
      guard ContinuousClock.now < deadline else {
        throw VBoxError(.busy, "its process does not release the machine")
      }
      await pauseUncancelled(for: .milliseconds(100))
    }
  }
}
