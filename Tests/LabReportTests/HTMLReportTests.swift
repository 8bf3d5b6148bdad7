import Foundation
import HostKit
import LabCore
import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport
@testable import Pictures

@Suite struct HTMLReportTests {
  private func check(
    _ exchanges: [ExchangeResult], ownClocks: Bool? = nil, in folder: TemporaryFolder
  ) throws -> (html: String, page: CheckedPage) {
    var report = Sample.report(exchanges)
    report.ownClocks = ownClocks
    let html = try HTMLReport(report: report, folder: folder.url.path).render()
    return (html, try CheckedPage(html, in: folder))
  }

  @Test func twoExchangesSideBySide() throws {
    let folder = try TemporaryFolder()
    let classic = try Sample.encrypted("classic", in: folder)
    let sealed = try Sample.encrypted(
      "sealed", profile: "sealed", cipher: "cobblestone-128", openssl: "aes-128-ctr",
      authentication: "psk", in: folder)
    let (html, page) = try check([classic, sealed], in: folder)
    #expect(page.errors == [])
    // One original, two ciphertexts, and which blocks repeat.
    #expect(page.pngs == .init(repeating: [400, 328], count: 4))
    #expect(html.utf8.count < 1_000_000)
    let text = page.text.replacing("\u{A0}", with: " ")
    #expect(text.contains("Identical: in both exchanges the image arrived exactly as it was sent."))
    #expect(text.contains("93 % of the 24 601 ciphertext blocks (22 960) repeat an earlier one"))
    #expect(text.contains("None of the 24 600 ciphertext blocks repeats an earlier one"))
    #expect(text.contains("equal to the original"))
    #expect(!text.contains("differs from"))
    #expect(text.contains("Nobody is authenticated"))
    #expect(text.contains("Forward secrecy."))
    #expect(
      text.contains(
        "In classic ECB shows the picture, and nobody proved who they were; in sealed the picture is "
          + "hidden, and both boards proved that they hold the same key."))
    for hash in classic.sha256.values { #expect(text.contains(hash)) }
    #expect(try pictures(html).count == 4)
  }

