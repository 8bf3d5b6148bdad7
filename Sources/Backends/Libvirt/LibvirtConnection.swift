import CLibvirt
import Dispatch
import Foundation
import FoundationXML

/// A connection to a libvirt daemon, closed with the value. libvirt's handles may be used by several threads.
final class LibvirtConnection: @unchecked Sendable {
  let pointer: virConnectPtr

  /// Of a libvirt that is loaded, see `LibvirtLibrary`.
  /// - Throws: libvirt's reason, for example that no daemon listens.
  init(uri: String) throws(LibvirtError) {
    // Without it libvirt prints errors to standard error beside returning them.
    virSetErrorFunc(nil) { _, _ in }
    pointer = try checked(virConnectOpen(uri))
  }

  deinit { virConnectClose(pointer) }

  /// False once the daemon has closed it.
  var isAlive: Bool { virConnectIsAlive(pointer) == 1 }

  /// libvirt answers when it has done the work, so calls of it have threads of their own.
  static func blocking<Value: Sendable>(
    _ body: @escaping @Sendable () throws(LibvirtError) -> Value
  ) async throws(LibvirtError) -> Value {
    let result: Result<Value, LibvirtError> = await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async {
        do throws(LibvirtError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  // MARK: Domains

  func domain(named name: String) throws(LibvirtError) -> LibvirtDomain? {
    do throws(LibvirtError) {
      return LibvirtDomain(try checked(virDomainLookupByName(pointer, name)), of: self)
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
  }

  func domains() throws(LibvirtError) -> [LibvirtDomain] {
    var list: UnsafeMutablePointer<virDomainPtr?>?
    let count = try checked(virConnectListAllDomains(pointer, &list, 0))
    defer { free(list) }
    return (0..<Int(count)).compactMap { list?[$0].map { LibvirtDomain($0, of: self) } }
  }

  /// Checks the description against libvirt's schema, and keeps it.
  func define(domain xml: String) throws(LibvirtError) -> LibvirtDomain {
    let domain = try SchemaRace.overcome { () throws(LibvirtError) in
      try checked(virDomainDefineXMLFlags(pointer, xml, flag(VIR_DOMAIN_DEFINE_VALIDATE)))
    }
    return LibvirtDomain(domain, of: self)
  }

  /// A domain that is gone with this connection, or when it ends.
  func startFleeting(domain xml: String) throws(LibvirtError) -> LibvirtDomain {
    let flags = flag(VIR_DOMAIN_START_AUTODESTROY, VIR_DOMAIN_START_VALIDATE)
    let domain = try SchemaRace.overcome { () throws(LibvirtError) in
      try checked(virDomainCreateXML(pointer, xml, flags))
    }
    return LibvirtDomain(domain, of: self)
  }

  // MARK: Networks

  func networks() throws(LibvirtError) -> [LibvirtNetwork] {
    var list: UnsafeMutablePointer<virNetworkPtr?>?
    let count = try checked(virConnectListAllNetworks(pointer, &list, 0))
    defer { free(list) }
    return (0..<Int(count)).compactMap { list?[$0].map { LibvirtNetwork($0, of: self) } }
  }

  func define(network xml: String) throws(LibvirtError) -> LibvirtNetwork {
    let network = try SchemaRace.overcome { () throws(LibvirtError) in
      try checked(virNetworkDefineXMLFlags(pointer, xml, flag(VIR_NETWORK_DEFINE_VALIDATE)))
    }
    return LibvirtNetwork(network, of: self)
  }

  // MARK: Storage

  func pool(named name: String) throws(LibvirtError) -> LibvirtPool? {
    do throws(LibvirtError) {
      return LibvirtPool(try checked(virStoragePoolLookupByName(pointer, name)), of: self)
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
  }

  func pools() throws(LibvirtError) -> [LibvirtPool] {
    var list: UnsafeMutablePointer<virStoragePoolPtr?>?
    let count = try checked(virConnectListAllStoragePools(pointer, &list, 0))
    defer { free(list) }
    return (0..<Int(count)).compactMap { list?[$0].map { LibvirtPool($0, of: self) } }
  }

  func define(pool xml: String) throws(LibvirtError) -> LibvirtPool {
    LibvirtPool(try checked(virStoragePoolDefineXML(pointer, xml, 0)), of: self)
  }

  // MARK: The machine

  /// What the daemon can do, as XML.
  func capabilities() throws(LibvirtError) -> String {
    try checkedText(virConnectGetCapabilities(pointer))
  }

  /// What domains of a type can have, as XML.
  /// - Throws: where there is no emulator for the type.
  func domainCapabilities(type: String) throws(LibvirtError) -> String {
    try checkedText(virConnectGetDomainCapabilities(pointer, nil, "x86_64", nil, type, 0))
  }

  /// 7_002_022 is 7.2.22.
  func hypervisorVersion() throws(LibvirtError) -> UInt {
    var version: UInt = 0
    try checked(virConnectGetVersion(pointer, &version))
    return version
  }
}

/// A virtual machine as libvirt knows it.
final class LibvirtDomain: @unchecked Sendable {
  let pointer: virDomainPtr
  let connection: LibvirtConnection

  init(_ pointer: virDomainPtr, of connection: LibvirtConnection) {
    self.pointer = pointer
    self.connection = connection
  }

  deinit { virDomainFree(pointer) }

  var name: String { virDomainGetName(pointer).map { String(cString: $0) } ?? "" }

  struct Condition: Equatable, Sendable {
    var state: virDomainState
    var reason: Int32

    var isOn: Bool {
      [VIR_DOMAIN_RUNNING, VIR_DOMAIN_PAUSED, VIR_DOMAIN_BLOCKED].contains(state)
    }
  }

  func condition() throws(LibvirtError) -> Condition {
    var state: Int32 = 0
    var reason: Int32 = 0
    try checked(virDomainGetState(pointer, &state, &reason, 0))
    return Condition(state: virDomainState(UInt32(state)), reason: reason)
  }

  /// The element of a namespace in the domain's metadata; nil where it has none.
  func metadata(namespace: String) throws(LibvirtError) -> String? {
    let kind = Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue)
    do throws(LibvirtError) {
      return try checkedText(virDomainGetMetadata(pointer, kind, namespace, 0))
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
  }

  func xml(secure: Bool = false, inactive: Bool = false) throws(LibvirtError) -> String {
    let flags =
      (secure ? flag(VIR_DOMAIN_XML_SECURE) : 0) | (inactive ? flag(VIR_DOMAIN_XML_INACTIVE) : 0)
    return try checkedText(virDomainGetXMLDesc(pointer, flags))
  }

  /// - Parameter fleeting: it is switched off when the connection ends.
  func start(fleeting: Bool) throws(LibvirtError) {
    try checked(
      virDomainCreateWithFlags(pointer, fleeting ? flag(VIR_DOMAIN_START_AUTODESTROY) : 0))
  }

  /// The machine's own restarts are restarts from now on, and do not switch it off.
  func allowRestarts() throws(LibvirtError) {
    let flags = flag(VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_AFFECT_CONFIG)
    try checked(
      virDomainSetLifecycleAction(
        pointer, VIR_DOMAIN_LIFECYCLE_REBOOT.rawValue, VIR_DOMAIN_LIFECYCLE_ACTION_RESTART.rawValue,
        flags))
  }

  func suspend() throws(LibvirtError) { try checked(virDomainSuspend(pointer)) }

  func resume() throws(LibvirtError) { try checked(virDomainResume(pointer)) }

  func reset() throws(LibvirtError) { try checked(virDomainReset(pointer, 0)) }

  /// Pulls the plug. Nothing happens to one that is off.
  func powerOff() throws(LibvirtError) {
    do throws(LibvirtError) { try checked(virDomainDestroy(pointer)) } catch {
      if error.isAbsence || error.code == VIR_ERR_OPERATION_INVALID { return }
      throw error
    }
  }

  /// Forgets the domain and its snapshots.
  func undefine() throws(LibvirtError) {
    let flags = flag(
      VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
      VIR_DOMAIN_UNDEFINE_NVRAM, VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA)
    do throws(LibvirtError) { try checked(virDomainUndefineFlags(pointer, flags)) } catch {
      if error.isAbsence { return }
      throw error
    }
  }

  /// Changes a device of the running domain.
  func update(device xml: String) throws(LibvirtError) {
    let flags = flag(VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_AFFECT_CONFIG)
    try checked(virDomainUpdateDeviceFlags(pointer, xml, flags))
  }
}
