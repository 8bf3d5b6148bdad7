/// A picture of large flat areas, 512 by 384 pixels: a house under the sun.
enum SamplePicture {
  private static let width = 512
  private static let height = 384

  private typealias Color = (red: UInt8, green: UInt8, blue: UInt8)

  /// The picture as binary PPM (P6).
  static func ppm() -> [UInt8] {
    var bytes = Array("P6\n\(width) \(height)\n255\n".utf8)
    bytes.reserveCapacity(bytes.count + width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let color = color(x, y)
        bytes += [color.red, color.green, color.blue]
      }
    }
    return bytes
  }

  private static func color(_ x: Int, _ y: Int) -> Color {
    if isHouse(x, y) { return houseColor(x, y) }
    if isInDisc(x, y, centerX: 410, centerY: 80, radius: 44) { return (255, 205, 60) }
    // Two hills in front of the sky, and the meadow.
    if y > 300 { return (86, 152, 72) }
    if isInDisc(x, y, centerX: 120, centerY: 460, radius: 240) { return (110, 170, 96) }
    if isInDisc(x, y, centerX: 420, centerY: 520, radius: 280) { return (132, 186, 118) }
    return (158, 206, 240)
  }

  private static func isHouse(_ x: Int, _ y: Int) -> Bool {
    let isWall = (150..<330).contains(x) && (190..<330).contains(y)
    let isRoof = (110..<190).contains(y) && abs(x - 240) < (y - 110) * 13 / 8
    return isWall || isRoof
  }

  private static func houseColor(_ x: Int, _ y: Int) -> Color {
    if y < 190 { return (168, 62, 48) }
    if (222..<262).contains(x), y >= 252 { return (104, 70, 44) }
    let isWindow = (212..<242).contains(y) && ((170..<200).contains(x) || (284..<314).contains(x))
    return isWindow ? (236, 246, 252) : (240, 224, 190)
  }

  private static func isInDisc(
    _ x: Int, _ y: Int, centerX: Int, centerY: Int, radius: Int
  ) -> Bool {
    let (dx, dy) = (x - centerX, y - centerY)
    return dx * dx + dy * dy < radius * radius
  }
}
