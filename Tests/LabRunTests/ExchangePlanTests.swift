import LabManifest
import LabValues
import PiExchange
import Testing

@testable import LabRun

struct ExchangePlanTests {
  private func plan(_ exchange: Exchange) -> ExchangePlan {
    ExchangePlan(exchange: exchange, image: ExchangePlan.boardPath("images/0.ppm"))
  }

  /// The value after an option, nil where the option is not there.
  private func value(_ option: String, in arguments: [String]) -> String? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else {
      return nil
    }
    return arguments[index + 1]
  }

  @Test func classicSenderAndReceiver() {
    let plan = plan(.sample())
    let sender = plan.senderArguments(listen: "127.77.0.1")
    #expect(value("--listen", in: sender) == "127.77.0.1:0")
    #expect(value("--image", in: sender) == "images/0.ppm")
    #expect(value("--name", in: sender) == "alice")
    #expect(value("--peer", in: sender) == "bob")
    #expect(value("--profile", in: sender) == "classic")
    #expect(value("--cipher", in: sender) == "aes-128-ecb")
    #expect(value("--group", in: sender) == "ffdhe2048")
    #expect(value("--store-encrypted", in: sender) == "first.encrypted.bin")
    #expect(sender.contains("--events"))
    #expect(!sender.contains("--psk-file"))
    #expect(!sender.contains("--no-authentication"))
    let receiver = plan.receiverArguments(connect: "127.77.0.1", port: 4242)
    #expect(value("--connect", in: receiver) == "127.77.0.1:4242")
    #expect(value("--name", in: receiver) == "bob")
    #expect(value("--peer", in: receiver) == "alice")
    #expect(value("--store-decrypted", in: receiver) == "first.decrypted.ppm")
    #expect(value("--connect-timeout", in: receiver) == "10s")
    #expect(value("--idle-timeout", in: receiver) == "30s")
  }

  @Test func sealedWithAndWithoutKey() {
    let keyed = plan(.sample(profile: .sealed, authentication: .preSharedKey))
    #expect(value("--psk-file", in: keyed.senderArguments(listen: "127.0.0.1")) == "psk")
    #expect(keyed.needsPreSharedKey)
    let open = plan(.sample(profile: .sealed))
    #expect(open.senderArguments(listen: "127.0.0.1").contains("--no-authentication"))
    #expect(!open.needsPreSharedKey)
  }

  @Test func ownGroupFixedExponentPortAndRate() throws {
    var exchange = Exchange.sample()
    exchange.group = .custom(prime: "0x17", generator: "5")
    exchange.privateExponents = ["alice": "4"]
    exchange.port = 7000
    exchange.rate = BitRate(bitsPerSecond: 1_000_000)
    let sender = plan(exchange).senderArguments(listen: "127.0.0.1")
    #expect(value("--prime", in: sender) == "0x17")
    #expect(value("--generator", in: sender) == "5")
    #expect(!sender.contains("--group"))
    #expect(value("--private-exponent", in: sender) == "4")
    #expect(value("--listen", in: sender) == "127.0.0.1:7000")
    let rate = try #require(value("--rate", in: sender))
    #expect(try BitRate(rate) == BitRate(bitsPerSecond: 1_000_000))
    let receiver = plan(exchange).receiverArguments(connect: "127.0.0.1", port: 7000)
    #expect(!receiver.contains("--private-exponent"))
    #expect(!receiver.contains("--rate"))
  }

  @Test func whatIsNotKeptIsHashedInstead() {
    var exchange = Exchange.sample(profile: .sealed)
    exchange.store = []
    let plan = plan(exchange)
    let receiver = plan.receiverArguments(connect: "127.0.0.1", port: 1)
    #expect(value("--digest", in: receiver) == "plaintext")
    #expect(!receiver.contains("--store-decrypted"))
    #expect(value("--digest", in: plan.senderArguments(listen: "127.0.0.1")) == "none")
    #expect(plan.artifacts.map(\.artifact) == [.original])
  }

  @Test func bothProgramsAreToldToKeepFilesDurably() {
    var exchange = Exchange.sample()
    for isDurable in [false, true] {
      exchange.isDurable = isDurable
      let sender = plan(exchange).senderArguments(listen: "127.0.0.1")
      let receiver = plan(exchange).receiverArguments(connect: "127.0.0.1", port: 1)
      #expect([sender, receiver].map { $0.contains("--durable") } == [isDurable, isDurable])
    }
  }

  @Test func digestsAreNamedAsTheProgramsTakeThem() {
    var exchange = Exchange.sample()
    exchange.digest = [.ciphertext, .plaintext]
    let sender = plan(exchange).senderArguments(listen: "127.0.0.1")
    #expect(value("--digest", in: sender) == "plaintext,ciphertext")
  }

  @Test func placesInTheReport() {
    let plan = plan(.sample())
    #expect(plan.artifacts.count == 4)
    #expect(plan.reportPath(of: .original) == "first/alice/original.ppm")
    #expect(plan.reportPath(of: .receiverDecrypted) == "first/bob/decrypted.ppm")
  }

  @Test(arguments: [
    ("/a/horse.ppm", ".ppm"), ("/a/horse", ""), ("/a.b/horse", ""), ("/a/.hidden", ""),
    ("/a/x.tar.gz", ".gz"), ("/a/x.", ""), ("/a/x.p m", ""), ("/a/x.ppm;rm", ""),
    ("/a/x.waytoolongsuffix", ""), ("/a/x.PNG", ".PNG"), ("/a/x.üü", ""),
  ])
  func suffixesThatAreCarriedOver(_ path: String, _ suffix: String) {
    #expect(ImageName.suffix(of: path) == suffix)
  }
}
