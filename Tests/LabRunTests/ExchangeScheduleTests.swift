import LabCore
import LabManifest
import LabResults
import Testing

@testable import LabRun

/// Which exchanges run at once.
struct ExchangeScheduleTests {
  private static func exchanges(_ pairs: String) -> [Exchange] {
    pairs.split(separator: " ").map { pair in
      Exchange(
        name: String(pair), sender: String(pair.prefix(1)), receiver: String(pair.suffix(1)),
        image: "/none")
    }
  }

  private static func ended(_ index: Int, _ error: LabError? = nil, _ all: [Exchange])
    -> ExchangeSchedule.Ended
  {
    ExchangeSchedule.Ended(
      index: index,
      result: error.map { ExchangeResult(all[index], preventedBy: $0) }
        ?? ExchangeResult(blank: all[index]), error: error)
  }

  @Test func oneAfterTheOther() {
    let all = Self.exchanges("ab cd ac")
    var schedule = ExchangeSchedule(all, atOnce: 1)
    for index in all.indices {
      #expect(schedule.begin() == [index])
      #expect(schedule.begin().isEmpty)
      schedule.end(Self.ended(index, nil, all))
    }
    #expect(schedule.begin().isEmpty && schedule.results.map(\.name) == ["ab", "cd", "ac"])
  }

  /// No board is in two at once, and the results are in the manifest's order.
  @Test func severalAtOnceAreOfDifferentBoards() {
    let all = Self.exchanges("ab ac cd ef gh")
    var schedule = ExchangeSchedule(all, atOnce: 3)
    #expect(schedule.begin() == [0, 2, 3])
    schedule.end(Self.ended(3, nil, all))
    #expect(schedule.begin() == [4])
    schedule.end(Self.ended(0, nil, all))
    // c is in use still.
    #expect(schedule.begin().isEmpty)
    schedule.end(Self.ended(2, nil, all))
    #expect(schedule.begin() == [1])
    for index in [4, 1] { schedule.end(Self.ended(index, nil, all)) }
    #expect(schedule.results.map(\.name) == ["ab", "ac", "cd", "ef", "gh"])
  }

  /// The first failure that is of no board ends the run; a later one takes only its own exchange.
  @Test func whatEndsTheRun() {
    let all = Self.exchanges("ab cd")
    let error = LabError(.imageMissing, "there is no image")
    var schedule = ExchangeSchedule(all, atOnce: 1)
    _ = schedule.begin()
    schedule.end(Self.ended(0, error, all))
    #expect(schedule.error == error && schedule.begin().isEmpty)

    schedule = ExchangeSchedule(all, atOnce: 1)
    _ = schedule.begin()
    schedule.end(Self.ended(0, nil, all))
    _ = schedule.begin()
    schedule.end(Self.ended(1, error, all))
    #expect(
      schedule.error == nil
        && schedule.results.map(\.failure) == [nil, schedule.results[1].failure])
    #expect(schedule.results[1].failure?.code == error.code)

    schedule = ExchangeSchedule(all, atOnce: 2)
    _ = schedule.begin()
    schedule.end(Self.ended(0, nil, all))
    schedule.end(Self.ended(1, .cancelled, all))
    #expect(schedule.error?.isCancellation == true)
  }
}
