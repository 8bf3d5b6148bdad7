/// Writes cpio archives of the kind that the kernel unpacks into its initial root.
///
/// Format `newc`: Linux, Documentation/driver-api/early-userspace/buffer-format.rst. Everything belongs to root
/// and has the same time, so that the same contents give the same bytes.
struct Archive {
  enum Entry: Equatable {
    case folder(permissions: UInt32)
    case file([UInt8], permissions: UInt32)
    case link(to: String)
    case characterDevice(major: UInt32, minor: UInt32, permissions: UInt32)
  }

  /// 2020-01-01T00:00:00Z.
  static let time: UInt32 = 1_577_836_800

  private(set) var bytes: [UInt8] = []
  private var number: UInt32 = 0

  /// - Parameter path: relative, without a leading slash; its folder must have been added before.
  mutating func add(_ path: String, _ entry: Entry) {
    number += 1
    switch entry {
    case .folder(let permissions): append(path, 0o040000 | permissions, links: 2)
    case .file(let contents, let permissions): append(path, 0o100000 | permissions, contents)
    case .link(let target): append(path, 0o120777, Array(target.utf8))
    case .characterDevice(let major, let minor, let permissions):
      append(path, 0o020000 | permissions, device: (major, minor))
    }
  }

  /// Ends the archive; its length is a multiple of four, so that another may follow.
  consuming func finish() -> [UInt8] {
    number = 0
    append("TRAILER!!!", 0, time: 0)
    return bytes
  }

  private mutating func append(
    _ path: String, _ mode: UInt32, _ contents: [UInt8] = [], links: UInt32 = 1,
    device: (UInt32, UInt32) = (0, 0), time: UInt32 = Self.time
  ) {
    let name = Array(path.utf8) + [0]
    let fields: [UInt32] = [
      number, mode, 0, 0, links, time, UInt32(contents.count), 0, 0, device.0, device.1,
      UInt32(name.count), 0,
    ]
    bytes += Array("070701".utf8)
    for field in fields { bytes += Self.hex(field) }
    bytes += name
    pad()
    bytes += contents
    pad()
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  /// Eight hexadecimal digits.
  private static func hex(_ value: UInt32) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return stride(from: 28, through: 0, by: -4).map { digits[Int(value >> UInt32($0) & 15)] }
  }
}
