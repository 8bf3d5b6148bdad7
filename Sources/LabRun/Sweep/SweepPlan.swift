import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues
import PiCrypto
import PiExchange

/// The points of a sweep and the order in which they are measured.
struct SweepPlan: Sendable {
  /// One combination, whatever the mode.
  struct Point: Sendable {
    var exchange: Exchange
    var image: SweepImage
    var groupName: String
    var groupBits: Int
    /// Nil leaves the links as they are.
    var link: SweepLink?
    /// Measured with the programs that the run's own are compared with.
    var isOfOthers = false
  }

  /// One exchange that is to be run.
  struct Work: Sendable, Equatable {
    var point: Int
    /// Place among the measurements of the mode; nil for one that is not counted.
    var position: Int?
  }

  let points: [Point]
  let repeats: Int
  let warmups: Int
  let seed: UInt64

  /// - Parameter isCompared: every point is measured with other programs, too; those points come last.
  init(
    _ sweep: Sweep, base: Exchange, images: [SweepImage], seed: UInt64, isCompared: Bool = false
  ) throws(LabError) {
    repeats = sweep.repeats
    warmups = sweep.warmups
    self.seed = seed
    var points: [Point] = []
    for cipher in sweep.ciphers.isEmpty ? [base.cipher] : sweep.ciphers {
      for group in Self.groups(sweep, base, cipher) {
        for link in sweep.links.isEmpty ? [nil] : sweep.links.map(Optional.some) {
          for image in images {
            var point = try Self.point(base, cipher, group, image)
            point.link = link
            points.append(point)
          }
        }
      }
    }
    if isCompared {
      points += points.map { point in
        var other = point
        other.isOfOthers = true
        return other
      }
    }
    self.points = points
  }

  /// The exchange's own group where no other is asked for and the cipher's profile allows it.
  private static func groups(_ sweep: Sweep, _ base: Exchange, _ cipher: Cipher) -> [GroupChoice] {
    if !sweep.groups.isEmpty { return sweep.groups.map { .named($0) } }
    let profile = profile(of: cipher)
    return [profile == base.profile ? base.group : .named(profile.defaultGroupName)]
  }

  private static func profile(of cipher: Cipher) -> Profile {
    Profile.allCases.first { $0.ciphers.contains(cipher) } ?? .classic
  }

  private static func point(
    _ base: Exchange, _ cipher: Cipher, _ group: GroupChoice, _ image: SweepImage
  ) throws(LabError) -> Point {
    var exchange = base
    exchange.name = "sweep"
    exchange.profile = profile(of: cipher)
    exchange.cipher = cipher
    if exchange.profile != base.profile {
      exchange.authentication = exchange.profile.defaultAuthentication
    }
    if group != base.group { exchange.privateExponents = [:] }
    exchange.group = group
    exchange.image = image.path
    // Sizes are those of the files.
    exchange.pixels = nil
    // What is measured leaves no files: the image is hashed as it arrives.
    exchange.store = []
    exchange.digest = []
    do {
      let numbers = try group.group()
      return Point(
        exchange: exchange, image: image, groupName: numbers.name, groupBits: numbers.bits)
    } catch {
      throw LabError(
        .internal, ErrorWords.words(of: error), step: "prepare")
    }
  }

  /// The exchanges of one mode: first those that are not counted, then the measurements, each in random order.
  /// - Parameters:
  ///   - mode: its place among the modes.
  ///   - done: positions that have been measured.
  func order(mode: Int, done: Set<Int>) -> [Work] {
    var random = SeededRandom(seed: seed &+ UInt64(mode) &* 0xD1B5_4A32_D192_ED03)
    let measured = measured(&random)
    let left = measured.enumerated().filter { !done.contains($0.offset) }
      .map { Work(point: $0.element, position: $0.offset) }
    let open = Set(left.map(\.point)).sorted()
    var first = open.flatMap { Array(repeating: Work(point: $0, position: nil), count: warmups) }
    random.shuffle(&first)
    // Links are changed as seldom as may be.
    first = links.flatMap { link in first.filter { points[$0.point].link == link } }
    return first + left
  }

  /// Links, in the order of the manifest.
  private var links: [SweepLink?] {
    points.map(\.link).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// All measurements in random order; those on one link together, once in each round, so that a machine that gets slower
  /// meanwhile is slower for every link. So it is for both sides of a comparison.
  private func measured(_ random: inout SeededRandom) -> [Int] {
    var links = links
    guard links.count > 1 || points.contains(where: \.isOfOthers) else {
      var measured = points.indices.flatMap { Array(repeating: $0, count: repeats) }
      random.shuffle(&measured)
      return measured
    }
    var measured: [Int] = []
    for _ in 0..<repeats {
      random.shuffle(&links)
      for link in links {
        var block = points.indices.filter { points[$0].link == link }
        random.shuffle(&block)
        measured += block
      }
    }
    return measured
  }

  func report(of point: Point, mode: LabMode, samples: [SweepSample]) -> SweepPoint {
    var result = SweepPoint(
      mode: mode.rawValue, profile: point.exchange.profile.name, cipher: point.exchange.cipher.name,
      group: point.groupName, groupBits: point.groupBits,
      authentication: point.exchange.authentication.name,
      image: ImageReport(name: point.image.name, bytes: point.image.bytes),
      imageSHA256: point.image.sha256, samples: samples)
    result.link = point.link
    return result
  }
}

/// An image of a sweep.
struct SweepImage: Sendable, Equatable {
  /// On this machine.
  var path: String
  /// Empty for a picture that was made for the sweep.
  var name: String
  var bytes: UInt64
  var sha256: String
}
