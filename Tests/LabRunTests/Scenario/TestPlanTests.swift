import LabCore
import LabManifest
import LabResults
import LabValues
import PiCrypto
import PiExchange
import Testing

@testable import LabRun

/// The cells of scenarios, and where their faults are.
struct TestPlanTests {
  private static func manifest(_ scenarios: [Scenario]) -> LabManifest {
    let addresses = [1, 2, 3].map { IPv4Address(value: 10 << 24 | 77 << 16 | $0) }
    var boards = zip(["alice", "bob", "mallory"], addresses).map { Board(name: $0, address: $1) }
    boards[2].isAttacker = true
    var manifest = LabManifest(
      name: "lab", mode: .auto, network: LabNetwork(), boards: boards,
      exchanges: [
        Exchange(name: "classic", sender: "alice", receiver: "bob", image: "/none"),
        Exchange(
          name: "sealed", sender: "alice", receiver: "bob", image: "/none", profile: .sealed),
      ])
    manifest.scenarios = scenarios
    return manifest
  }

  private static func scenario(
    _ name: String, modes: [String] = [], exchanges: [String] = ["classic", "sealed"],
    _ faults: [Fault] = []
  ) -> Scenario {
    var scenario = Scenario(name: name)
    scenario.matrix.modes = modes.map(LabMode.init(rawValue:))
    scenario.matrix.exchanges = exchanges
    var step = ExchangeStep()
    step.faults = faults
    scenario.steps = [ScenarioStep(.exchange(step))]
    return scenario
  }

  private static func plan(
    _ scenarios: [Scenario], mode: String? = nil, _ change: (inout TestRequest) -> Void = { _ in }
  ) throws -> TestPlan {
    var request = TestRequest()
    request.seed = 5
    change(&request)
    return try TestPlan(request, manifest(scenarios), mode: mode.map(LabMode.init(rawValue:)))
  }

