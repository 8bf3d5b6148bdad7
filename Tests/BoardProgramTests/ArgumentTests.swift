import PiExchange
import PiTransfer
import Testing

@testable import BoardProgram

@Suite struct ArgumentTests {
  func common(_ arguments: [String]) throws -> CommonOptions {
    try CommonOptions(
      Arguments(arguments, valued: CommonOptions.valuedOptions, flags: CommonOptions.flags),
      role: .sender, connectTimeout: .seconds(1))
  }

  func message(_ arguments: [String]) -> String? {
    do {
      _ = try common(arguments)
      return nil
    } catch { return (error as? ExchangeError)?.message }
  }

  @Test func defaultsOfTheProfiles() throws {
    let classic = try common(["--name", "alice"])
    #expect(classic.configuration.cipher == .aes128ECB)
    #expect(classic.configuration.group.name == "ffdhe2048")
    #expect(classic.configuration.authentication == .none)
    let sealed = try common(["--name=alice", "--profile=sealed", "--psk-file", "k"])
    #expect(sealed.configuration.cipher == .cobblestone128)
    #expect(sealed.configuration.group.name == "ffdhe3072")
    #expect(sealed.configuration.authentication == .preSharedKey)
  }

  @Test(arguments: [
    (["--name"], "--name needs a value"), ([], "--name is missing"),
    (["--name", "A"], "--name 'A' is not a name of lower-case letters, digits and hyphens"),
    (["--nam", "a"], "unknown option '--nam'"), (["a"], "unexpected argument 'a'"),
    (["--name", "a", "--name", "b"], "--name is given twice"),
    (
      ["--name", "a", "--profile", "sealed"],
      "profile sealed needs --psk-file or --no-authentication"
    ),
    (["--name", "a", "--psk-file", "k"], "profile classic takes no --psk-file"),
    (
      ["--name", "a", "--profile", "sealed", "--no-authentication", "--cipher", "aes-128-ecb"],
      "--cipher 'aes-128-ecb' is not a cipher of profile sealed: cobblestone-128"
    ),
    (
      ["--name", "a", "--prime", "21", "--generator", "5"],
      "--prime, --generator: P is not an odd prime"
    ),
    (["--name", "a", "--prime", "23"], "--generator is missing"),
    (["--name", "a", "--generator", "5"], "--generator needs --prime"),
    (
      ["--name", "a", "--prime", "23", "--generator", "5", "--group", "ffdhe2048"],
      "--group and --prime cannot be used together"
    ),
    (
      [
        "--name", "a", "--prime", "23", "--generator", "5", "--profile", "sealed",
        "--no-authentication",
      ], "a group of 5 bits can be broken: it is allowed in profile classic only"
    ),
    (["--name", "a", "--idle-timeout", "5"], "--idle-timeout '5' is not a duration"),
    (
      ["--name", "a", "--digest", "md5"],
      "--digest 'md5' is not none, plaintext or plaintext,ciphertext"
    ),
  ])
  func badArgumentsAreTold(arguments: [String], expected: String) {
    #expect(message(arguments) == expected)
  }

  @Test func units() {
    #expect(Units.duration("250ms") == .milliseconds(250))
    #expect(Units.duration("10s") == .seconds(10))
    #expect(Units.duration("2m") == .seconds(120))
    #expect(Units.bytes("64KiB") == 65536 && Units.bytes("0") == 0 && Units.bytes("10kB") == 10000)
    #expect(Units.rate("100mbit") == 12_500_000 && Units.rate("1Gbit/s") == 125_000_000)
    for bad in [
      "", "s", "-1s", "1.5s", "0s", "1 s", "99999999999999999999s", "9223372036854775807h",
    ] {
      #expect(Units.duration(bad) == nil, "\(bad)")
    }
    for bad in ["", "KiB", "1kib", "-1", "9223372036854775807GiB"] {
      #expect(Units.bytes(bad) == nil)
    }
    for bad in ["", "10m", "0mbit", "100", "1mbps"] { #expect(Units.rate(bad) == nil) }
  }

  @Test func jsonIsEscaped() {
    let value = JSON.object([
      ("a\"b", .string("line\nbreak\t\\ \u{1} ü")), ("n", .number(.max)),
      ("list", .array([.bool(true), .bool(false)])),
    ])
    #expect(
      value.text
        == #"{"a\"b":"line\nbreak\t\\ \u0001 ü","n":18446744073709551615,"list":[true,false]}"#)
  }
}
