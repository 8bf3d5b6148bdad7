import Foundation
import LabCore
import LabManifest
import LabResults
import LabValues
import PiCrypto
import PiExchange
import TestSupport
import Testing

@testable import LabReport
@testable import LabRun
@testable import Pictures

struct SeededRandomTests {
  /// Of the reference implementation in C by Vigna, seed 1234567.
  @Test func numbersAreSplitMix64s() {
    var random = SeededRandom(seed: 1_234_567)
    let wanted: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(wanted.allSatisfy { $0 == random.next() })
  }

  @Test func everyOrderComesAboutEquallyOften() {
    var counts: [[Int]: Int] = [:]
    var random = SeededRandom(seed: 7)
    for _ in 0..<6000 {
      var list = [0, 1, 2]
      random.shuffle(&list)
      counts[list, default: 0] += 1
    }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { (850...1150).contains($0) })
  }
}

struct PictureGeneratorTests {
  /// Valid, of exactly the size asked for, the same every time, with plain areas and with detail.
  @Test func picturesOfEverySize() async throws {
    try withTemporaryFolder { folder in
      let sizes =
        Array(14..<200) + Array(1024..<1100) + [
          4095, 65_536, 99_999, 1_000_003, 1 << 20, 5_000_000,
        ]
      for size in sizes {
        let path = "\(folder)/\(size).ppm"
        try PictureGenerator(size: size).write(to: path)
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(bytes.count == size)
        let layout = try #require(
          try PixelLayout.parse(
            header: Array(bytes.prefix(PixelLayout.headerLimit)), fileSize: size))
        #expect(layout.end == size && layout.format == .ppm, "\(size)")
        guard size >= 65_536 else { continue }
        let statistics = try BlockStatistics(path: path)
        #expect(statistics.repeated > statistics.examined / 4)
        #expect(statistics.repeated < statistics.examined * 3 / 4)
        #expect(Double(layout.width) / Double(layout.height) < 3)
        try PictureGenerator(size: size).write(to: "\(path).again")
        #expect(try Evidence.areIdentical(path, "\(path).again"))
      }
    }
  }

  /// The header's padding stays within bounds for the largest sizes too, which are not written here.
  @Test func theLargestHaveAHeader() {
    for size in [1 << 30, (1 << 30) - 1, 1_000_000_000, 999_999_937, 123_456_789] {
      let picture = PictureGenerator(size: size)
      #expect(picture.width * picture.height * 3 <= size)
    }
  }
}

struct SweepPlanTests {
  private static func plan(_ change: (inout Sweep) -> Void = { _ in }) throws -> SweepPlan {
    var sweep = Sweep(exchange: "first")
    sweep.ciphers = [.aes128ECB, .cobblestone128]
    (sweep.repeats, sweep.warmups) = (3, 2)
    change(&sweep)
    let images = [1, 2].map {
      SweepImage(path: "/\($0).ppm", name: "", bytes: $0, sha256: "\($0)")
    }
    return try SweepPlan(sweep, base: .sample(), images: images, seed: 5)
  }

  @Test func everyCombinationOnce() throws {
    let plan = try Self.plan { $0.groups = ["ffdhe2048", "ffdhe3072"] }
    let names = plan.points.map { "\($0.exchange.cipher.name) \($0.groupBits) \($0.image.bytes)" }
    #expect(plan.points.count == 8 && Set(names).count == 8)
    #expect(plan.points.allSatisfy { $0.exchange.store.isEmpty })
  }

  /// In rounds: each point once on every link before any comes again, and all of one link together.
  @Test func linksAreMeasuredInRounds() throws {
    let plan = try Self.plan {
      $0.links = [SweepLink(name: "good"), SweepLink(name: "slow"), SweepLink(name: "lossy")]
    }
    #expect(plan.points.count == 12 && plan.changesLinks)
    let order = plan.order(mode: 0, done: [])
    let warm = order.filter { $0.position == nil }.map { plan.points[$0.point].link?.name }
    #expect(warm.count == 24)
    #expect(zip(warm, warm.dropFirst()).count { $0 != $1 } == 2)
    let measured = order.filter { $0.position != nil }
    #expect(measured.map(\.position) == Array(0..<36))
    for round in 0..<3 {
      let points = measured[(round * 12)..<(round * 12 + 12)].map(\.point)
      #expect(points.sorted() == Array(0..<12))
      let links = points.map { plan.points[$0].link?.name }
      #expect(zip(links, links.dropFirst()).count { $0 != $1 } == 2)
    }
    #expect(plan.order(mode: 0, done: Set(0..<35)).map(\.position) == [nil, nil, 35])
    #expect(try !Self.plan().changesLinks)
  }

