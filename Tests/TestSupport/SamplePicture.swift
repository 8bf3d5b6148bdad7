/// Picture files that tests of several targets read.
public enum SamplePicture {
  public static let ppm =
    Array("P6\n# a comment\n3 2\n255\n".utf8) + (0..<18).map { UInt8($0 * 10) }

  /// Pixel (x, y) counted from the top has blue x, green y, red 200; rows bottom up unless
  /// `height` is negative.
  public static func bmp(width: Int32, height: Int32, bits: UInt16, rows: Int? = nil) -> [UInt8] {
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    var file: [UInt8] = [0x42, 0x4D]
    file += bytes(UInt32(0)) + bytes(UInt32(0)) + bytes(UInt32(54)) + bytes(UInt32(40))
    file += bytes(width) + bytes(height) + bytes(UInt16(1)) + bytes(bits)
    file += [UInt8](repeating: 0, count: 24)
    let count = rows ?? Int(height.magnitude)
    for row in 0..<count {
      let y = height > 0 ? count - 1 - row : row
      var line: [UInt8] = []
      for x in 0..<Int(width) {
        line += [UInt8(x), UInt8(y), 200] + (bits == 32 ? [99] : [])
      }
      file += line + [UInt8](repeating: 0, count: (4 - line.count % 4) % 4)
    }
    return file
  }
}