  /// A verdict on a part is none on the rest.
  @Test func whatIsLeftOutIsCounted() throws {
    let all = [Self.scenario("a", modes: ["loopback", "namespace"]), Self.scenario("b")]
    let whole = try Self.plan(all)
    #expect(whole.leftOut == nil)
    let count = whole.cells.count
    let ofB = try Self.plan(all) { $0.scenarios = ["b"] }
    #expect(
      ofB.leftOut == LeftOut(cells: count - ofB.cells.count, of: count, scenarios: ["a"]))
    let one = try Self.plan(all) { ($0.scenarios, $0.cell) = (["a"], 1) }
    #expect(one.leftOut == LeftOut(cells: count - 1, of: count, scenarios: ["b"]))
    let ofMode = try Self.plan(all, mode: "loopback")
    #expect(ofMode.leftOut?.scenarios == [])
    #expect(ofMode.leftOut?.cells == count - ofMode.cells.count)
  }

  @Test func everyCombinationIsACell() throws {
    var scenario = Self.scenario("a", modes: ["loopback", "namespace"])
    scenario.matrix.except = [.init(exchange: "sealed", mode: LabMode(rawValue: "namespace"))]
    let cells = try Self.plan([scenario]).cells
    #expect(cells.map(\.number) == [1, 2, 3])
    #expect(cells.map { $0.exchange?.name } == ["classic", "sealed", "classic"])
    #expect(cells.map { $0.mode?.rawValue } == ["loopback", "loopback", "namespace"])
    // With a mode of the user's the others are left out, and keep their numbers.
    #expect(try Self.plan([scenario], mode: "namespace").cells.map(\.number) == [3])
    #expect(try Self.plan([scenario], mode: "libvirt").cells.isEmpty)
  }

  /// Twelve places in classic, eleven in sealed, and no action where it has nothing to act on.
  @Test func everyFrameMultiplies() throws {
    let faults = [Fault(at: .everyFrame, [.reset, .flipBits(1)])]
    let cells = try Self.plan([Self.scenario("a", faults)]).cells
    // The ends of both streams can be reset, and have no bits.
    #expect(cells.count == (12 + 10) + (11 + 9))
    #expect(Set(cells.map(\.multiplied)).count == (12 + 10))
    #expect(cells.allSatisfy { $0.multiplied.count == 1 })
    #expect(cells.map(\.number) == Array(1...cells.count))
    let ends = cells.filter { $0.multiplied[0].place.position == .part(.end) }
    #expect(ends.allSatisfy { $0.multiplied[0].action == .reset })
  }

  /// Nothing comes behind the last frames, and nothing of the receiver's behind CONFIRM before the sender has got it.
  @Test func framesAreSwappedWhereOthersFollow() throws {
    let cells = try Self.plan([Self.scenario("a", [Fault(at: .everyFrame, [.swap(nil)])])]).cells
    let classic = cells.filter { $0.exchange?.name == "classic" }.map { $0.multiplied[0].words }
    #expect(
      classic == [
        "swap at the sender's PREAMBLE", "swap at the sender's HELLO",
        "swap at the sender's CONFIRM", "swap at the sender's HEADER",
        "swap at the receiver's PREAMBLE", "swap at the receiver's HELLO",
      ])
  }

  /// `digest` is a field of classic only.
  @Test func whatFitsNowhereIsNotDrawn() {
    var random = SeededRandom(seed: 1)
    let digest = FaultAction.set(field: "digest", to: "random")
    #expect(
      FaultPlacing.random(3, [digest], .sealed, imageBytes: 1000, &random).isEmpty)
    #expect(
      FaultPlacing.random(3, [digest, .cut], .sealed, imageBytes: 1000, &random).map(\.action)
        .allSatisfy { $0.words == "cut" })
    #expect(FaultPlacing.random(3, [digest], .classic, imageBytes: 1000, &random).count == 3)
  }

  @Test func shardsAreThePlan() throws {
    let faults = [Fault(at: .everyFrame, [.cut])]
    let all = try Self.plan([Self.scenario("a", faults), Self.scenario("b")]).cells
    let parts = try (1...3).map { own in
      try Self.plan([Self.scenario("a", faults), Self.scenario("b")]) {
        ($0.shard, $0.shards) = (own, 3)
      }.cells
    }
    #expect(parts.flatMap { $0 }.count == all.count)
    #expect(
      Set(parts.flatMap { $0 }.map { "\($0.scenario.name) \($0.number)" }).count == all.count)
    #expect(parts.allSatisfy { abs($0.count - all.count / 3) <= 1 })
  }

  @Test func theListHasWhatIsKnownBeforeItIsTried() throws {
    let random = Fault(at: .random(3), [.flipBits(1), .reset])
    let place = FaultPlace(from: .sender, .part(.hello))
    let scenarios = [
      Self.scenario("frames", exchanges: ["sealed"], [Fault(at: .everyFrame, [.cut])]),
      Self.scenario("drawn", modes: ["loopback"], [Fault(at: .one(place), [.reset]), random]),
    ]
    func list(_ seed: UInt64?) throws -> [TestListing.Listed] {
      var request = TestRequest()
      request.seed = seed
      return try TestListing(request, of: Self.manifest(scenarios), mode: nil).cells
    }
    let cells = try list(nil)
    #expect(cells.map(\.number) == Array(1...9) + [1, 2])
    #expect(cells.allSatisfy { $0.seed == nil })
    #expect(cells[0].words == "frames 1  [exchange=sealed]  cut at the sender's PREAMBLE")
    #expect(
      cells[10].words == "drawn 2  [exchange=sealed,mode=loopback]  reset at the sender's HELLO; "
        + "flip 1 bit or reset at 3 random places")
    let known = try list(5)
    #expect(known[10].faults.count == 4 && known[10].seed == 5)
    #expect(try list(5) == known)
    #expect(try list(6) != known)
  }

  @Test func whatIsNotThereIsSaid() throws {
    let some = [Self.scenario("rough-link")]
    func code(_ change: (inout TestRequest) -> Void) -> LabError? {
      #expect(throws: LabError.self) { try Self.plan(some, change) }
    }
    let name = code { $0.scenarios = ["rough-lnk"] }
    #expect(name?.code == .noSuchScenario && name?.hint?.contains("'rough-link'") == true)
    #expect(code { ($0.scenarios, $0.cell) = (["rough-link"], 3) }?.code == .noSuchCell)
    #expect(throws: LabError.self) { try Self.plan([]) }
  }

  @Test func theSeedDecides() {
    let actions: [FaultAction] = [.cut, .flipBits(1), .set(field: "nonce", to: "0"), .append(1)]
    func draw(_ seed: UInt64, _ profile: Profile = .classic) -> [PlacedFault] {
      var random = SeededRandom(seed: seed)
      return FaultPlacing.random(200, actions, profile, imageBytes: 1000, &random)
    }
    #expect(draw(1) == draw(1))
    #expect(draw(1) != draw(2))
    for fault in draw(3, .sealed) {
      switch fault.place.position {
      case .byte(let number):
        #expect(number < 1000 && fault.place.from == .sender)
      case .part(let part):
        #expect(StreamPart.parts(from: fault.place.from, .sealed).contains(part))
        #expect(fault.action.fits(part, of: fault.place.from))
      }
      if case .set = fault.action { #expect(fault.place.position == .part(.hello)) }
    }
    #expect(Set(draw(1)).count > 100)
  }

  @Test func specs() {
    func spec(_ place: FaultPlace, _ action: FaultAction) -> String {
      PlacedFault(place: place, action: action).spec { "recording-\($0)" }
    }
    let hello = FaultPlace(from: .receiver, .part(.hello), isAfter: true)
    #expect(
      spec(hello, .set(field: "public-value", to: "P-1"))
        == "receiver@HELLO:after=set:public-value:P-1")
    let byte = FaultPlace(from: .sender, .byte(9))
    #expect(spec(byte, .hold(.milliseconds(50))) == "sender@byte:9:before=hold:50ms")
    #expect(spec(byte, .drop(nil)) == "sender@byte:9:before=drop")
    #expect(spec(byte, .replay(step: "one")) == "sender@byte:9:before=replay:recording-one")
    #expect(spec(byte, .kill("bob")) == "sender@byte:9:before=pause")
  }

  @Test func theReplayCommandNamesTheCell() throws {
    let cells = try Self.plan([Self.scenario("a", modes: ["loopback"]), Self.scenario("b")]).cells
    let loopback = LabMode(rawValue: "loopback")
    #expect(
      TestPlan.replay(cells[1], manifest: "x.yaml", mode: loopback, programs: nil)
        == "pilab test x.yaml --scenario a --cell 2 --seed 5")
    #expect(
      TestPlan.replay(
        cells[1], manifest: "/tmp/my lab's/x.yaml", mode: loopback, programs: "my own")
        == "pilab test '/tmp/my lab'\\''s/x.yaml' --scenario a --cell 2 --board-programs 'my own' --seed 5"
    )
    #expect(
      TestPlan.replay(cells[2], manifest: nil, mode: loopback, programs: nil)
        == "pilab test --scenario b --cell 1 --mode loopback --seed 5")
  }
}

