/// A Netpbm file whose pixels are decimal numbers (P1, P2, P3), with all its bytes in memory. The pixels have no fixed
/// places, so that they are read once, row by row.
package struct PlainNetpbm {
  package let format: PixelLayout.Format
  package let width: Int
  package let height: Int
  private let maximum: Int
  private let scanner: NetpbmScanner

  /// - Parameter header: the first bytes of a file.
  package static func isOne(_ header: [UInt8]) -> Bool {
    header.count > 2 && header[0] == UInt8(ascii: "P") && (0x31...0x33).contains(header[1])
      && (NetpbmScanner.isSpace(header[2]) || header[2] == UInt8(ascii: "#"))
  }

  package init(_ bytes: [UInt8]) throws(PictureError) {
    let format: PixelLayout.Format =
      switch bytes[1] {
      case 0x31: .pbm
      case 0x32: .pgm
      default: .ppm
      }
    var scanner = NetpbmScanner(bytes: bytes, position: 2, format: format)
    width = try scanner.number("the width")
    height = try scanner.number("the height")
    maximum = format == .pbm ? 1 : try scanner.maximum()
    // Checks the sizes.
    _ = try PixelLayout(
      format: format, width: width, height: height, offset: scanner.position, bytesPerPixel: 1,
      stride: width)
    self.format = format
    self.scanner = scanner
  }

  package func scaledDown(factor: Int) throws(PictureError) -> Picture {
    let channels: Picture.Channels = format == .ppm ? .rgb : .grey
    var reducer = RowReducer(width: width, channels: channels, maximum: maximum, factor: factor)
    var scanner = scanner
    var row = [UInt16](repeating: 0, count: width * channels.rawValue)
    for _ in 0..<height {
      for index in row.indices {
        // A bitmap's 1 is black, and its digits need no space between them.
        row[index] =
          format == .pbm ? 1 - (try scanner.bit()) : try scanner.sample(upTo: maximum)
      }
      reducer.add(row)
    }
    return try reducer.finish()
  }
}

/// Reads the decimal numbers of a Netpbm file; `#` begins a comment up to the end of its line.
struct NetpbmScanner {
  package let bytes: [UInt8]
  package var position: Int
  package let format: PixelLayout.Format

  package mutating func number(_ name: String) throws(PictureError) -> Int {
    try skipSpace(before: name)
    var value = 0
    let start = position
    while let digit = peek, (0x30...0x39).contains(digit) {
      // Seven digits keep every later product far from overflow; sizes are bounded below that.
      guard position - start < 7 else { throw malformed("\(name) has too many digits") }
      value = value * 10 + Int(digit - 0x30)
      position += 1
    }
    guard position > start else { throw malformed("\(name) is missing") }
    return value
  }

  /// The largest value of a sample.
  package mutating func maximum() throws(PictureError) -> Int {
    let maximum = try number("the maximum value")
    guard (1...65535).contains(maximum) else { throw malformed("its maximum value is \(maximum)") }
    return maximum
  }

  package mutating func sample(upTo maximum: Int) throws(PictureError) -> UInt16 {
    let value = try number("a pixel")
    guard value <= maximum else { throw malformed("a pixel is \(value), over its maximum") }
    return UInt16(value)
  }

  package mutating func bit() throws(PictureError) -> UInt16 {
    skipSpace()
    guard let digit = peek, digit == 0x30 || digit == 0x31 else {
      throw malformed(peek == nil ? "a pixel is missing" : "a pixel is neither 0 nor 1")
    }
    position += 1
    return UInt16(digit - 0x30)
  }

  package mutating func oneSpace() throws(PictureError) {
    guard let byte = peek, Self.isSpace(byte) else {
      throw malformed("no white space ends the header")
    }
    position += 1
  }

  private mutating func skipSpace(before name: String) throws(PictureError) {
    let start = position
    skipSpace()
    guard position > start else {
      throw malformed(peek == nil ? "\(name) is missing" : "no white space before \(name)")
    }
  }

  private mutating func skipSpace() {
    while let byte = peek {
      if Self.isSpace(byte) {
        position += 1
      } else if byte == UInt8(ascii: "#") {
        // Old programs end lines with CR alone.
        while let byte = peek, byte != 0x0A, byte != 0x0D { position += 1 }
      } else {
        return
      }
    }
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func malformed(_ reason: String) -> PictureError {
    .malformed(format: format.rawValue, reason: reason)
  }

  package static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}
