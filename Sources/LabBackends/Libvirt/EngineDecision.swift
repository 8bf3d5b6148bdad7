import Foundation
import LabManifest

/// KVM, or QEMU's translator?
struct EngineDecision: Sendable {
  let host: LibvirtHost
  let environment: [String: String]

  /// - Throws: `.unavailable` where KVM is asked for and no guest answers under it.
  func decide(_ choice: EngineChoice) async throws(BackendError) -> Engine {
    guard choice != .tcg else { return .tcg }
    switch await verdict() {
    case .answers: return .kvm
    case .no(let reason):
      guard choice == .kvm else { return .tcg }
      throw BackendError(
        .unavailable, "KVM cannot be used: \(reason)", step: "create",
        hint: "leave 'engine' out of the manifest, or set it to auto or tcg")
    }
  }

  /// A probe takes up to some seconds where the answer is no, so it is asked once for each start of this machine.
  func verdict() async -> KVMProbe.Verdict {
    guard FileManager.default.fileExists(atPath: "/dev/kvm") else {
      return .no("this machine has no /dev/kvm")
    }
    let memory = VerdictMemory(host: host, environment: environment)
    if let known = memory.recall() { return known }
    let verdict = await KVMProbe(host: host).run()
    memory.keep(verdict)
    return verdict
  }
}

/// What a probe has found, for as long as this machine, its QEMU and the access to /dev/kvm stay the same.
private struct VerdictMemory {
  let file: String?
  let key: String

  private struct Entry: Codable {
    var key: String
    /// Nil where a guest has answered.
    var reason: String?
  }

  init(host: LibvirtHost, environment: [String: String]) {
    let cache =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? environment["HOME"].map { "\($0)/.cache" }
    let daemon = host.isPrivileged ? "system" : "session"
    file = cache.map { "\($0)/pilab/kvm-\(daemon).json" }
    let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    let version = try? host.connection.hypervisorVersion()
    var device = stat()
    _ = stat("/dev/kvm", &device)
    key = [
      boot?.trimmingCharacters(in: .whitespacesAndNewlines) ?? LabRecord.newID(),
      "\(version ?? 0)", "\(device.st_mode) \(device.st_uid) \(device.st_gid)",
    ].joined(separator: " ")
  }

  func recall() -> KVMProbe.Verdict? {
    guard let data = file.flatMap({ FileManager.default.contents(atPath: $0) }),
      let entry = try? JSONDecoder().decode(Entry.self, from: data), entry.key == key
    else { return nil }
    return entry.reason.map { .no($0) } ?? .answers
  }

  /// Where nothing can be kept, the next one probes again.
  func keep(_ verdict: KVMProbe.Verdict) {
    guard let file else { return }
    var entry = Entry(key: key)
    if case .no(let reason) = verdict { entry.reason = reason }
    let folder = (file as NSString).deletingLastPathComponent
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    try? JSONEncoder().encode(entry).write(to: URL(fileURLWithPath: file), options: .atomic)
  }
}