  /// Both sides of a comparison in every round, and neither always first.
  @Test func comparedProgramsAreMeasuredInTurn() throws {
    var sweep = Sweep(exchange: "first")
    (sweep.repeats, sweep.warmups) = (20, 1)
    let image = SweepImage(path: "/1.ppm", name: "", bytes: 1, sha256: "1")
    let plan = try SweepPlan(sweep, base: .sample(), images: [image], seed: 5, isCompared: true)
    #expect(plan.points.map(\.isOfOthers) == [false, true])
    let measured = plan.order(mode: 0, done: []).filter { $0.position != nil }.map(\.point)
    let rounds = stride(from: 0, to: 40, by: 2).map { Array(measured[$0..<$0 + 2]) }
    #expect(rounds.allSatisfy { $0.sorted() == [0, 1] })
    #expect((5...15).contains(rounds.count { $0 == [0, 1] }))
  }

  @Test func theMachinesPaceIsAskedNowAndThen() async {
    for total in [1, 10, 96, 191, 500, 10_000] {
      let due = (0..<total).count { MachinePace.isDue(at: $0, of: total) }
      #expect((min(total, 96)...192).contains(due), "\(total)")
    }
    #expect(await MachinePace.measure() > 1000)
  }

  /// A cipher of another profile takes that profile's group and authentication.
  @Test func profilesFollowTheirCiphers() throws {
    let sealed = try #require(try Self.plan().points.last?.exchange)
    #expect(sealed.profile == .sealed && sealed.authentication == .preSharedKey)
    #expect(sealed.group == .named("ffdhe3072"))
  }

  @Test func everyMeasurementOnceInTheOrderOfTheSeed() throws {
    let plan = try Self.plan()
    let work = plan.order(mode: 0, done: [])
    #expect(work.prefix(8).allSatisfy { $0.position == nil })
    #expect(work.dropFirst(8).map(\.position) == (0..<12).map(Optional.some))
    let measured = Dictionary(grouping: work.dropFirst(8), by: \.point).mapValues(\.count)
    #expect(measured == [0: 3, 1: 3, 2: 3, 3: 3])
    #expect(work.dropFirst(8).map(\.point) != [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    #expect(plan.order(mode: 0, done: []) == work)
    #expect(plan.order(mode: 1, done: []) != work)
    // What is done is left out, and the rest keeps its places.
    let rest = plan.order(mode: 0, done: Set(0..<11))
    #expect(rest.last == work.last && rest.count == 3)
    #expect(plan.order(mode: 0, done: Set(0..<12)).isEmpty)
  }
}

struct SweepJournalTests {
  private static func settings(_ points: [String] = ["a"]) -> SweepSettings {
    SweepSettings(
      pilab: "1", kernel: "k", processor: "p", modes: ["auto"], repeats: 3, warmups: 0,
      points: points)
  }

  private static func entry(_ position: Int) -> SweepJournal.Entry {
    SweepJournal.Entry(
      mode: "loopback", point: 0,
      sample: SweepSample(
        position: position, verdict: .identical, nanoseconds: ["exchange": 5]))
  }

  @Test func whatWasWrittenIsThereAfterACrash() async throws {
    try withTemporaryFolder { folder in
      let header = SweepJournal.Header(settings: Self.settings(), seed: 9)
      let first = try SweepJournal.begin(header, in: folder, start: "2026-01-01T00:00:00Z")
      for position in 0..<2 { try first.append(Self.entry(position)) }
      // A crash in the middle of a line.
      let file = try #require(FileHandle(forWritingAtPath: first.path))
      try file.seekToEnd()
      try file.write(contentsOf: Data(#"{"mode":"loopback","point":0,"sam"#.utf8))
      let second = try SweepJournal.resume(
        Self.settings(), in: folder, start: "2026-01-02T00:00:00Z")
      #expect(second.path == first.path && second.header == header)
      #expect(second.entries == [Self.entry(0), Self.entry(1)])
      #expect(second.sessions == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"])
      try second.append(Self.entry(2))
      let third = try SweepJournal.resume(Self.settings(), in: folder, start: "x")
      #expect(third.entries.count == 3 && third.sessions.count == 3)
    }
  }

  @Test func othersAreNotGoneOnWith() async throws {
    try withTemporaryFolder { folder in
      func resume(_ settings: SweepSettings) throws {
        _ = try SweepJournal.resume(settings, in: folder, start: "x")
      }
      #expect { try resume(Self.settings()) } throws: {
        ($0 as? LabError)?.code.name == "nothing_to_resume"
      }
      let header = SweepJournal.Header(settings: Self.settings(), seed: 9)
      let journal = try SweepJournal.begin(header, in: folder, start: "2026-01-01T00:00:00Z")
      #expect { try resume(Self.settings(["b"])) } throws: {
        ($0 as? LabError)?.code.name == "sweep_changed"
      }
      try resume(Self.settings())
      let file = try #require(FileHandle(forWritingAtPath: journal.path))
      try file.seekToEnd()
      try file.write(contentsOf: Data("nonsense\n".utf8))
      #expect { try resume(Self.settings()) } throws: {
        ($0 as? LabError)?.code.name == "journal_damaged" && "\($0)".contains("line 4")
      }
    }
  }
}