struct ShrinkingTests {
  private static let hold = PlacedFault(
    place: FaultPlace(from: .sender, .byte(500)), action: .hold(.milliseconds(40)))
  private static let cut = PlacedFault(
    place: FaultPlace(from: .sender, .part(.hello)), action: .cut)

  /// Fewer first, then nearer to a frame, then shorter.
  @Test func candidates() {
    let words = Shrinking.candidates([[Self.hold, Self.cut]]).map { $0.flatMap { $0 }.map(\.words) }
    #expect(
      words == [
        ["cut at the sender's HELLO"],
        ["hold for 40ms at byte 500 of the image"],
        ["hold for 40ms at the sender's IMAGE", "cut at the sender's HELLO"],
        ["hold for 20ms at byte 500 of the image", "cut at the sender's HELLO"],
      ])
    #expect(Shrinking.candidates([[Self.cut]]).isEmpty)
    // Two that undo each other go at once.
    let three = Shrinking.candidates([[Self.cut, Self.cut], [Self.hold]])
    #expect(three.prefix(3).map { $0.map(\.count) } == [[1, 0], [1, 0], [0, 1]])
  }

  @Test func theEndOfBothSidesIsTheFingerprint() {
    func attempt(_ receiver: String) -> AttemptResult {
      var step = StepResult(number: 1, text: "")
      step.exchange = ExchangeFacts(
        exchange: "e", profile: "classic", verdict: .failed,
        sender: SideFacts(board: "alice", code: "peer_alert"),
        receiver: SideFacts(board: "bob", code: receiver), nanoseconds: UInt64.random(in: 0...9))
      return AttemptResult(seed: 1, verdict: .failed, steps: [step])
    }
    typealias Fingerprint = Shrinking.Fingerprint
    #expect(Fingerprint(attempt("truncated")) == Fingerprint(attempt("truncated")))
    #expect(Fingerprint(attempt("truncated")) != Fingerprint(attempt("bad_frame")))
  }
}

struct TimeLimitTests {
  @Test func whatIsInTimeIsGiven() async throws {
    let value = try await TimeLimit.run(.seconds(60), "it") { () throws(LabError) in 5 }
    #expect(value == 5)
  }

  @Test func whatIsNotIsEnded() async throws {
    let isEnded = SharedValue(false)
    let error = await #expect(throws: LabError.self) {
      try await TimeLimit.run(.milliseconds(1), "it") { () throws(LabError) in
        do { try await Task.sleep(for: .seconds(600)) } catch { isEnded.update { $0 = true } }
      }
    }
    #expect(error?.code == .timedOut)
    #expect(isEnded.value)
  }
}
