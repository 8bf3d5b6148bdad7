import Foundation
import LabResults
import LabValues
import Testing

@testable import LabRun

/// What is in force on a lab's links, and what is told of it.
struct ConditionTests {
  private static let delay = LinkImpairment(delay: .milliseconds(20))
  private static let loss = LinkImpairment(loss: Percentage(partsPerMillion: 1_000_000))

  private static func conditions(
    _ done: [(LabChange, LinkImpairment?)] = [], manifest: LinkImpairment? = nil
  ) -> LabConditions {
    var conditions = LabConditions(["alice", "bob"], manifest: manifest)
    for (change, impairment) in done {
      let begun = conditions.begin(change)
      conditions.finish(begun, impairment)
    }
    return conditions
  }

  @Test func manifestAndCommandsAreToldApart() {
    let made = Self.conditions(manifest: Self.delay)
    #expect(made.board("alice").origin == .manifest && made.board("alice").impairment == Self.delay)
    let changed = Self.conditions(
      [
        (LabChange(.impair, board: "bob", detail: "\(Self.loss)"), Self.loss),
        (LabChange(.clear, board: "alice"), nil),
      ], manifest: Self.delay)
    #expect(changed.board("bob").origin == .command && changed.board("bob").losesAll)
    #expect(changed.board("alice").impairment == nil && changed.board("alice").origin == nil)
    #expect(
      changed.changes.map(\.command) == [
        "pilab impair bob --loss 100%", "pilab impair alice --clear",
      ])
    #expect(changed.changes.map(\.number) == [1, 2])
  }

  @Test func linkAndPower() {
    let down = Self.conditions([
      (LabChange(.linkDown, board: "bob"), nil), (LabChange(.kill, board: "alice"), nil),
    ])
    #expect(down.board("bob").isLinkDown && !down.board("alice").isLinkDown)
    #expect(down.board("alice").isOff && !down.board("bob").isOff)
    let up = Self.conditions([
      (LabChange(.linkDown, board: "bob"), nil), (LabChange(.kill, board: "alice"), nil),
      (LabChange(.linkUp, board: "bob"), nil), (LabChange(.reboot, board: "alice"), nil),
    ])
    #expect(up.all == Self.conditions().all)
  }

  /// What impairs a link is the link's, so a board that starts anew has it still.
  @Test func rebootLeavesTheLinkAsItIs() {
    let conditions = Self.conditions([
      (LabChange(.impair, board: "bob", detail: "\(Self.delay)"), Self.delay),
      (LabChange(.linkDown, board: "bob"), nil), (LabChange(.reboot, board: "bob"), nil),
    ])
    #expect(conditions.board("bob").impairment == Self.delay)
    #expect(conditions.board("bob").isLinkDown)
  }

  @Test func restoreBringsTheLinksBack() {
    let conditions = Self.conditions([
      (LabChange(.impair, board: "bob", detail: "\(Self.delay)"), Self.delay),
      (LabChange(.snapshot, detail: "warm"), nil), (LabChange(.clear, board: "bob"), nil),
      (LabChange(.linkDown, board: "alice"), nil), (LabChange(.kill, board: "bob"), nil),
      (LabChange(.restore, detail: "warm"), nil),
    ])
    #expect(conditions.board("bob").impairment == Self.delay)
    #expect(!conditions.board("bob").isOff && !conditions.board("alice").isLinkDown)
  }

  /// A pilab that was killed in the middle leaves a doubt, until the same command is done in full.
  @Test func whatDidNotEndIsInDoubt() throws {
    var conditions = Self.conditions()
    _ = conditions.begin(LabChange(.linkDown, board: "bob"))
    let doubt = try #require(conditions.board("bob").doubt)
    #expect(doubt.contains("'pilab link bob down' was begun at "))
    #expect(doubt.contains("has not ended") && conditions.board("alice").doubt == nil)
    let other = conditions.begin(LabChange(.clear, board: "bob"))
    conditions.finish(other)
    #expect(conditions.board("bob").doubt != nil)
    let up = conditions.begin(LabChange(.linkUp, board: "bob"))
    conditions.finish(up)
    #expect(conditions.board("bob").doubt == nil)
  }

  @Test func whatFailedIsInDoubtUnlessNothingWasDone() {
    var conditions = Self.conditions()
    var begun = conditions.begin(LabChange(.impair, board: "bob", detail: "delay 1ms"))
    conditions.fail(begun, isUndone: true)
    #expect(conditions.all == Self.conditions().all && conditions.changes.isEmpty)
    begun = conditions.begin(LabChange(.restore, detail: "warm"))
    conditions.fail(begun, isUndone: false)
    #expect(conditions.all.allSatisfy { $0.doubt?.contains("pilab restore warm") == true })
  }

  @Test func changesAreBounded() {
    let many = (1...1000).map { _ in (LabChange(.linkDown, board: "bob"), nil as LinkImpairment?) }
    let conditions = Self.conditions(many)
    #expect(conditions.changes.count == LabConditions.mostChanges)
    #expect(conditions.count == 1000 && conditions.changes.last?.number == 1000)
  }

  @Test func stateKeepsThem() throws {
    let conditions = Self.conditions(
      [(LabChange(.impair, board: "bob", detail: "\(Self.loss)"), Self.loss)], manifest: Self.delay)
    let data = try JSONEncoder().encode(conditions)
    #expect(try JSONDecoder().decode(LabConditions.self, from: data) == conditions)
  }

  // MARK: Hints

  private static func hint(
    _ done: [(LabChange, LinkImpairment?)], code: String = "connect_failed",
    since count: Int = .max, manifest: LinkImpairment? = nil
  ) -> String? {
    let start = conditions(Array(done.prefix(count)), manifest: manifest)
    let now = conditions(done, manifest: manifest)
    return FailureHint(start: start, now: now, boards: ["alice", "bob"])
      .hint(for: code, else: "is the sender running there?")
  }

  @Test func aPulledLinkIsTheReason() {
    let pulled = Self.hint([(LabChange(.linkDown, board: "bob"), nil)]) ?? ""
    #expect(
      pulled.contains("the link of board 'bob' is down") && pulled.contains("pilab link bob up"))
    #expect(!pulled.contains("is the sender running there?"))
    let lossy =
      Self.hint([(LabChange(.impair, board: "alice", detail: "loss 100%"), Self.loss)]) ?? ""
    #expect(lossy.contains("loses all") && lossy.contains("pilab impair alice --clear"))
    let off = Self.hint([(LabChange(.kill, board: "bob"), nil)], code: "board_switched_off") ?? ""
    #expect(off.contains("'pilab kill bob'") && off.contains("pilab reboot bob"))
    #expect(Self.hint([], manifest: Self.loss)?.contains("the manifest says so") == true)
  }

  @Test func aLinkThatWasPulledMeanwhileIsTheReasonToo() {
    let done = [
      (LabChange(.linkDown, board: "bob"), nil as LinkImpairment?),
      (LabChange(.linkUp, board: "bob"), nil),
    ]
    #expect(Self.hint(done, code: "idle_timeout", since: 0)?.contains("came in between") == true)
    #expect(Self.hint(done, code: "idle_timeout") == "is the sender running there?")
  }

  @Test func anImpairmentIsARemark() {
    let done = [
      (LabChange(.impair, board: "bob", detail: "\(Self.delay)"), Self.delay as LinkImpairment?)
    ]
    #expect(
      Self.hint(done)
        == "is the sender running there?; the link of board 'bob' is impaired, delay 20ms: pilab impair bob --clear"
    )
    #expect(Self.hint(done, code: "key_confirmation_failed") == "is the sender running there?")
  }
}
