/// Quantities as people read them. Independent of the locale, so that output can be compared.
public enum Human {
  /// 384.4 KiB; whole bytes below 1 KiB.
  public static func bytes(_ count: UInt64) -> String {
    if count == 1 { return "1 byte" }
    if count < 1024 { return "\(count) bytes" }
    let (value, unit) = binary(Double(count))
    return "\(decimal(value, places: 1)) \(unit)B"
  }

  /// Three significant digits: 812 ns, 1.23 ms, 12.3 s; from two minutes on 2 min 5 s.
  public static func duration(nanoseconds: UInt64) -> String {
    if nanoseconds < 1000 { return "\(nanoseconds) ns" }
    let seconds = Double(nanoseconds) / 1e9
    if seconds >= 120 {
      let whole = UInt64(seconds.rounded())
      return "\(whole / 60) min \(whole % 60) s"
    }
    let units: [(factor: Double, name: String)] = [(1e6, "µs"), (1e3, "ms"), (1, "s")]
    // 999.6 µs would print as 1000 µs, so the next unit takes over where rounding reaches it.
    let unit = units.first { seconds * $0.factor < 999.5 } ?? (1, "s")
    return "\(significant(seconds * unit.factor)) \(unit.name)"
  }

  /// Bytes over busy time: 512 MiB/s. Nil where no time has passed.
  public static func rate(bytes: UInt64, nanoseconds: UInt64) -> String? {
    guard nanoseconds > 0 else { return nil }
    let perSecond = Double(bytes) / Double(nanoseconds) * 1e9
    if perSecond < 1024 { return "\(significant(perSecond)) B/s" }
    let (value, unit) = binary(perSecond)
    return "\(significant(value)) \(unit)B/s"
  }

  /// `1 point`, `24 601 points`.
  public static func counted(_ number: Int, _ noun: String) -> String {
    "\(count(UInt64(max(0, number)))) \(noun)\(number == 1 ? "" : "s")"
  }

  /// Digits in groups of three: 24 601.
  public static func count(_ number: UInt64) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(" ") }
      text.append(digit)
    }
    return text
  }

  /// once, twice, 3 times.
  public static func times(_ number: UInt64) -> String {
    switch number {
    case 1: "once"
    case 2: "twice"
    default: "\(count(number)) times"
    }
  }

  /// 61 %. Neither 0 % nor 100 % unless it is exactly that; nil for a part of nothing.
  public static func percent(_ part: UInt64, of whole: UInt64) -> String? {
    guard whole > 0 else { return nil }
    let share = Double(part) / Double(whole) * 100
    if part > 0, share < 1 { return "under 1 %" }
    if part < whole, share > 99 { return "over 99 %" }
    return "\(decimal(share, places: 0)) %"
  }

  /// Controls, which could move a terminal's cursor, and bidirectional overrides become U+FFFD;
  /// line breaks and tabs become spaces.
  public static func printable(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar == "\n" || scalar == "\t" || scalar == "\r":
        scalars.append(" ")
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        scalars.append("\u{FFFD}")
      default:
        scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  private static func binary(_ value: Double) -> (Double, String) {
    var (value, unit) = (value / 1024, 0)
    let units = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
    while value >= 1023.95, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return (value, units[unit])
  }

  private static func significant(_ value: Double) -> String {
    decimal(value, places: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
  }

  private static func decimal(_ value: Double, places: Int) -> String {
    var scale: UInt64 = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = UInt64((value * Double(scale)).rounded())
    if places == 0 { return "\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(scaled / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
  }
}

extension Human {
  /// As `duration`, of a measured or computed value that need not be whole; negative ones too.
  public static func time(_ nanoseconds: Double) -> String {
    guard nanoseconds.isFinite, abs(nanoseconds) < 1e18 else { return "–" }
    let text = duration(nanoseconds: UInt64(abs(nanoseconds).rounded()))
    return nanoseconds <= -0.5 ? "−\(text)" : text
  }

  /// As `rate`, of a value that need not be whole.
  public static func rate(bytesPerSecond: Double) -> String {
    guard bytesPerSecond.isFinite, bytesPerSecond >= 0, bytesPerSecond < 1e18 else { return "–" }
    // A kilosecond keeps three digits of slow rates.
    return rate(bytes: UInt64(bytesPerSecond * 1000), nanoseconds: 1_000_000_000_000) ?? "–"
  }

  /// 64 KiB, 1 MiB, 1000 bytes: in the largest unit that needs no fraction, so that different sizes have
  /// different texts.
  public static func exactBytes(_ count: UInt64) -> String {
    let units: [(UInt64, String)] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    for (factor, name) in units where count >= factor && count % factor == 0 {
      return "\(count / factor) \(name)"
    }
    return count == 1 ? "1 byte" : "\(count) bytes"
  }
}
