import Foundation
import LabResults
import Testing

/// `pilab run` with a sweep, and what becomes of one that is interrupted.
struct SweepTests {
  private static func manifest(_ sweep: String) -> String {
    """
    version: 1
    name: lab
    mode: loopback
    boards: { alice: {}, bob: {} }
    exchanges:
      only: { sender: alice, receiver: bob, image: image.bin }
    sweep: { \(sweep) }

    """
  }

  private static func with(
    _ sweep: String, _ body: (PilabFixture) async throws -> Void
  ) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.write(Self.manifest(sweep), to: "lab.yaml")
      try await body(fixture)
    }
  }

  private static func journals(_ fixture: PilabFixture) -> [String] {
    fixture.names(in: ".pilab/lab/runs").filter {
      $0.hasPrefix(".sweep-") && $0.hasSuffix(".jsonl")
    }
  }

  @Test func everyPointIsMeasured() async throws {
    let sweep =
      "sizes: [1KiB, 100000, 1MiB], ciphers: [aes-128-ecb, aes-128-ctr, cobblestone-128], "
      + "groups: [ffdhe2048, ffdhe3072], repeats: 2, seed: 42"
    try await Self.with(sweep) { fixture in
      let run = try await fixture.pilab("run")
      #expect(run.status == 0)
      #expect(run.errors.contains("sweep: 18 points, 36 measurements"))
      #expect(run.output.contains("straight line"))
      let report = try fixture.report()
      let found = try #require(report.sweep)
      #expect(found.seed == 42 && found.sessions.count == 1)
      #expect(found.points.count == 18 && Set(found.points.map(\.name)).count == 18)
      for point in found.points {
        #expect(point.samples.map(\.verdict) == [.identical, .identical])
        #expect([1024, 100_000, 1 << 20].contains(point.image.bytes))
        for quantity in SweepQuantity.allCases { #expect(point.times(quantity).count == 2) }
      }
      let positions = found.points.flatMap { $0.samples.map(\.position) }
      #expect(positions.sorted() == Array(0..<36) && positions != Array(0..<36))
      #expect(Self.journals(fixture).isEmpty)
      #expect(
        fixture.names(in: ".pilab/lab/runs/latest")
          == ["only", "programs", "report.html", "report.json", "sweep.jsonl"])
      #expect(fixture.names(in: ".pilab/lab/runs").count == 2)
      #expect(try await fixture.pilab("run", "--no-sweep", "--quiet").status == 0)
      #expect(try fixture.report().sweep == nil)
    }
  }

  /// Killed, interrupted and gone on with, until all is there; no measurement is taken twice.
  @Test(arguments: [SIGKILL, SIGINT])
  func nothingMeasuredIsLost(_ signal: Int32) async throws {
    let sweep = "sizes: [1KiB, 2KiB, 4KiB], repeats: 30, warmups: 0"
    try await Self.with(sweep) { fixture in
      var before: [String] = []
      for round in 0..<2 {
        let arguments = ["run", "--quiet"] + (round == 0 ? [] : ["--resume"])
        let running = try fixture.start(arguments)
        let name = try await Self.lines(fixture, atLeast: before.count + 12)
        running.send(signal)
        let end = try await running.end()
        #expect(end.status == (signal == SIGKILL ? -SIGKILL : 130))
        let lines = try Self.measured(fixture, name)
        #expect(lines.starts(with: before) && lines.count > before.count && lines.count < 90)
        before = lines
      }
      let last = try await fixture.pilab("run", "--resume")
      #expect(last.status == 0)
      #expect(last.errors.contains("90 measurements, \(before.count) of them taken before"))
      let found = try #require(try fixture.report().sweep)
      #expect(found.sessions.count == 3)
      #expect(found.points.allSatisfy { $0.samples.count == 30 && $0.verdict == .identical })
      #expect(found.points.flatMap { $0.samples.map(\.position) }.sorted() == Array(0..<90))
      let kept = try String(
        decoding: fixture.read(".pilab/lab/runs/latest/sweep.jsonl"), as: UTF8.self)
      for line in before { #expect(kept.contains(line)) }
      #expect(Self.journals(fixture).isEmpty)
      #expect(fixture.names(in: ".pilab/lab/runs").allSatisfy { !$0.hasPrefix(".") })
      let none = try await fixture.pilab("run", "--resume")
      #expect(none.status == 66 && none.errors.contains("no interrupted sweep"))
    }
  }

  /// Waits until the journal has so many measurements; returns its name.
  private static func lines(_ fixture: PilabFixture, atLeast count: Int) async throws -> String {
    let deadline = ContinuousClock.now + .seconds(100)
    while ContinuousClock.now < deadline {
      if let name = journals(fixture).first, try measured(fixture, name).count >= count {
        return name
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw TooSlow()
  }

  private struct TooSlow: Error {}

  private static func measured(_ fixture: PilabFixture, _ name: String) throws -> [String] {
    String(decoding: try fixture.read(".pilab/lab/runs/\(name)"), as: UTF8.self)
      .split(separator: "\n").map(String.init).filter { $0.contains("\"sample\"") }
  }

  /// A board is lost in the middle: what was measured is in the report, and can be gone on with.
  @Test func aLostBoardTakesNoMeasurementAway() async throws {
    try await Self.with("sizes: [1KiB, 2KiB], repeats: 60, warmups: 0") { fixture in
      let running = try fixture.start(["run", "--mode", "namespace"])
      let name = try await Self.lines(fixture, atLeast: 12)
      let holder = String(decoding: try fixture.read(".pilab/lab/network/holder"), as: UTF8.self)
      kill(try #require(Int32(holder.trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
      let end = try await running.end()
      #expect(end.status == 69, "\(end.errors)")
      #expect(end.output.hasPrefix("Failed: the sweep is not complete"))
      #expect(
        end.errors.contains(
          "measurements are kept; go on with: pilab run --mode namespace --resume"))
      let before = try Self.measured(fixture, name)
      let report = try fixture.report()
      #expect(report.verdict == .failed && report.exchanges.map(\.verdict) == [.identical])
      let partial = try #require(report.sweep)
      #expect(partial.sampleCount == before.count && !partial.isComplete)
      #expect(fixture.exists(".pilab/lab/runs/latest/report.html"))
      let last = try await fixture.pilab("run", "--mode", "namespace", "--resume")
      #expect(last.status == 0, "\(last.errors)")
      #expect(try fixture.report().sweep?.points.allSatisfy { $0.samples.count == 60 } == true)
      #expect(Self.journals(fixture).isEmpty)
    }
  }

  /// Measurements over other links are others: pulled, they are gone on with only when the links are as they were.
  @Test func aSweepGoesOnOverTheSameLinksOnly() async throws {
    try await Self.with("sizes: [1KiB], repeats: 100, warmups: 0") { fixture in
      #expect(try await fixture.pilab("up", "--mode", "namespace").status == 0)
      #expect(try await fixture.pilab("impair", "bob", "--rate", "50mbit").status == 0)
      let running = try fixture.start(["run", "--mode", "namespace", "--quiet"])
      _ = try await Self.lines(fixture, atLeast: 5)
      running.send(SIGTERM)
      #expect(try await running.end().status == 143)
      #expect(try await fixture.pilab("impair", "bob", "--clear").status == 0)
      let other = try await fixture.pilab("run", "--mode", "namespace", "--resume")
      #expect(other.status == 64 && other.errors.contains("measured something else"), "\(other)")
      #expect(Self.journals(fixture).count == 1)
      #expect(try await fixture.pilab("impair", "bob", "--rate", "50mbit").status == 0)
      let same = try await fixture.pilab("run", "--mode", "namespace", "--resume")
      #expect(same.status == 0, "\(same.errors)")
      #expect(try fixture.report().sweep?.points.first?.samples.count == 100)
      #expect(try await fixture.pilab("down").status == 0)
    }
  }

  @Test func whatChangedIsNotGoneOnWith() async throws {
    try await Self.with("sizes: [1KiB], repeats: 500, warmups: 0") { fixture in
      let running = try fixture.start(["run"])
      _ = try await Self.lines(fixture, atLeast: 1)
      running.send(SIGTERM)
      #expect(try await running.end().errors.contains("measurements are kept; go on with"))
      try fixture.write(Self.manifest("sizes: [2KiB], repeats: 500"), to: "lab.yaml")
      let other = try await fixture.pilab("run", "--resume")
      #expect(other.status == 64 && other.errors.contains("measured something else"))
      // The same manifest with other programs measures something else, too.
      try fixture.write(Self.manifest("sizes: [1KiB], repeats: 500, warmups: 0"), to: "lab.yaml")
      let copied = try await fixture.shell(
        "mkdir others && cp \(PilabFixture.programs)/pi-sender \(PilabFixture.programs)/pi-receiver others && echo >>others/pi-sender"
      )
      #expect(copied.status == 0, "\(copied.errors)")
      let programs = try await fixture.pilab("run", "--resume", "--board-programs", "others")
      #expect(programs.status == 64 && programs.errors.contains("measured something else"))
      // A run without the sweep leaves it where it is.
      #expect(try await fixture.pilab("run", "--no-sweep", "--quiet").status == 0)
      #expect(Self.journals(fixture).count == 1)
      #expect(try await fixture.pilab("prune", "--keep", "5").output == "nothing to remove\n")
      #expect(try await fixture.pilab("prune", "--keep", "5", "--interrupted").status == 0)
      #expect(Self.journals(fixture).isEmpty)
    }
  }

  /// The port is somebody else's, so no exchange can work; all are tried, and each says why.
  @Test func failuresAreMeasurementsToo() async throws {
    let (descriptor, port) = try Self.listener()
    defer { close(descriptor) }
    try await Self.with("sizes: [1KiB, 1MiB], repeats: 2, warmups: 0") { fixture in
      let text = Self.manifest("sizes: [1KiB, 1MiB], repeats: 2, warmups: 0")
        .replacing("image: image.bin", with: "image: image.bin, port: \(port)")
      try fixture.write(text, to: "lab.yaml")
      let run = try await fixture.pilab("run")
      #expect(run.status == 1 && run.output.hasPrefix("Failed: 5 of 5"))
      let sweep = try #require(try fixture.report().sweep)
      #expect(sweep.points.allSatisfy { $0.verdict == .failed && $0.samples.count == 2 })
      #expect(sweep.points[0].samples[0].failure?.board == "alice")
      let junit = try await fixture.pilab("report", "--format", "junit")
      #expect(junit.output.contains("2 of 2 measurements failed"))
    }
  }

  /// A TCP port that is listened on at alice's address.
  private static func listener() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.77.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isBound)
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }
}
