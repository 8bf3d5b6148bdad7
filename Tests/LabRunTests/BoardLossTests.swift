import LabCore
import PiExchange
import Testing

@testable import LabRun

/// What is said of an exchange whose board went away.
struct BoardLossTests {
  private func error(_ code: LabError.Code) -> LabError {
    LabError(code, "it is gone", board: "bob", step: "run", hint: "look", cause: "words")
  }

  @Test func progressSaysStepAndBytes() {
    var progress = ProgramProgress(.sender)
    #expect(progress.step == .listen)
    progress.advance(.listening(port: 1))
    #expect(progress.step == .connect)
    progress.advance(.connected)
    #expect(progress.step == .hello)
    #expect(progress.words == "before the image")
    progress.advance(.confirmed)
    #expect(progress.words == "at the beginning of the image")
    progress.advance(.progress(bytes: 1 << 20, total: 4 << 20))
    #expect(progress.step == .image)
    #expect(progress.words == "after 1.0 MiB of 4.0 MiB")
    #expect(ProgramProgress(.receiver).step == .connect)
  }

  @Test func lossIsTheCauseOfWhatThePeerMet() {
    let failure = LabError.lost(error(.switchedOff), ProgramProgress(.receiver))
    #expect(failure.code.name == "board_switched_off")
    #expect(failure.message == "the board was lost before the image: it is gone: words")
    let lost = ProgramEnd(role: .receiver, board: "bob", outcome: .lost(failure))
    #expect(lost.failure?.code == failure.code && lost.failure?.board == "bob")
    #expect(FailureCause.select([.failed(.sender, "idle_timeout"), lost])?.board == "bob")
    #expect(FailureCause.select([.failed(.sender, "connection_lost"), lost])?.board == "bob")
  }

  /// `connection_lost` is what programs say of the connection between them.
  @Test func otherLossesHaveACodeOfTheirOwn() {
    let failure = LabError.lost(error(.broken), ProgramProgress(.receiver))
    #expect(failure.code.name == "board_lost")
    #expect(error(.broken).isLossOfBoard)
    #expect(!error(.commandFailed).isLossOfBoard)
  }
}
