import Testing

@testable import LabManifest

/// Mistakes in keys, types and formats.
struct BadStructureTests {
  @Test(arguments: [
    BadManifest(
      "version: 1\n boards¶: : {}\n", "not YAML: mapping values are not allowed in this context"),
    BadManifest(
      "version: 1\nboards:\n¶\talice: {}\n",
      "not YAML: while scanning for the next token, found character that cannot start any token",
      hint: "spaces, never with tabs"),
    BadManifest(
      "name: 'open\n¶", "not YAML: while scanning a quoted scalar, found unexpected end of stream"),
    BadManifest(
      "version: 1\nname: a¶\u{1}b\n", "not YAML: control characters are not allowed (U+0001)",
      hint: "plain text"),
    BadManifest(
      Samples.manifest() + "\n¶---\nversion: 1\n", "a second document begins here",
      hint: "one document"),
    BadManifest("¶- version: 1\n", "a manifest is a map of keys, not a list", hint: "pilab init"),
    BadManifest(
      "# note\n¶hello\n", "a manifest is a map of keys, not the text 'hello'", hint: "pilab init"),
    BadManifest("---\n¶", "a manifest is a map of keys, not empty", hint: "pilab init"),
  ])
  func document(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: ["", "\n\n", "# only a comment\n"])
  func empty(_ text: String) {
    let found = Samples.diagnostics(text)
    #expect(found.map(\.message) == ["the manifest is empty"])
    #expect(found.map(\.line) == [0])
  }

