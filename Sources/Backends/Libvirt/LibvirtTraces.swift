import Foundation
import FoundationXML
import Glibc
import LabCore
import VMKit

//  Domains and networks say in their metadata whose they are; a pool has none, so its UUID does.

/// Whom a lab's pool belongs to.
struct PoolMark: Sendable, Equatable {
  /// The lab's id.
  var lab: String
  var owner: uid_t

  /// "pila", so that no pool of another's is taken for one.
  private static let magic = "70696c61"

  init(lab: String, owner: uid_t = geteuid()) {
    self.lab = lab
    self.owner = owner
  }

  /// Nil for a pool that pilab has not made.
  init?(uuid: String) {
    let digits = uuid.lowercased().filter { $0 != "-" }
    let tail = digits.suffix(8)
    guard digits.count == 32, digits.dropFirst(16).hasPrefix(Self.magic),
      let owner = uid_t(tail, radix: 16)
    else { return nil }
    self.init(lab: String(digits.prefix(16)), owner: owner)
  }

  var uuid: String {
    let user = String(owner, radix: 16)
    let digits = lab + Self.magic + String(repeating: "0", count: 8 - user.count) + user
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text += "-" }
      text.append(digit)
    }
    return text
  }
}

extension LibvirtHost {
  /// What labs of this user have in this libvirt.
  func traces() throws(LibvirtError) -> [LabTrace] {
    var traces: [LabTrace] = []
    for entry in try LibvirtInventory.marked(on: self) where entry.mark.owner == geteuid() {
      traces.append(
        trace(
          entry.mark.lab, lab: entry.mark.labName, folder: entry.mark.folder,
          "domain \(entry.domain.name)"))
    }
    for network in isPrivileged ? try connection.networks() : [] {
      do throws(LibvirtError) {
        let xml = try XML.description(try network.xml())
        guard let mark = NetworkMark(xml), mark.owner == geteuid() else { continue }
        traces.append(
          trace(mark.lab, lab: mark.labName, folder: mark.folder, "network \(network.name)"))
      } catch {
        // Others' networks come and go meanwhile.
        if !error.isAbsence { throw error }
      }
    }
    for pool in try connection.pools() {
      do throws(LibvirtError) {
        guard
          let mark = PoolMark(
            uuid: try XML.description(try pool.xml()).first("uuid")?.stringValue ?? ""),
          mark.owner == geteuid()
        else { continue }
        let name = pool.name
        traces.append(
          trace(mark.lab, lab: LibvirtNames.lab(ofPool: name), folder: nil, "pool \(name)"))
      } catch {
        if !error.isAbsence { throw error }
      }
    }
    return traces
  }

  private func trace(_ id: String, lab: String?, folder: String?, _ part: String) -> LabTrace {
    LabTrace(id: id, mode: .libvirt, lab: lab, folder: folder, parts: ["\(part) of \(uri)"])
  }
}

extension LibvirtNames {
  /// The lab's name in that of its pool.
  static func lab(ofPool name: String) -> String? {
    guard name.hasPrefix("pilab-"), name.count > "pilab-".count + 17 else { return nil }
    return String(name.dropFirst("pilab-".count).dropLast(17))
  }
}

extension LibvirtBackend {
  public func traces() async -> LabTraces {
    var traces = LabTraces()
    for uri in uris {
      let host: LibvirtHost
      do throws(LabError) { host = try await LibvirtHost.open(uri, library) } catch {
        // Where no daemon is, and where this user is not let in, there is nothing of this user's.
        if error.cause != nil, !LibvirtHost.isAbsence(error) { traces.unseen.append("\(error)") }
        continue
      }
      do throws(LibvirtError) {
        traces.found += try await LibvirtConnection.blocking { () throws(LibvirtError) in
          try host.traces()
        }
      } catch {
        traces.unseen.append("cannot ask libvirt at \(uri): \(error)")
      }
    }
    return traces
  }

  public func erase(_ trace: LabTrace) async throws(LabError) {
    for uri in uris {
      let host: LibvirtHost
      do throws(LabError) { host = try await LibvirtHost.open(uri, library) } catch { continue }
      try await erase(trace, from: host)
    }
    try await LabProcesses.killAll(of: trace.id)
    try removeFiles(of: trace)
  }

  /// The lab's keys and logs, unless another lab lives in its folder by now.
  private func removeFiles(of trace: LabTrace) throws(LabError) {
    guard let folder = trace.folder,
      !FileManager.default.fileExists(atPath: "\(folder)/state.json")
    else { return }
    let record = LabRecord(
      mode: mode, lab: trace.lab ?? "", id: trace.id, folder: folder, boards: [])
    try MachineFolder.removeAll(of: record)
  }

  private func erase(_ trace: LabTrace, from host: LibvirtHost) async throws(LabError) {
    let id = trace.id
    do {
      guard
        let own = try await LibvirtConnection.blocking({ () throws(LibvirtError) in
          try host.traces().filter { $0.id == id }
        }).first
      else { return }
      let lab = own.lab ?? trace.lab ?? ""
      try await LibvirtInventory.look(for: id, on: host)
        .remove(pool: LibvirtNames(lab: lab, id: id).pool)
    } catch {
      throw LabError(
        .boardNotRemoved, "cannot remove lab '\(trace.lab ?? id)' from libvirt", step: "destroy",
        cause: error.description)
    }
  }

  /// Where this user's labs may be; a manifest may name others.
  private var uris: [String] {
    let usual = LibvirtHost.standardURI(environment)
    // Root's session is the system's daemon.
    let all = geteuid() == 0 ? ["qemu:///system"] : ["qemu:///system", "qemu:///session"]
    return [usual] + all.filter { $0 != usual }
  }
}
