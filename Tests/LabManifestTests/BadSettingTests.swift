import Testing

@testable import LabManifest

/// Lines of manifests, apart from the tests because a test of the same name would hide them.
private enum Lines {
  static func boards(_ first: String, _ second: String = "{}", top: String = "") -> String {
    Samples.manifest(top: top, boards: "alice: \(first)\nbob: \(second)")
  }

  static func subnet(_ text: String) -> String {
    Samples.manifest(top: "network: { subnet: \(text) }")
  }

  static func group(_ prime: String, _ generator: String) -> String {
    "group: { prime: \(prime), generator: \(generator) }"
  }

  /// 2^8193 - 1.
  static let overlong = "\"0x" + "1" + String(repeating: "f", count: 2048) + "\""

  /// Longer than any text that DHGroup would read.
  static let endless = String(repeating: "9", count: 3000)

  static func parties(_ sender: String, _ receiver: String) -> String {
    "sender: \(sender)\nreceiver: \(receiver)\nimage: images/horse.ppm"
  }

  static func exponent(_ fields: String) -> String {
    group("23", "5") + "\nprivateExponents: { \(fields) }"
  }

  static let exponentRange = "the private exponent does not fit the group"
}

/// Well-formed values that are out of range or do not fit together.
struct BadSettingTests {
  @Test(arguments: [
    BadManifest(
      Lines.boards("{ address: ¶10.77.0 }"), "'10.77.0' is not an IPv4 address", hint: "10.77.0.1"),
    BadManifest(
      Lines.boards("{ address: ¶10.77.0.256 }"), "'10.77.0.256' is not an IPv4 address",
      hint: "0 to 255"),
    BadManifest(
      Lines.boards("{ address: ¶10.77.0.01 }"),
      "'10.77.0.01' is not an IPv4 address: a number has a leading zero", hint: "10.77.0.1"),
    BadManifest(
      Lines.boards("{ address: ¶fe80::1 }"), "'fe80::1' is not an IPv4 address",
      hint: "four numbers"),
    BadManifest(
      Lines.boards("{ address: ¶10.78.0.1 }"),
      "the address 10.78.0.1 is outside the subnet 10.77.0.0/24",
      hint: "10.77.0.1 to 10.77.0.254"),
    BadManifest(
      Lines.boards("{ address: ¶10.77.0.0 }"), "10.77.0.0 is the address of the subnet itself",
      hint: "10.77.0.1 to 10.77.0.254"),
    BadManifest(
      Lines.boards("{ address: ¶10.77.0.255 }"),
      "10.77.0.255 is the broadcast address of the subnet",
      hint: "10.77.0.1 to"),
    BadManifest(
      Lines.boards("{ address: 10.77.0.7 }", "{ address: ¶10.77.0.7 }"),
      "board 'alice' has the address 10.77.0.7 already"),
  ])
  func address(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest(Lines.subnet("¶10.77.0.0"), "'10.77.0.0' is not a subnet", hint: "10.77.0.0/24"),
    BadManifest(
      Lines.subnet("¶10.77.0.0/33"), "the prefix length '/33' is out of range", hint: "0 to 32"),
    BadManifest(
      Lines.subnet("¶10.77.0.0/-1"), "the prefix length '/-1' is out of range", hint: "0 to 32"),
    BadManifest(
      Lines.subnet("¶10.77.0.0/024"), "the prefix length '/024' is out of range",
      hint: "10.77.0.0/24"),
    BadManifest(
      Lines.subnet("¶10.77.0.5/24"), "the address lies inside the subnet and is not its first one",
      hint: "did you mean '10.77.0.0/24'?"),
    BadManifest(
      Lines.subnet("¶10.77.0.0.0/24"), "'10.77.0.0.0' is not an IPv4 address", hint: "four numbers"),
    BadManifest(
      Lines.subnet("¶10.77.0.0/31"),
      "the subnet '10.77.0.0/31' is too small: prefix lengths from /8 to /30 can be used",
      hint: "10.77.0.0/24"),
    BadManifest(
      Lines.subnet("¶10.0.0.0/7"),
      "the subnet '10.0.0.0/7' is too large: prefix lengths from /8 to /30 can be used",
      hint: "10.77.0.0/24"),
    BadManifest(
      Lines.subnet("¶127.0.0.0/8"), "the subnet '127.0.0.0/8' is a machine's own loopback",
      hint: "10.77.0.0/24"),
    BadManifest(
      Lines.subnet("¶224.0.0.0/8"), "the subnet '224.0.0.0/8' is multicast or reserved",
      hint: "10.77.0.0/24"),
    BadManifest(
      Samples.manifest(
        top: "network: { subnet: 10.0.0.0/30 }", boards: "¶alice: {}\nbob: {}\ncarol: {}"),
      "the subnet 10.0.0.0/30 has 2 addresses for 3 boards", hint: "shorter prefix"),
  ])
  func subnet(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest.exchange(
      Lines.group("¶21", "5"), "P = 21 is not prime", hint: "for example 23"),
    .exchange(Lines.group("¶0x15", "5"), "P = 0x15 is not prime", hint: "for example 23"),
    .exchange(Lines.group("¶22", "5"), "P = 22 is even", hint: "odd prime"),
    .exchange(Lines.group("¶2", "2"), "P = 2 is even", hint: "odd prime"),
    .exchange(Lines.group("¶0", "2"), "P = 0 is even", hint: "odd prime"),
    .exchange(Lines.group("¶1", "2"), "P = 1 is not prime", hint: "odd prime"),
    // The Carmichael number 1729 passes Fermat's test.
    .exchange(Lines.group("¶1729", "5"), "P = 1729 is not prime", hint: "odd prime"),
    .exchange(
      Lines.group("23", "¶1"), "the generator is out of range", hint: "2 <= generator <= prime - 2"),
    .exchange(Lines.group("23", "¶0"), "the generator is out of range", hint: "2 <= generator"),
    .exchange(Lines.group("23", "¶22"), "the generator is out of range", hint: "prime - 2"),
    .exchange(Lines.group("3", "¶2"), "the generator is out of range", hint: "prime - 2"),
    .exchange(
      Lines.group("¶\(Lines.overlong)", "5"), "the prime has more than 8192 bits",
      hint: "at most 8192 bits"),
    .exchange(
      Lines.group("23", "¶\(Lines.overlong)"), "the generator is out of range", hint: "prime - 2"),
    .exchange(
      Lines.group("23", "¶\(Lines.endless)"), "the generator is out of range", hint: "prime - 2"),
    .exchange(
      Lines.group("¶\(Lines.endless)", "5"), "the prime has more than 8192 bits",
      hint: "at most 8192 bits"),
    .exchange(Lines.group("¶-23", "5"), "'-23' is not a natural number", hint: "0x"),
    .exchange(Lines.group("¶2.3", "5"), "'2.3' is not a natural number", hint: "decimal digits"),
    .exchange(
      Lines.group("¶\"0xfg\"", "5"), "'0xfg' is not a natural number", hint: "decimal digits"),
    .exchange(
      "profile: sealed\n" + Lines.group("¶23", "5"),
      "profile sealed does not allow a group of 5 bits",
      hint: "group: ffdhe3072"),
  ])
  func group(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest.exchange(
      "profile: sealed\ncipher: ¶aes-128-ecb",
      "profile sealed does not allow the cipher 'aes-128-ecb'",
      hint: "sealed allows: cobblestone-128"),
    .exchange(
      "cipher: ¶cobblestone-128", "profile classic does not allow the cipher 'cobblestone-128'",
      hint: "classic allows: aes-128-ecb, aes-128-ctr"),
    .exchange(
      "profile: classic\nauthentication: ¶psk", "profile classic has no authentication 'psk'",
      hint: "profile: sealed"),
    // No second complaint that follows from the first.
    .exchange(
      "profile: ¶clasic\nauthentication: psk\ncipher: cobblestone-128", "unknown profile 'clasic'",
      hint: "'classic'"),
  ])
  func profile(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest.exchange(
      Lines.parties("¶alcie", "bob"), "there is no board 'alcie'",
      hint: "did you mean 'alice'? boards: alice, bob"),
    .exchange(
      Lines.parties("alice", "¶mallory"), "there is no board 'mallory'", hint: "boards: alice, bob"),
    .exchange(
      Lines.parties("alice", "¶alice"), "sender and receiver are the same board 'alice'",
      hint: "two boards"),
  ])
  func parties(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest.exchange("port: ¶0", "'0' is not a port", hint: "1 to 65535"),
    .exchange("port: ¶65536", "'65536' is not a port", hint: "1 to 65535"),
    .exchange("port: ¶-1", "'-1' is not a port", hint: "1 to 65535"),
    .exchange("port: ¶\"5000\"", "'5000' is not a port", hint: "1 to 65535"),
    .exchange("port: ¶any", "'any' is not a port", hint: "auto"),
    .exchange(
      "rate: ¶10m", "'10m' is not a rate: there is no unit 'm'",
      hint: "did you mean '10Mbit'? examples: 512kbit, 100Mbit, 1Gbit/s"),
    .exchange(
      "rate: ¶10mbps", "'10mbps' is not a rate: there is no unit 'mbps'",
      hint: "did you mean '10Mbit'?"),
    .exchange("rate: ¶100", "'100' is not a rate: it has no unit", hint: "100Mbit"),
    .exchange(
      "rate: ¶1.5Gbit", "'1.5Gbit' is not a rate: a whole number and its unit are needed",
      hint: "100Mbit"),
    .exchange(
      "rate: ¶fast", "'fast' is not a rate: a whole number and its unit are needed", hint: "100Mbit"
    ),
    .exchange("rate: ¶0Mbit", "'0Mbit' is out of range", hint: "1kbit to 1000Gbit"),
    .exchange(
      "rate: ¶99999999999Gbit", "'99999999999Gbit' is out of range", hint: "1kbit to 1000Gbit"),
    .exchange(
      "timeouts: { idle: ¶30sec }", "'30sec' is not a duration: there is no unit 'sec'",
      hint: "did you mean '30s'? examples: 250ms, 10s, 2m"),
    .exchange("timeouts: { connect: ¶10 }", "'10' is not a duration: it has no unit", hint: "10s"),
    .exchange("timeouts: { handshake: ¶0s }", "'0s' is out of range", hint: "1ms to 24h"),
    .exchange(
      "timeouts: { handshake: ¶-1s }",
      "'-1s' is not a duration: a whole number and its unit are needed", hint: "10s"),
  ])
  func quantity(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest.exchange(Lines.exponent("alice: ¶22"), Lines.exponentRange, hint: "1 <= a <= P-2"),
    .exchange(Lines.exponent("alice: ¶0"), Lines.exponentRange, hint: "1 <= a <= P-2"),
    // 5^11 = 22 = P-1 modulo 23.
    .exchange(Lines.exponent("alice: 6, bob: ¶11"), Lines.exponentRange, hint: "neither 1 nor P-1"),
    .exchange(
      Lines.exponent("alice: ¶six"), "'six' is not a natural number", hint: "decimal digits"),
    .exchange(
      Lines.exponent("¶carol: 6"), "'carol' is not a board of this exchange",
      hint: "its boards: alice, bob"),
    .exchange(
      Lines.exponent("¶alcie: 6"), "'alcie' is not a board of this exchange",
      hint: "did you mean 'alice'?"),
  ])
  func privateExponent(_ bad: BadManifest) { bad.verify() }
}