  @Test(arguments: [
    BadManifest.exchange(
      "¶cypher: aes-128-ecb", "unknown key 'cypher'", hint: "did you mean 'cipher'?"),
    BadManifest.exchange(
      "¶impairment: {}", "unknown key 'impairment'", hint: "keys here: sender, receiver"),
    BadManifest(
      Samples.manifest(top: "¶nmae: x"), "unknown key 'nmae'", hint: "did you mean 'name'?"),
    BadManifest(
      Samples.manifest(top: "network: { ¶subnett: 10.0.0.0/24 }"), "unknown key 'subnett'",
      hint: "did you mean 'subnet'?"),
    BadManifest(
      Samples.manifest(boards: "alice: { ¶adress: 10.77.0.1 }\nbob: {}"), "unknown key 'adress'",
      hint: "did you mean 'address'?"),
    .exchange("timeouts: { ¶idel: 3s }", "unknown key 'idel'", hint: "did you mean 'idle'?"),
    .exchange(
      "group: { prime: 23, generator: 5, ¶genrator: 5 }", "unknown key 'genrator'",
      hint: "'generator'"),
  ])
  func unknownKey(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest(
      "¶boards: { a: {}, b: {} }\nexchanges: { e: { sender: a, receiver: b, image: images/horse.ppm } }",
      "missing key 'version'", hint: "version of the manifest"),
    BadManifest(
      "¶version: 1\nexchanges: { e: { sender: a, receiver: b, image: images/horse.ppm } }",
      "missing key 'boards'", hint: "two or more"),
    BadManifest(
      "version: 1\nname: x\nboards: { a: {}, b: {} }\nsweep: ¶{ repeats: 1 }",
      "a sweep needs an exchange", hint: "of one"),
    BadManifest(
      "version: 1\nboards: { a: {}, b: {} }\nexchanges:\n  ¶e: { receiver: b, image: images/horse.ppm }",
      "missing key 'sender'", hint: "listens"),
    BadManifest(
      "version: 1\nboards: { a: {}, b: {} }\nexchanges:\n  ¶e: { sender: b, image: images/horse.ppm }",
      "missing key 'receiver'", hint: "connects"),
    BadManifest(
      "version: 1\nboards: { a: {}, b: {} }\nexchanges:\n  ¶e: { sender: a, receiver: b }",
      "missing key 'image'", hint: "relative to the manifest"),
    .exchange("¶group: { prime: 23 }", "missing key 'generator'", hint: "from 2 to P-2"),
    .exchange("¶group: { generator: 5 }", "missing key 'prime'", hint: "odd prime"),
  ])
  func missingKey(_ bad: BadManifest) { bad.verify() }

  @Test(
    arguments: [
      BadManifest(
        Samples.manifest(boards: "alice: {}\nbob: {}\n¶alice: {}"), "duplicate board 'alice'",
        hint: "line 4"),
      BadManifest(
        Samples.manifest(boards: "alice: {}\nbob: {}\n¶'alice': {}"), "duplicate board 'alice'",
        hint: "line 4"),
      BadManifest(
        Samples.manifest(boards: "\"alice\": {}\n¶alice: {}\n¶alice: {}\nbob: {}"),
        "duplicate board 'alice'", hint: "line 4"),
      BadManifest(
        Samples.manifest(boards: "{ alice: {}, bob: {}, ¶alice: {} }"), "duplicate board 'alice'",
        hint: "line 4"),
      .exchange("port: auto\n¶port: 5000", "duplicate key 'port'", hint: "line 11"),
    ])
  func duplicateKey(_ bad: BadManifest) { bad.verify() }

  @Test func duplicateExchangeAndTopLevelKeyAtOnce() {
    let text = Samples.manifest() + "\n  first: {}\nversion: 1\n"
    let found = Samples.diagnostics(text)
    #expect(found.map(\.message) == ["duplicate exchange 'first'", "duplicate key 'version'"])
    #expect(found.map { [$0.line, $0.column] } == [[11, 3], [12, 1]])
  }

  @Test func emptyKeysTwice() {
    let bad = BadManifest("version: 1\n¶\"\": 1\n\"\": 2\n", "duplicate key ''")
    bad.verify()
  }

  /// Too many to tell apart one by one: the first is named, and nothing hangs.
  @Test func thousandDuplicates() {
    let text = String(repeating: "version: 1\n", count: 1000)
    let found = Samples.diagnostics(text)
    #expect(found.count == 1)
    #expect(found.first?.message == "duplicate key 'version'")
  }

  @Test(arguments: [
    BadManifest(
      "version: ¶2\nboards: { a: {}, b: {} }\nexchanges: { e: { sender: a, receiver: b, image: images/horse.ppm } }",
      "unknown manifest version '2'", hint: "version: 1"),
    BadManifest(
      Samples.manifest().replacing("version: 1", with: "version: ¶\"1\""),
      "'version' must be the number 1, not the text '1'"),
    BadManifest(
      Samples.manifest(top: "name: ¶\"\\e[31m\""), "'\\u{1B}[31m' is not a name", hint: "lower-case"
    ),
    BadManifest(Samples.manifest(top: "name: ¶[x]"), "'name' must be a name, not a list"),
    BadManifest(
      Samples.manifest(top: "name: ¶5"), "'name' must be a name, not the number 5",
      hint: "quote it: \"5\""),
    BadManifest(
      Samples.manifest(top: "mode: ¶true"),
      "'mode' must be the name of a mode, not the boolean true", hint: "quote it"),
    BadManifest(
      Samples.manifest(top: "network: ¶10.77.0.0/24"),
      "'network' must be a map, not the text '10.77.0.0/24'"),
    BadManifest(
      Samples.manifest(top: "network: { subnet: ¶{} }"), "'subnet' must be a subnet, not a map"),
    BadManifest(
      Samples.manifest(boards: "alice: ¶10.77.0.1\nbob: {}"),
      "'alice' must be a map, not the text '10.77.0.1'"),
    BadManifest(
      Samples.manifest(boards: "¶- alice\n- bob"), "'boards' must be a map of names, not a list"),
    .exchange(
      "store: ¶sender-encrypted", "'store' must be a list, not the text 'sender-encrypted'",
      hint: "[sender-encrypted, receiver-encrypted"),
    .exchange("digest: [¶[plaintext]]", "'digest' must be the name of a digest, not a list"),
    .exchange("group: ¶[23, 5]", "'group' must be the name of a group or a map, not a list"),
    .exchange(
      "group: ¶14", "'group' must be the name of a group, not the number 14", hint: "quote it"),
    .exchange("port: ¶{}", "'port' must be 'auto' or a port number, not a map"),
    .exchange("port:¶", "'port' must be 'auto' or a port number, not empty"),
    .exchange("group: { prime: ¶[], generator: 5 }", "'prime' must be a number, not a list"),
    .exchange("timeouts: ¶10s", "'timeouts' must be a map, not the text '10s'"),
    BadManifest(
      "version: 1\nboards: { a: {}, b: {} }\nexchanges:\n  e: ¶now",
      "'e' must be a map, not the text 'now'"),
  ])
  func wrongType(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest(Samples.manifest(top: "name: ¶Two"), "'Two' is not a name", hint: "lower-case"),
    BadManifest(
      Samples.manifest(top: "name: ¶-two"), "'-two' is not a name", hint: "beginning with"),
    BadManifest(Samples.manifest(top: "name: ¶zwölf"), "'zwölf' is not a name", hint: "lower-case"),
    BadManifest(
      Samples.manifest(top: "name: ¶\"a\\nb\""), "'a\\nb' is not a name", hint: "lower-case"),
    BadManifest(
      Samples.manifest(top: "name: ¶" + String(repeating: "a", count: 64)),
      "the name '" + String(repeating: "a", count: 20) + "…' has 64 characters", hint: "at most 63"),
    BadManifest(
      Samples.manifest(boards: "alice: {}\nbob: {}\n¶Eve: {}"), "'Eve' is not a name",
      hint: "lower-case"),
    BadManifest(
      "version: 1\nboards: { a: {}, b: {} }\nexchanges:\n  ¶e e: { sender: a, receiver: b, image: images/horse.ppm }",
      "'e e' is not a name", hint: "hyphens"),
  ])
  func badName(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest(
      "version: 1\n¶boards: { a: {} }\nexchanges: { e: { sender: a, receiver: b, image: images/horse.ppm } }",
      "'boards' holds 1 board, at least 2 must be there"),
    BadManifest(
      "version: 1\n¶boards:\nexchanges: { e: { sender: a, receiver: b, image: images/horse.ppm } }",
      "'boards' holds 0 boards, at least 2 must be there"),
  ])
  func tooFew(_ bad: BadManifest) { bad.verify() }

  @Test(arguments: [
    BadManifest.exchange(
      "cipher: ¶aes-128-ebc", "unknown cipher 'aes-128-ebc'",
      hint: "did you mean 'aes-128-ecb'? there are: aes-128-ecb, aes-128-ctr, cobblestone-128"),
    .exchange("cipher: ¶des", "unknown cipher 'des'", hint: "there are: aes-128-ecb"),
    .exchange(
      "profile: ¶seald", "unknown profile 'seald'",
      hint: "did you mean 'sealed'? there are: classic, sealed"),
    .exchange(
      "group: ¶ffdhe2084", "unknown group 'ffdhe2084'",
      hint: "did you mean 'ffdhe2048'? there are: ffdhe2048, ffdhe3072, ffdhe4096"),
    .exchange(
      "authentication: ¶pks", "unknown authentication 'pks'",
      hint: "did you mean 'psk'? there are: none, psk"),
    BadManifest(
      Samples.manifest(top: "mode: ¶libvrit"), "unknown mode 'libvrit'",
      hint: "did you mean 'libvirt'? there are: auto, loopback, namespace, libvirt, virtualbox"),
    .exchange(
      "store: [¶sender-encrypt]", "unknown file 'sender-encrypt'",
      hint: "did you mean 'sender-encrypted'?"),
    .exchange(
      "digest: [plaintext, ¶cyphertext]", "unknown digest 'cyphertext'",
      hint: "did you mean 'ciphertext'?"),
    .exchange("digest: [plaintext, ¶plaintext]", "'plaintext' is listed twice"),
  ])
  func unknownWord(_ bad: BadManifest) { bad.verify() }
}
