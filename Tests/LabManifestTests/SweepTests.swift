import LabManifest
import LabValues
import PiExchange
import Testing

struct SweepTests {
  private static func sweep(_ text: String) throws -> Sweep? {
    try Samples.grammar.parse(Samples.manifest(top: "sweep: \(text)"), path: Samples.path).sweep
  }

  @Test func everythingIsRead() throws {
    let sweep = try #require(
      try Self.sweep(
        """
        { exchange: first, sizes: [1MiB, 1000000, 1KiB], ciphers: [cobblestone-128, aes-128-ecb], \
        groups: [ffdhe3072], modes: [namespace, loopback], repeats: 3, warmups: 0, seed: 4294967295 }
        """))
    var wanted = Sweep(exchange: "first")
    wanted.sizes = [1 << 20, 1_000_000, 1 << 10]
    wanted.ciphers = [.cobblestone128, .aes128ECB]
    wanted.groups = ["ffdhe3072"]
    wanted.modes = ["namespace", "loopback"].map(LabMode.init(rawValue:))
    (wanted.repeats, wanted.warmups, wanted.seed) = (3, 0, 4_294_967_295)
    #expect(sweep == wanted)
  }

  /// In their order, and each profile by its default cipher.
  @Test func linksAndProfiles() throws {
    let sweep = try #require(
      try Self.sweep(
        "{ profiles: [sealed, classic], links: { good: {}, slow: { rate: 10Mbit, delay: 20ms } } }")
    )
    #expect(sweep.ciphers == [.cobblestone128, .aes128ECB])
    #expect(sweep.links.map(\.name) == ["good", "slow"])
    #expect(
      sweep.links.map(\.impairment) == [
        nil,
        LinkImpairment(rate: BitRate(bitsPerSecond: 10_000_000), delay: .milliseconds(20)),
      ])
  }

  /// Said before anything is measured: not only the profile varies.
  @Test func profilesOfDifferentGroupsAreWarnedOf() throws {
    func warnings(_ text: String) throws -> [String] {
      try Samples.grammar.parse(Samples.manifest(top: "sweep: \(text)"), path: Samples.path)
        .warnings.map(\.message)
    }
    for text in [
      "{ profiles: [sealed, classic] }", "{ ciphers: [aes-128-ctr, cobblestone-128] }",
    ] {
      let found = try warnings(text)
      #expect(found.count == 1 && found[0].contains("classic with ffdhe2048"), "\(found)")
    }
    for text in [
      "{ profiles: [sealed, classic], groups: [ffdhe3072] }", "{ profiles: [sealed] }",
      "{ ciphers: [aes-128-ctr, aes-128-ecb] }",
    ] { #expect(try warnings(text) == []) }
  }

  @Test func defaults() throws {
    let sweep = try #require(try Self.sweep(""))
    #expect(sweep == Sweep(exchange: "first"))
    #expect(sweep.repeats == 5 && sweep.warmups == 1 && sweep.seed == nil)
    #expect(try Samples.grammar.parse(Samples.manifest(), path: Samples.path).sweep == nil)
  }

  @Test(arguments: [
    BadManifest(
      Samples.manifest(top: "sweep: { profiles: ¶[sealed], ciphers: [aes-128-ecb] }"),
      "'profiles' cannot be used with 'ciphers', which name their profiles", hint: "leave one"),
    BadManifest(
      Samples.manifest(top: "sweep: { links: { a: { ¶los: 1% } } }"), "unknown key 'los'",
      hint: "did you mean 'loss'?"),
    BadManifest(
      Samples.manifest(top: "sweep: { links: { a: ¶{ reorder: 1% } } }").replacing(
        "¶{ reorder: 1%", with: "{ reorder: ¶1%"), "without a delay there is nothing to overtake",
      hint: "10ms"),
    BadManifest(
      Samples.manifest(top: "sweep: { exchange: ¶frist }"), "there is no exchange 'frist'",
      hint: "did you mean 'first'?"),
    BadManifest(
      Samples.manifest(top: "sweep: { sizes: ¶[] }"), "the list is empty", hint: "leave the key out"
    ),
    BadManifest(
      Samples.manifest(top: "sweep: { sizes: [1MiB, ¶1024KiB] }"),
      "the size '1024KiB' is listed twice"),
    BadManifest(
      Samples.manifest(top: "sweep: { sizes: [¶1000] }"), "'1000' is out of range",
      hint: "from 1KiB to 1GiB"),
    BadManifest(
      Samples.manifest(top: "sweep: { sizes: [¶2GiB] }"), "'2GiB' is out of range",
      hint: "from 1KiB to 1GiB"),
    BadManifest(
      Samples.manifest(top: "sweep: { sizes: [¶1kb] }"),
      "'1kb' is not a size: there is no unit 'kb'",
      hint: "did you mean"),
    BadManifest(
      Samples.manifest(top: "sweep: { repeats: ¶0 }"), "'0' is out of range", hint: "1 to 1000"),
    BadManifest(
      Samples.manifest(top: "sweep: { ciphers: [¶aes-128-cbc] }"), "unknown cipher 'aes-128-cbc'",
      hint: "did you mean"),
  ])
  func badOnes(_ manifest: BadManifest) {
    manifest.verify()
  }

  @Test func tooManyPoints() {
    let sizes = (0..<3000).map { "\(1024 + $0)" }.joined(separator: ", ")
    let text = Samples.manifest(
      top:
        "sweep: { sizes: [\(sizes)], groups: [ffdhe2048, ffdhe3072], modes: [loopback, libvirt] }")
    #expect(Samples.diagnostics(text).map(\.message) == ["the sweep has 12000 points"])
  }
}
