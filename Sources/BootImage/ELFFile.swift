/// What the image needs to know of a program, library or kernel module: 64-bit ELF, little-endian.
///
/// Source: System V ABI, chapter 4, and its AMD64 supplement.
struct ELFFile {
  private let bytes: [UInt8]
  private let sections: [String: Range<Int>]

  /// Nil where the bytes are no such file, or point outside themselves.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
    self.bytes = bytes
    guard let sections = Self.sections(of: bytes) else { return nil }
    self.sections = sections
  }

  /// The shared libraries that the dynamic linker loads first (DT_NEEDED).
  var neededLibraries: [String] {
    guard let dynamic = sections[".dynamic"], let names = sections[".dynstr"] else { return [] }
    return stride(from: dynamic.lowerBound, to: dynamic.upperBound - 15, by: 16).compactMap {
      guard Self.number(bytes, $0, 8) == 1 else { return nil }
      guard let offset = Self.number(bytes, $0 + 8, 8), offset < names.count else { return nil }
      return Self.text(bytes, names.lowerBound + offset, limit: names.upperBound)
    }
  }

  /// A kernel module's values for a key, such as `depends` or `alias`.
  func moduleInformation(_ key: String) -> [String] {
    guard let section = sections[".modinfo"] else { return [] }
    return bytes[section].split(separator: 0).compactMap { field in
      let text = String(decoding: field, as: UTF8.self)
      return text.hasPrefix(key + "=") ? String(text.dropFirst(key.count + 1)) : nil
    }
  }

  private static func sections(of bytes: [UInt8]) -> [String: Range<Int>]? {
    guard let table = number(bytes, 40, 8), let entrySize = number(bytes, 58, 2),
      let count = number(bytes, 60, 2), let namesIndex = number(bytes, 62, 2),
      entrySize >= 64, table <= bytes.count - count * entrySize, namesIndex < count,
      let names = range(bytes, table + namesIndex * entrySize)
    else { return nil }
    var sections: [String: Range<Int>] = [:]
    for index in 0..<count {
      let header = table + index * entrySize
      // Type 8 (SHT_NOBITS) has no bytes in the file.
      guard number(bytes, header + 4, 4) != 8 else { continue }
      guard let contents = range(bytes, header), let offset = number(bytes, header, 4),
        offset < names.count
      else { return nil }
      sections[text(bytes, names.lowerBound + offset, limit: names.upperBound)] = contents
    }
    return sections
  }

  /// The bytes of the section with this header; nil where they lie outside the file.
  private static func range(_ bytes: [UInt8], _ header: Int) -> Range<Int>? {
    guard let offset = number(bytes, header + 24, 8), let size = number(bytes, header + 32, 8),
      offset <= bytes.count, size <= bytes.count - offset
    else { return nil }
    return offset..<offset + size
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - width else { return nil }
    var value: UInt64 = 0
    for index in (0..<width).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
    return Int(exactly: value)
  }

  private static func text(_ bytes: [UInt8], _ start: Int, limit: Int) -> String {
    String(decoding: bytes[start..<limit].prefix { $0 != 0 }, as: UTF8.self)
  }
}