  /// The reason stands in the first table, the logs with the exchange; pictures that are missing are not shown.
  @Test func whatFailedIsSaidAtOnce() throws {
    let folder = try TemporaryFolder()
    let failed = Sample.failed("wrong-key")
    let place = folder.url.appending(path: "wrong-key/\(failed.receiver)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let log = (1...20).map { "{\"event\":\"line \($0)\"}" }.joined(separator: "\n")
    try Data(log.utf8).write(to: place.appending(path: "stderr.log"))
    let (html, page) = try check([Sample.exchange("classic"), failed], in: folder)
    #expect(page.errors == [])
    #expect(html.contains("<small class=\"reason\">bob, confirm: key_confirmation_failed."))
    #expect(page.text.contains("{\"event\":\"line 20\"}") && !page.text.contains("line 10\""))
    #expect(html.contains("<p class=\"lesson\">bob, confirm: key_confirmation_failed. "))
    #expect(!html.contains("<h3>wrong-key: "))
  }

  /// Every PNG on the page, read back by libpng.
  private func pictures(_ html: String) throws -> [Picture] {
    try html.matches(of: /data:image\/png;base64,([^"]*)"/).map { match in
      try Picture(png: [UInt8](#require(Data(base64Encoded: String(match.1)))))
    }
  }

  @Test func aFailureSaysWhatHappenedAndWhatToDo() throws {
    let folder = try TemporaryFolder()
    let (_, page) = try check([Sample.failed("wrong-key")], in: folder)
    #expect(page.errors == [])
    #expect(page.pngs.isEmpty)
    for part in [
      "Failed: exchange wrong-key ended with an error.", "bob", "confirm",
      "key_confirmation_failed", "The peer's key confirmation is wrong.",
      "Give both boards the same pre-shared key.",
    ] {
      #expect(page.text.contains(part), "\(part)")
    }
    #expect(!page.text.contains("Timings"))
  }

  @Test func differingHashesAreNamed() throws {
    let folder = try TemporaryFolder()
    var exchange = Sample.exchange("classic")
    exchange.sha256["receiverDecrypted"] = Sample.hex(77)
    exchange.receiverResult?.transcript = Sample.hex(78)
    exchange.receiverResult?.peerPublicValue = Sample.hex(79)
    exchange.judge(decryptedIsOriginal: false)
    let (_, page) = try check([exchange], in: folder)
    #expect(page.errors == [])
    #expect(page.text.contains("differs from the original"))
    #expect(page.text.contains("differs from alice's"))
    #expect(page.text.contains("differs from what bob received"))
  }

  @Test func oneClockOneTimeLine() throws {
    let folder = try TemporaryFolder()
    for (own, lines) in [(Bool?.none, 1), (true, 2)] {
      let (html, page) = try check([Sample.exchange("classic")], ownClocks: own, in: folder)
      #expect(page.errors == [])
      #expect(html.matches(of: /<figure class="timeline">/).count == lines)
    }
  }

  @Test(arguments: [
    #"<script>alert(1)</script>"#, #"" onmouseover="alert(1)"#, "\"\u{301} onload=alert(1) x=\"",
    "'><img src=https://example.org/x.png>", "</style><script>", "{{lab}} {{{lab}}}",
    "&amp;<!--", "a\u{0}\u{1B}]0;x\u{7}b",
  ])
  func hostileTextStaysText(text: String) throws {
    let folder = try TemporaryFolder()
    var hostile = Sample.exchange("classic")
    hostile.name = text
    hostile.sender = text
    hostile.profile = text
    hostile.cipher = text
    hostile.image.name = text
    hostile.files = ["original": text, "receiverEncrypted": text]
    hostile.sha256 = ["original": text, "receiverDecrypted": text]
    hostile.warnings = [text]
    hostile.senderResult?.board = text
    hostile.senderResult?.transcript = text
    hostile.senderResult?.publicValue = text
    hostile.senderResult?.nanoseconds[text] = 5
    hostile.failure = LabError(
      .init(text), text, board: text, step: text, hint: text)
    // With pictures, so that the text stands in attributes too: their alternative texts.
    var drawn = Sample.exchange("drawn")
    (drawn.receiver, drawn.image.name) = (text, text)
    try folder.write(SamplePicture.ppm, to: "small.ppm")
    drawn.files = ["original": "small.ppm", "receiverDecrypted": "small.ppm"]
    var report = Sample.report([hostile, drawn])
    report.lab = text
    report.startedAt = text
    report.environment.kernel = text
    let html = try HTMLReport(report: report, folder: folder.url.path).render()
    let page = try CheckedPage(html, in: folder)
    #expect(page.errors == [])
    #expect(page.pngs.count == 2)
    #expect(page.text.contains(Human.printable(text)))
  }

  @Test func impossibleMarksGiveNoTimeLine() throws {
    let folder = try TemporaryFolder()
    var exchange = Sample.exchange("classic")
    exchange.senderResult?.marks = ["connected": .max, "hello": 0, "confirmed": .max]
    exchange.receiverResult?.marks = [:]
    exchange.senderResult?.nanoseconds = [:]
    exchange.receiverResult?.nanoseconds = ["total": .max, "encrypt": .max]
    let (html, page) = try check([exchange], in: folder)
    #expect(page.errors == [])
    // Of alice's marks hello to confirmed remain, which is one bar over the whole line.
    #expect(html.matches(of: /class="phase\d" x=/).count == 1)
  }

  /// The checker itself must be able to find what it looks for.
  @Test(arguments: [
    ("<p>", "never closed"), ("</div>", "closes"), ("<i id=a></i><i id=a></i>", "not unique"),
    ("<img src='x.png' alt='x'>", "not an embedded"), ("<img src='data:,' alt=''>", "alt text"),
    ("<script></script>", "not allowed"), ("<p onclick='x'></p>", "not allowed"),
    ("<a href='//example.org'>x</a>", "not a reference"), ("<a href='#no'>x</a>", "missing id"),
    ("<style>a{background:url(x.png)}</style>", "in the style"), ("<h4>x</h4>", "after h1"),
    ("<style>@import 'x'</style>", "in the style"), ("<th>x</th>", "scope"),
    ("<p style='background:url(http://x)'></p>", "external"),
    ("<section class='cell' aria-labelledby='c'><h2 id='c'>x</h2></section>", "no link leads to"),
    ("<img alt=x src='data:image/png;base64,iVBORw0KGgo='>", "does not decode"),
  ])
  func checkerFinds(fault: String, error: String) throws {
    let folder = try TemporaryFolder()
    let page = "<!DOCTYPE html><html lang=\"en\"><body><h1>x</h1>\(fault)</body></html>"
    let checked = try CheckedPage(page, in: folder)
    #expect(checked.errors.contains { $0.contains(error) }, "\(checked.errors)")
  }
}

@Suite struct ProtectionTests {
  private func subjects(_ points: [Protection.Point]) -> [String] { points.map(\.subject) }

  @Test func classicNamesItsWeaknesses() {
    let protection = Protection(Sample.exchange("classic"))
    let missing = subjects(protection.notProtected)
    #expect(missing.contains("Identity."))
    #expect(missing.contains("Equal blocks."))
    #expect(missing.contains("The image against an active attacker."))
    #expect(missing.contains("The full strength of AES-128."))
    #expect(subjects(protection.protected).contains("Forward secrecy."))
    #expect(!subjects(protection.protected).contains("The image's content"))
  }

  @Test func counterModeHidesEqualBlocks() {
    let protection = Protection(Sample.exchange("ctr", cipher: "aes-128-ctr"))
    #expect(!subjects(protection.notProtected).contains("Equal blocks."))
    #expect(subjects(protection.notProtected).contains("Single bits."))
    #expect(subjects(protection.protected).contains("The image's content"))
  }

  @Test(arguments: ["psk", "none"])
  func sealedIdentifiesOnlyByPreSharedKey(authentication: String) {
    let protection = Protection(
      Sample.exchange(
        "sealed", profile: "sealed", cipher: "cobblestone-128", authentication: authentication))
    let isAuthenticated = authentication == "psk"
    #expect(subjects(protection.protected).contains("The peer's identity.") == isAuthenticated)
    #expect(subjects(protection.notProtected).contains("Identity.") != isAuthenticated)
    #expect(!subjects(protection.notProtected).contains("The image against an active attacker."))
    #expect(subjects(protection.notProtected).contains("What anyone on the path sees."))
  }

  @Test func fixedExponentsAndTextbookGroupsTakeTheirToll() {
    var exchange = Sample.exchange("classic")
    exchange.receiverResult?.insecure = ["fixed-private-exponent"]
    #expect(!subjects(Protection(exchange).protected).contains("Forward secrecy."))
    exchange.receiverResult?.insecure = ["textbook-group"]
    #expect(Protection(exchange).protected.isEmpty)
    #expect(subjects(Protection(exchange).notProtected).contains("Secrecy."))
  }

  @Test(arguments: [["unchecked-subgroup"], ["unchecked-subgroup", "breakable-generator"]])
  func groupsThatCannotBeCheckedProtectNothing(_ flags: [String]) throws {
    var exchange = Sample.exchange("classic")
    exchange.senderResult?.insecure = flags + ["no-authentication"]
    let protection = Protection(exchange)
    #expect(protection.protected.isEmpty)
    let secrecy = try #require(protection.notProtected.first { $0.subject == "Secrecy." })
    #expect(secrecy.text.contains("P is not 2q+1 with a prime q"))
    #expect(!secrecy.text.contains("fixed exponent"))
    #expect(
      subjects(protection.notProtected).contains("The private exponents.") == (flags.count == 2))
    exchange.receiverResult?.insecure = ["fixed-private-exponent"]
    let fixed = Protection(exchange).notProtected.first { $0.subject == "Secrecy." }
    #expect(fixed?.text.contains("The fixed exponent leaks a part with each such value") == true)
  }
}
