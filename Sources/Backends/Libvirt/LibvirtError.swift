import CLibvirt
import FoundationXML
import Glibc
import VMKit

/// What libvirt says of its last failure, in its own words.
struct LibvirtError: Error, Sendable, CustomStringConvertible {
  /// Of `virErrorNumber`.
  var code: virErrorNumber
  var description: String

  /// Of the calling thread: libvirt keeps one for each.
  static var last: LibvirtError {
    guard let error = virGetLastError(), let message = error.pointee.message else {
      return LibvirtError(code: VIR_ERR_INTERNAL_ERROR, description: "libvirt gives no reason")
    }
    return LibvirtError(
      code: virErrorNumber(UInt32(bitPattern: error.pointee.code)),
      description: String(cString: message))
  }

  /// There is no domain, network, pool, volume or snapshot of that name.
  var isAbsence: Bool {
    [
      VIR_ERR_NO_DOMAIN, VIR_ERR_NO_NETWORK, VIR_ERR_NO_STORAGE_POOL, VIR_ERR_NO_STORAGE_VOL,
      VIR_ERR_NO_DOMAIN_SNAPSHOT, VIR_ERR_NO_DOMAIN_METADATA,
    ].contains(code)
  }
}

extension XML {
  /// What libvirt describes.
  static func description(_ text: String) throws(LibvirtError) -> XMLElement {
    do throws(XMLFault) { return try parse(text) } catch {
      throw LibvirtError(
        code: VIR_ERR_XML_ERROR, description: "libvirt's description is not XML: \(error)")
    }
  }
}

/// What a function of libvirt gives where it succeeds: a handle.
func checked<Value>(_ value: Value?) throws(LibvirtError) -> Value {
  guard let value else { throw .last }
  return value
}

/// What a function of libvirt gives where it succeeds: a number that is not negative.
@discardableResult
func checked(_ result: Int32) throws(LibvirtError) -> Int32 {
  guard result >= 0 else { throw .last }
  return result
}

/// A text that libvirt has allocated.
func checkedText(_ text: UnsafeMutablePointer<CChar>?) throws(LibvirtError) -> String {
  let text = try checked(text)
  defer { free(text) }
  return String(cString: text)
}

/// A flag as libvirt's functions take it.
func flag<Flag: RawRepresentable>(_ flags: Flag...) -> UInt32 where Flag.RawValue == UInt32 {
  flags.reduce(0) { $0 | $1.rawValue }
}
