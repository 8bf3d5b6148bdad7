import Foundation
import FoundationXML
import VMKit

/// What there is of a lab in libvirt, found by the id that it carries.
struct LibvirtInventory: Sendable {
  struct Domain: Sendable {
    var domain: LibvirtDomain
    var mark: BoardMark
  }

  let host: LibvirtHost
  let id: String
  var domains: [Domain]
  var networks: [LibvirtNetwork]

  static func look(
    for id: String, on host: LibvirtHost
  ) async throws(LibvirtError) -> LibvirtInventory {
    try await LibvirtConnection.blocking { () throws(LibvirtError) in
      LibvirtInventory(
        host: host, id: id, domains: try Self.domains(of: id, on: host),
        networks: try networks(of: id, on: host))
    }
  }

  static func domains(of id: String, on host: LibvirtHost) throws(LibvirtError) -> [Domain] {
    try marked(on: host).filter { $0.mark.lab == id }
  }

  /// Every domain that a pilab has made.
  static func marked(on host: LibvirtHost) throws(LibvirtError) -> [Domain] {
    var found: [Domain] = []
    for domain in try host.connection.domains() {
      do throws(LibvirtError) {
        guard let text = try domain.metadata(namespace: BoardMark.namespace),
          let mark = BoardMark(try XML.description(text))
        else { continue }
        found.append(Domain(domain: domain, mark: mark))
      } catch {
        // Others' domains come and go meanwhile.
        if !error.isAbsence { throw error }
      }
    }
    return found
  }

  private static func networks(
    of id: String, on host: LibvirtHost
  ) throws(LibvirtError) -> [LibvirtNetwork] {
    var found: [LibvirtNetwork] = []
    // Without a privileged daemon there are none of ours.
    for network in host.isPrivileged ? try host.connection.networks() : [] {
      do throws(LibvirtError) {
        if NetworkMark.lab(of: try XML.description(try network.xml())) == id {
          found.append(network)
        }
      } catch {
        if !error.isAbsence { throw error }
      }
    }
    return found
  }

  func domain(_ board: String) -> Domain? { domains.first { $0.mark.board == board } }

  /// Removes all of it, in whatever state it is; goes on past a failure.
  /// - Throws: the first failure.
  func remove(pool name: String) async throws(LibvirtError) {
    let (domains, networks, host) = (domains, networks, host)
    try await LibvirtConnection.blocking { () throws(LibvirtError) in
      var failure: LibvirtError?
      func attempt(_ body: () throws(LibvirtError) -> Void) {
        do throws(LibvirtError) { try body() } catch { failure = failure ?? error }
      }
      for entry in domains {
        attempt { () throws(LibvirtError) in
          try entry.domain.powerOff()
          try entry.domain.undefine()
        }
      }
      for network in networks { attempt { () throws(LibvirtError) in try network.remove() } }
      // A machine that still runs needs its files.
      if failure == nil {
        attempt { () throws(LibvirtError) in try host.connection.pool(named: name)?.remove() }
      }
      if let failure { throw failure }
    }
  }
}
