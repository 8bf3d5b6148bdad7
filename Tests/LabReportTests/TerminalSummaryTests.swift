import LabResults
import ResultSamples
import Testing

@testable import LabReport

@Suite struct TerminalSummaryTests {
  @Test func goldenText() {
    var classic = Sample.exchange("classic")
    classic.warnings = [
      "alice used a fixed private exponent, for teaching only: its value is in the manifest."
    ]
    let summary = TerminalSummary(
      Sample.report([classic, Sample.failed("wrong-key")]), location: "runs/1/report.html",
      isVerbose: true)
    #expect(
      summary.render(color: false, width: 72) == """
        Failed: exchange wrong-key ended with an error.

        classic  alice → bob  identical
          image         horse.ppm, 384.4 KiB (393 615 bytes)
          profile       classic, ffdhe2048 (2048 bits), aes-128-ecb
          peers         not authenticated; a man in the middle can sit between
          original      6c576fac43fd007c
          encrypted     c4a963d990927fa9
          decrypted     6c576fac43fd007c, equal to the original
          key           confirmed by both boards, transcripts equal
          warning       alice used a fixed private exponent, for teaching only:
                        its value is in the manifest.

          step                 alice         bob
          key generation      612 µs      605 µs
          exchange            184 µs      203 µs
          shared secret       599 µs      603 µs
          read               41.3 µs           –
          encrypt            48.9 µs           –
          send                144 µs           –
          receive                  –      313 µs
          decrypt                  –     44.1 µs
          hash                222 µs      219 µs
          store               402 µs      812 µs
          total              9.48 ms     5.12 ms

        wrong-key  alice → bob  failed
          image         horse.ppm, 384.4 KiB (393 615 bytes)
          profile       sealed, ffdhe3072 (3072 bits), cobblestone-128
          peers         pre-shared key, not confirmed by both boards
          original      6c576fac43fd007c
          failed        step confirm on bob (key_confirmation_failed)
                        The peer's key confirmation is wrong.
          what to do    Give both boards the same pre-shared key.

        Report: runs/1/report.html

        """)
  }

  /// A line for each exchange, why one failed, and each warning once.
  @Test func briefText() {
    var (first, second) = (Sample.exchange("classic"), Sample.exchange("again"))
    first.warnings = ["Nobody proved anything."]
    second.warnings = ["Nobody proved anything.", "The exponent is fixed."]
    let summary = TerminalSummary(
      Sample.report([first, second, Sample.failed("wrong-key")]), location: "runs/1/report.html")
    #expect(
      summary.render(color: false, width: 80) == """
        Failed: exchange wrong-key ended with an error.

        classic    alice → bob  identical   5.12 ms  horse.ppm, 384.4 KiB, aes-128-ecb,
                                                     ffdhe2048
        again      alice → bob  identical   5.12 ms  horse.ppm, 384.4 KiB, aes-128-ecb,
                                                     ffdhe2048
        wrong-key  alice → bob  failed            –  horse.ppm, 384.4 KiB,
                                                     cobblestone-128, ffdhe3072
          key_confirmation_failed, step confirm on bob: The peer's key confirmation is
          wrong.
          What to do: Give both boards the same pre-shared key.

        Warning: classic, again: Nobody proved anything.
        Warning: again: The exponent is fixed.

        Report: runs/1/report.html

        """)
  }

  @Test func colourChangesNothingButEscapeSequences() {
    let summary = TerminalSummary(
      Sample.report([Sample.exchange("classic"), Sample.failed("wrong-key")]))
    let plain = summary.render(color: false, width: 80)
    let coloured = summary.render(color: true, width: 80)
    #expect(!plain.contains("\u{1B}"))
    #expect(coloured.contains("\u{1B}[1;32midentical\u{1B}[0m"))
    #expect(coloured.contains("\u{1B}[1;31mfailed\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test func staysWithinTheWidth() {
    var exchange = Sample.failed("wrong-key")
    exchange.failure?.message = String(repeating: "many words and more ", count: 20)
    exchange.warnings = [String(repeating: "much to warn of ", count: 20)]
    for (width, isVerbose) in [(40, false), (60, false), (60, true), (80, true), (120, false)] {
      let text = TerminalSummary(Sample.report([exchange]), isVerbose: isVerbose)
        .render(color: false, width: width)
      for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
    }
    #expect(!TerminalSummary(Sample.report([exchange])).render(color: false, width: 0).isEmpty)
  }

  @Test func stepsThatWereNotDoneAreLeftOut() {
    var exchange = Sample.exchange("sealed")
    exchange.senderResult?.nanoseconds["hash"] = 0
    exchange.receiverResult?.nanoseconds["hash"] = 0
    exchange.senderResult?.nanoseconds["store"] = 0
    let text = TerminalSummary(Sample.report([exchange]), isVerbose: true).render(
      color: false, width: 80)
    #expect(!text.contains("hash"))
    #expect(text.contains("  store                    –      812 µs\n"))
    #expect(!text.contains("0 ns"))
  }

  @Test func differencesAreNamed() {
    var exchange = Sample.exchange("classic")
    exchange.sha256["receiverDecrypted"] = Sample.hex(77)
    exchange.receiverResult?.transcript = Sample.hex(78)
    exchange.receiverResult?.keyConfirmed = false
    exchange.judge(decryptedIsOriginal: false)
    let text = TerminalSummary(Sample.report([exchange]), isVerbose: true).render(
      color: false, width: 100)
    #expect(text.contains("delivered an image that differs from the original"))
    #expect(text.contains("differs from the original\n"))
    #expect(text.contains("confirmed by alice only, transcripts DIFFER"))
  }

  @Test func anImageThatArrivedIsNotSaidToDiffer() {
    var exchange = Sample.exchange("classic")
    exchange.receiverResult?.keyConfirmed = false
    exchange.judge(decryptedIsOriginal: true)
    let text = TerminalSummary(Sample.report([exchange]), isVerbose: true).render(
      color: false, width: 100)
    #expect(
      text.contains("Failed: exchange classic is not what it claims, though its image arrived."))
    #expect(text.contains("  key           confirmed by alice only, transcripts equal\n"))
    #expect(!text.contains("differs"))
  }

  @Test func textFromElsewhereCannotSteerTheTerminal() {
    var exchange = Sample.failed("a\u{1B}[2Jb")
    exchange.failure?.message = "\u{1B}]0;title\u{7}"
    exchange.warnings = ["\u{9B}31m"]
    exchange.image.name = "x\u{8}y\ny"
    let text = TerminalSummary(Sample.report([exchange]), location: "\u{1B}c")
      .render(color: false, width: 80)
    let controls = text.unicodeScalars.filter {
      $0 != "\n" && $0.properties.generalCategory == .control
    }
    #expect(controls.isEmpty)
    #expect(!text.contains("y\ny"))
  }

  /// Only what is to be copied, a command or a path, may be wider than the terminal.
  @Test func narrowTerminal() {
    var swept = Sample.report([Sample.exchange("classic"), Sample.exchange("sealed")])
    swept.sweep = SweepFixture.report(repeats: 8)
    for report in [swept, ScenarioSample.report(ScenarioSample.everything())] {
      let text = TerminalSummary(report).render(color: false, width: 40)
      for line in text.split(separator: "\n") where !line.contains("again: ") {
        #expect(line.count <= 40, "\(line)")
      }
    }
  }
}
