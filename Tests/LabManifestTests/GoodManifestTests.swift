import Foundation
import LabValues
import PiCrypto
import PiExchange
import Testing

@testable import LabManifest

struct GoodManifestTests {
  @Test func defaults() throws {
    let manifest = try Samples.grammar.parse(Samples.manifest(), path: Samples.path)
    #expect(manifest.name == "sample")
    #expect(manifest.mode == .auto)
    #expect(manifest.network.subnet.description == "10.77.0.0/24")
    #expect(manifest.boards.map(\.name) == ["alice", "bob"])
    #expect(manifest.boards.map(\.address.description) == ["10.77.0.1", "10.77.0.2"])
    let image = Samples.labFolder + "/images/horse.ppm"
    #expect(
      manifest.exchanges == [
        Exchange(name: "first", sender: "alice", receiver: "bob", image: image)
      ])
    let exchange = try #require(manifest.exchanges.first)
    #expect(exchange.profile == .classic)
    #expect(exchange.group == .named("ffdhe2048"))
    #expect(exchange.cipher == .aes128ECB)
    #expect(exchange.authentication == .none)
    #expect(exchange.port == nil)
    #expect(exchange.store == [.senderEncrypted, .receiverEncrypted, .receiverDecrypted])
    #expect(exchange.digest == [])
    #expect(exchange.rate == nil)
    #expect(exchange.timeouts == Timeouts())
    #expect(exchange.privateExponents == [:])
  }

  /// The earlier board sends; who attacks is in no pair.
  @Test func allPairs() throws {
    let text = """
      version: 1
      name: lab
      boards: { zoe: {}, mallory: { role: attacker }, alice: {}, bob: {} }
      exchanges:
        first: { sender: alice, receiver: bob, image: images/horse.ppm }
        all-pairs: { profile: sealed, image: images/horse.ppm }
      """
    let exchanges = try Samples.grammar.parse(text, path: Samples.path).exchanges
    #expect(exchanges.map(\.name) == ["first", "zoe-alice", "zoe-bob", "alice-bob"])
    #expect(exchanges.map(\.sender) == ["alice", "zoe", "zoe", "alice"])
    #expect(exchanges.map(\.receiver) == ["bob", "alice", "bob", "bob"])
    #expect(exchanges.map(\.set) == [nil, "all-pairs", "all-pairs", "all-pairs"])
    #expect(exchanges.dropFirst().allSatisfy { $0.profile == .sealed })
  }

  @Test func defaultsOfSealed() throws {
    let exchange = try Samples.exchange("profile: sealed")
    #expect(exchange.group == .named("ffdhe3072"))
    #expect(exchange.cipher == .cobblestone128)
    #expect(exchange.authentication == .preSharedKey)
  }

  @Test func everyKey() throws {
    let text = """
      # yaml-language-server: $schema=manifest.schema.json
      version: 1
      name: every-key
      mode: namespace
      network: { subnet: 192.168.7.0/29 }
      boards:
        zoe: { address: 192.168.7.2 }
        bob:
        alice: {}
      exchanges:
        z:
          sender: zoe
          receiver: alice
          profile: classic
          group: { prime: "0x17", generator: 5 }
          cipher: aes-128-ctr
          authentication: none
          image: ../lab/images/horse.ppm
          port: 65535
          store: [receiver-decrypted]
          digest: [plaintext, ciphertext]
          durable: true
          rate: 1Gbit/s
          timeouts: { connect: 250ms, handshake: 2m, idle: 1s }
          privateExponents: { alice: 6, zoe: "0xf" }
        a: { sender: bob, receiver: zoe, image: images/horse.ppm, store: [], privateExponents: }
      """
    let manifest = try Samples.grammar.parse(text, path: Samples.path)
    #expect(manifest.name == "every-key")
    #expect(manifest.mode == LabMode(rawValue: "namespace"))
    #expect(manifest.boards.map(\.name) == ["zoe", "bob", "alice"])
    #expect(
      manifest.boards.map(\.address.description) == ["192.168.7.2", "192.168.7.1", "192.168.7.3"])
    #expect(manifest.exchanges.map(\.name) == ["z", "a"])
    var expected = Exchange(
      name: "z", sender: "zoe", receiver: "alice",
      image: Samples.labFolder + "/../lab/images/horse.ppm")
    expected.group = .custom(prime: "0x17", generator: "5")
    expected.cipher = .aes128CTR
    expected.port = 65535
    expected.store = [.receiverDecrypted]
    expected.digest = [.plaintext, .ciphertext]
    expected.isDurable = true
    expected.rate = BitRate(bitsPerSecond: 1_000_000_000)
    expected.timeouts.connect = .milliseconds(250)
    expected.timeouts.handshake = .seconds(120)
    expected.timeouts.idle = .seconds(1)
    expected.privateExponents = ["alice": "6", "zoe": "0xf"]
    #expect(manifest.exchanges.first == expected)
    #expect(manifest.exchanges.last?.store == [])
  }

  @Test func groupsOfOnesOwn() throws {
    let prime = Hexadecimal.text(DHGroup.ffdhe2048.prime)
    let exchange = try Samples.exchange(
      "profile: sealed\ngroup: { prime: \"\(prime)\", generator: 2 }")
    #expect(try exchange.group.group() == DHGroup.ffdhe2048)
    #expect(try GroupChoice.named("ffdhe4096").group() == DHGroup.ffdhe4096)
    #expect(try GroupChoice.custom(prime: "23", generator: "5").group().bits == 5)
  }

  @Test func sealedWithoutAuthentication() throws {
    let exchange = try Samples.exchange("profile: sealed\nauthentication: none")
    #expect(exchange.authentication == .none)
  }

  @Test func emptySectionsAreDefaults() throws {
    let manifest = try Samples.grammar.parse(
      Samples.manifest(top: "network:", exchange: "timeouts:"), path: Samples.path)
    #expect(manifest.network == LabNetwork())
    #expect(manifest.exchanges.first?.timeouts == Timeouts())
  }

  @Test func subnetFilledToTheLastAddress() throws {
    let manifest = try Samples.grammar.parse(
      Samples.manifest(top: "network: { subnet: 10.0.0.0/30 }"), path: Samples.path)
    #expect(manifest.boards.map(\.address.description) == ["10.0.0.1", "10.0.0.2"])
  }

  @Test func relativePathBecomesAbsolute() throws {
    let text = Samples.manifest().replacing(
      "images/horse.ppm", with: Samples.labFolder + "/images/horse.ppm")
    let manifest = try Samples.grammar.parse(text, path: "somewhere.yaml")
    #expect(manifest.name == "somewhere")
    let relative = Samples.manifest().replacing("images/horse.ppm", with: "nothing-here")
    do throws(ManifestError) {
      _ = try Samples.grammar.parse(relative, path: "somewhere.yaml")
      Issue.record("the image does not exist")
    } catch {
      let folder = FileManager.default.currentDirectoryPath
      #expect(error.diagnostics.first?.hint?.hasSuffix(": \(folder)/nothing-here") == true)
    }
  }

  // MARK: Suggestions

  @Test(arguments: [
    ("", "", 0), ("cipher", "cipher", 0), ("cypher", "cipher", 1), ("cihper", "cipher", 1),
    ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("ca", "abc", 3),
  ])
  func distance(_ a: String, _ b: String, _ edits: Int) {
    #expect(Suggestion.distance(Array(a), Array(b)) == edits)
    #expect(Suggestion.distance(Array(b), Array(a)) == edits)
  }

  @Test func nearest() {
    let names = ["sender", "receiver", "store"]
    #expect(Suggestion.nearest(to: "reciever", among: names) == "receiver")
    #expect(Suggestion.nearest(to: "Sender", among: names) == "sender")
    #expect(Suggestion.nearest(to: "image", among: names) == nil)
    #expect(Suggestion.nearest(to: "x", among: []) == nil)
  }
}

enum Hexadecimal {
  static func text(_ bytes: [UInt8]) -> String {
    "0x" + bytes.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
  }
}

struct ScalarTypeTests {
  @Test(arguments: [
    ("", ScalarType.null), ("~", .null), ("null", .null), ("nul", .text), ("true", .boolean),
    ("False", .boolean), ("yes", .text), ("0", .integer), ("-5", .integer), ("+5", .integer),
    ("007", .integer), ("0x1F", .integer), ("0xg", .text), ("0x", .text), ("-0x1", .text),
    ("0o17", .integer), ("0o18", .text), ("0o", .text), ("-", .text), ("--5", .text),
    ("1_000", .text), ("1.5", .number), ("-.5", .number), ("1.", .number), ("1e3", .number),
    ("1E-3", .number), (".inf", .number), ("-.inf", .number), (".nan", .number), ("inf", .text),
    ("nan", .text), ("e", .text), (".", .text), ("1.2.3.4", .text), ("10m", .text), ("１", .text),
  ])
  func plain(_ text: String, _ type: ScalarType) {
    #expect(ScalarType(plain: text) == type)
  }
}
