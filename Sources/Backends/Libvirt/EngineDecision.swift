import Foundation
import HostKit
import LabCore
import LabManifest

/// KVM, or QEMU's translator?
struct EngineDecision: Sendable {
  let host: LibvirtHost
  let environment: [String: String]

  /// - Throws: `.unavailable` where KVM is asked for and no guest answers under it.
  func decide(_ choice: EngineChoice) async throws(LabError) -> Engine {
    guard choice != .tcg else { return .tcg }
    switch await verdict() {
    case .answers: return .kvm
    case .no(let reason):
      guard choice == .kvm else { return .tcg }
      throw LabError(
        .unavailable, "KVM cannot be used: \(reason)", step: "create",
        hint: "leave 'engine' out of the manifest, or set it to auto or tcg")
    }
  }

  /// A probe takes up to some seconds where the answer is no, so it is asked once for each start of this machine.
  func verdict() async -> KVMProbe.Verdict {
    guard FileManager.default.fileExists(atPath: "/dev/kvm") else {
      return .no("this machine has no /dev/kvm")
    }
    let memory = VerdictMemory(uri: host.uri, environment: environment)
    if let known = memory.recall() { return known }
    let verdict = await KVMProbe(host: host).run()
    memory.keep(verdict)
    return verdict
  }
}

extension EngineDecision {
  /// False where KVM cannot be used for sure, by a look at files alone.
  static func mayUseKVM(_ uri: String, _ environment: [String: String]) -> Bool {
    guard FileManager.default.fileExists(atPath: "/dev/kvm") else { return false }
    // QEMU of the user's own libvirt is the user.
    if uri.hasSuffix("/session"), geteuid() != 0, access("/dev/kvm", R_OK | W_OK) != 0 {
      return false
    }
    if case .no = VerdictMemory(uri: uri, environment: environment).recall() { return false }
    return true
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

  init(uri: String, environment: [String: String]) {
    file = CacheFolder.path(environment).map { "\($0)/kvm.json" }
    let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    var (emulator, device) = (stat(), stat())
    _ = stat("/usr/bin/qemu-system-x86_64", &emulator)
    _ = stat("/dev/kvm", &device)
    key = [
      boot?.trimmingCharacters(in: .whitespacesAndNewlines) ?? LabRecord.newID(), uri,
      "\(emulator.st_size)", "\(emulator.st_mtim.tv_sec)",
      "\(device.st_mode) \(device.st_uid) \(device.st_gid)",
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
    guard let data = try? JSONEncoder().encode(entry) else { return }
    _ = try? OutputFile.write(Array(data), to: file)
  }
}
