import LabValues
import PiCrypto
import PiExchange

extension Shape {
  /// The whole manifest, version 1.
  static func manifest(_ grammar: ManifestGrammar) -> Shape {
    .object(head(grammar) + grammar.sections.map(\.key) + body(grammar))
  }

  private static func head(_ grammar: ManifestGrammar) -> [Key] {
    [
      Key(
        name: "version", shape: .scalar(.version), isRequired: true,
        meaning: "version of the manifest's format"),
      Key(
        name: "name", shape: .scalar(.name), defaultText: "the file's name",
        meaning: "name of the lab; all that the lab creates carries it"),
      Key(
        name: "mode", shape: .scalar(.choice("mode", grammar.modeNames)),
        defaultText: "auto", meaning: "what the boards are made with"),
      Key(name: "network", shape: .object(network), meaning: "the private network of the boards"),
    ]
  }

  private static func body(_ grammar: ManifestGrammar) -> [Key] {
    [
      Key(
        name: "boards", shape: .map(of: .object(board), entry: "board", minimum: 2),
        isRequired: true, meaning: "the machines of the lab by name, two or more"),
      Key(
        name: "exchanges",
        shape: .map(of: .object(exchange), entry: "exchange", minimum: 0, also: [allPairs]),
        defaultText: "none", meaning: "what the boards do, by name, run in this order"),
      Key(
        name: "sweep", shape: .object(sweep(modes: grammar.modes)), defaultText: "none",
        meaning: "measurements of every combination of sizes, ciphers, groups and modes"),
      Key(
        name: "scenarios",
        shape: .map(of: .object(scenario(modes: grammar.modes)), entry: "scenario", minimum: 0),
        defaultText: "none",
        meaning: "what must happen or be refused when something goes wrong, by name: pilab test"),
    ]
  }

  private static let network = [
    Key(
      name: "subnet", shape: .scalar(.subnet), defaultText: "\(LabNetwork.defaultSubnet)",
      meaning: "where the boards' addresses lie, /8 to /30"),
    Key(
      name: "impairment", shape: .object(impairment), defaultText: "none",
      meaning: "what happens to the packets that each board sends"),
  ]

  static let impairment = [
    Key(
      name: "rate", shape: .scalar(.rate), defaultText: "as fast as possible",
      meaning: "how fast the link is"),
    Key(
      name: "delay", shape: .scalar(.duration), defaultText: "none",
      meaning: "how long each packet is held up"),
    Key(
      name: "jitter", shape: .scalar(.duration), defaultText: "none",
      meaning: "how far a packet's delay may vary, either way; needs delay"),
    Key(
      name: "loss", shape: .scalar(.percentage), defaultText: "0%",
      meaning: "packets that are dropped"),
    Key(
      name: "duplicate", shape: .scalar(.percentage), defaultText: "0%",
      meaning: "packets that are sent twice"),
    Key(
      name: "corrupt", shape: .scalar(.percentage), defaultText: "0%",
      meaning: "packets with one bit flipped"),
    Key(
      name: "reorder", shape: .scalar(.percentage), defaultText: "0%",
      meaning: "packets that overtake those before them; needs delay"),
  ]

  private static let board =
    [
      Key(
        name: "address", shape: .scalar(.address), defaultText: "the next free one",
        meaning: "the board's address in the subnet"),
      Key(
        name: "memory", shape: .scalar(.memory),
        defaultText: "\(MemorySize(bytes: Board.defaultMemory))",
        meaning: "of a virtual machine, 96MiB or more"),
      Key(
        name: "cpus", shape: .scalar(.count(1...Board.mostProcessors)), defaultText: "1",
        meaning: "processors of a virtual machine"),
      Key(
        name: "disk", shape: .scalar(.path), defaultText: "a small Linux that pilab builds",
        meaning: "a disk image of your own to boot from, relative to the manifest; needs ssh"),
      Key(
        name: "image", shape: .scalar(.path), meaning: "the older name of 'disk'", newName: "disk"),
      Key(
        name: "role", shape: .scalar(.choice("role", ["board", "attacker"])), defaultText: "board",
        meaning: "attacker: it sits between the others in scenarios"),
      Key(
        name: "ssh", shape: .object(ssh), meaning: "how to log in to a disk image of your own"),
    ] + setup

  private static let ssh = [
    Key(
      name: "user", shape: .scalar(.user), isRequired: true,
      meaning: "who logs in: root, or one who may use sudo without a password"),
    Key(
      name: "key", shape: .scalar(.path), isRequired: true,
      meaning: "file of the user's private SSH key, relative to the manifest or ~/…"),
  ]

  private static let exchange = [
    Key(
      name: "sender", shape: .scalar(.name), isRequired: true,
      meaning: "the board that holds the image and listens"),
    Key(
      name: "receiver", shape: .scalar(.name), isRequired: true,
      meaning: "the board that connects and gets the image"),
    Key(
      name: "profile", shape: .scalar(.choice("profile", Profile.allCases.map(\.name))),
      defaultText: "classic", meaning: "how much the exchange protects"),
    Key(
      name: "group", shape: .either(.choice("group", DHGroup.allNames), group),
      defaultText: "ffdhe2048 (classic), ffdhe3072 (sealed)",
      meaning: "P and G, the public numbers: a group of RFC 7919 by name, or your own"),
    Key(
      name: "cipher", shape: .scalar(.choice("cipher", Cipher.allCases.map(\.name))),
      defaultText: "aes-128-ecb (classic), cobblestone-128 (sealed)",
      meaning: "how the image is encrypted"),
    Key(
      name: "authentication",
      shape: .scalar(.choice("authentication", Authentication.allCases.map(\.name))),
      defaultText: "none (classic), psk (sealed)",
      meaning: "whether the boards prove that they hold the same pre-shared key"),
    Key(
      name: "image", shape: .scalar(.path), isRequired: true,
      meaning: "the file to send, relative to the manifest; an empty one is fine"),
    Key(
      name: "pixels", shape: .either(.truth, pixels), defaultText: "false",
      meaning: "send the picture's pixels (PPM) instead of its file, which may be compressed"),
    Key(
      name: "port", shape: .scalar(.port), defaultText: "auto",
      meaning: "TCP port of the sender; auto takes a free one"),
    Key(
      name: "store", shape: .list(of: .choice("file", StoredFile.allCases.map(\.rawValue))),
      defaultText: "all three", meaning: "the files that the boards keep"),
    Key(
      name: "digest", shape: .list(of: .choice("digest", Digest.allCases.map(\.rawValue))),
      defaultText: "[]", meaning: "what is hashed during the transfer"),
    Key(
      name: "durable", shape: .scalar(.truth), defaultText: "false",
      meaning: "whether stored files outlast a power failure"),
    Key(
      name: "rate", shape: .scalar(.rate), defaultText: "as fast as possible",
      meaning: "pace of the sender, 1kbit to 1000Gbit"),
    Key(name: "timeouts", shape: .object(timeouts), meaning: "when a board gives up"),
    Key(
      name: "privateExponents",
      shape: .map(of: .scalar(.natural), entry: "private exponent", minimum: 0),
      defaultText: "random",
      meaning: "fixed private exponents by board, for teaching; makes the exchange insecure"),
  ]

  private static let allPairs = Key(
    name: AllPairs.name,
    shape: .object(exchange.filter { !AllPairs.missingKeys.contains($0.name) }),
    meaning: "an exchange of every pair of boards, the earlier one sends: alice-bob, alice-carol, …"
  )

  private static let group = [
    Key(
      name: "prime", shape: .scalar(.natural), isRequired: true,
      meaning: "P, an odd prime of up to \(DHGroup.maximumBits) bits"),
    Key(
      name: "generator", shape: .scalar(.natural), isRequired: true,
      meaning: "G, from 2 to P-2"),
  ]

  private static let pixels = [
    Key(
      name: "width", shape: .scalar(.count(PixelSettings.widths)),
      defaultText: "\(PixelSettings.defaultWidth)",
      meaning: "pixels of a row; a wider picture is made smaller"),
    Key(
      name: "colours",
      shape: .scalar(
        .countOr(PixelSettings.counts, "number of colours", [PixelSettings.allColours])),
      defaultText: "\(PixelSettings.defaultColours)",
      meaning: "colours that are left; fewer make larger plain areas, which ECB shows"),
  ]

  private static let timeouts = [
    Key(
      name: "connect", shape: .scalar(.duration), defaultText: format(\.connect),
      meaning: "how long the receiver tries to connect"),
    Key(
      name: "handshake", shape: .scalar(.duration), defaultText: format(\.handshake),
      meaning: "from the connection to the confirmed key"),
    Key(
      name: "idle", shape: .scalar(.duration), defaultText: format(\.idle),
      meaning: "how long no byte may move"),
  ]

  private static func format(_ timeout: KeyPath<Timeouts, Duration>) -> String {
    DurationText.format(Timeouts()[keyPath: timeout])
  }
}
