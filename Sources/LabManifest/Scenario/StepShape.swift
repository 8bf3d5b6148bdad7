import LabValues
import PiExchange

extension Shape {
  /// Of links and boards.
  static let labActions = [
    Key(
      name: "impair", shape: .object([linkKey] + impairment),
      meaning: "makes a board's link worse, in place of what was in force"),
    Key(
      name: "link", shape: .object(linkState), meaning: "takes a board's link down, or up again"),
    Key(
      name: "kill", shape: .scalar(.name), meaning: "pulls the plug of a board that is a machine"),
    Key(name: "reboot", shape: .scalar(.name), meaning: "starts a machine again"),
    Key(name: "snapshot", shape: .scalar(.name), meaning: "keeps the state of all machines"),
    Key(name: "restore", shape: .scalar(.name), meaning: "brings a snapshot of this cell back"),
    Key(
      name: "capture", shape: .object([linkKey]),
      meaning: "records what passes a board's interface, until the cell ends"),
    Key(
      name: "clock",
      shape: .object([
        Key(name: "on", shape: .scalar(.name), isRequired: true, meaning: "the board, a machine"),
        Key(
          name: "offset", shape: .scalar(.offset), isRequired: true,
          meaning: "how far its clock is set ahead, or with - back"),
      ]), meaning: "sets a machine's clock wrong"),
    Key(
      name: "heal", shape: .byKind(scalar: .literal, map: nil),
      meaning: "undoes all disturbances now; takes no value"),
  ]

  private static let linkKey = Key(
    name: "link", shape: .scalar(.name), isRequired: true, meaning: "the board whose link it is")

  private static let linkState = [
    Key(name: "on", shape: .scalar(.name), isRequired: true, meaning: "the board"),
    Key(
      name: "state", shape: .scalar(.choice("state", ["up", "down"])), isRequired: true,
      meaning: "up or down"),
  ]

  static let fault = [
    Key(
      name: "at", shape: .byKind(scalar: .choice("place", ["every frame"]), map: .object(place)),
      isRequired: true, meaning: "where: a place, 'every frame', or random ones"),
    Key(
      name: "do",
      shape: .byKind(
        scalar: faultWord,
        list: .sequence(of: .byKind(scalar: faultWord, map: faultMap), entry: "action", minimum: 1),
        map: faultMap),
      isRequired: true, meaning: "what is done there"),
  ]

  private static let place = [
    Key(
      name: "from", shape: .scalar(.choice("side", ["sender", "receiver"])),
      meaning: "whose bytes"),
    Key(
      name: "frame", shape: .scalar(.choice("frame", StreamPart.positions.map(\.rawValue))),
      meaning: "the part of the stream"),
    Key(
      name: "byte", shape: .scalar(.count(0...(1 << 37))),
      meaning: "a byte of the image as it crosses the wire, from 0"),
    Key(
      name: "when", shape: .scalar(.choice("side of the frame", ["before", "after"])),
      defaultText: "before", meaning: "before it or after it"),
    Key(
      name: "random", shape: .scalar(.count(1...100)),
      meaning: "this many places, drawn by the seed"),
  ]

  private static let faultWord = Format.choice(
    "fault", ["cut", "reset", "drop", "swap", "duplicate", "reflect"])

  /// What pi-interceptor holds at most.
  private static let bytes = Shape.scalar(.count(1...(1 << 26)))

  private static let faultMap = Shape.object([
    Key(
      name: "flip",
      shape: .scalar(.countOr(1...8192, "field", StreamField.allCases.map(\.rawValue))),
      meaning: "this many bits from there on, or the lowest bit of a field"),
    Key(
      name: "set", shape: .scalar(.choice("field", StreamField.allCases.map(\.rawValue))),
      meaning: "a field; its value is 'to'"),
    Key(name: "to", shape: .scalar(.text), meaning: "the value: a number, P, P-1, own, random, …"),
    Key(name: "append", shape: bytes, meaning: "random bytes that are put in"),
    Key(name: "drop", shape: bytes, meaning: "bytes that are left out"),
    Key(name: "swap", shape: bytes, meaning: "bytes that change places with those after them"),
    Key(name: "duplicate", shape: bytes, meaning: "bytes that come twice"),
    Key(
      name: "replay", shape: .scalar(.name), meaning: "an earlier step, whose bytes come instead"),
    Key(name: "hold", shape: .scalar(.duration), meaning: "how long the stream is held up"),
    Key(name: "drip", shape: .scalar(.duration), meaning: "time from one byte to the next"),
    Key(name: "kill", shape: .scalar(.name), meaning: "a machine whose plug is pulled"),
    Key(name: "reboot", shape: .scalar(.name), meaning: "a machine that starts again"),
    Key(name: "link", shape: .object(linkState), meaning: "a link that goes down or up"),
    Key(
      name: "snapshot", shape: .scalar(.name), meaning: "a snapshot of all machines by this name"),
  ])

  static let claims = ["plaintextAbsent", "ciphertextIdentical", "protocolAgrees", "blockPattern"]
    .map {
      Key(
        name: $0,
        shape: .scalar(.choice("verdict", ["proved", "refuted", "notProvable"])),
        meaning: "what a capture shows; see docs/capture.md")
    }

  /// Of commands and of exchanges.
  static let expectation = commandExpectation + exchangeExpectation

  private static let commandExpectation = [
    Key(
      name: "exit",
      shape: .byKind(
        scalar: .count(0...255),
        map: .object([
          Key(
            name: "not", shape: .scalar(.count(0...255)), isRequired: true,
            meaning: "any status but this")
        ])), defaultText: "0", meaning: "the command's exit status"),
    Key(name: "stdout", shape: text, meaning: "what is asked of its output"),
    Key(name: "stderr", shape: text, meaning: "what is asked of its errors"),
  ]

  private static let text = Shape.object([
    Key(name: "is", shape: .scalar(.text), meaning: "this text, but for a line feed at its end"),
    Key(name: "contains", shape: .scalar(.text), meaning: "this text is in it"),
    Key(name: "matches", shape: .scalar(.pattern), meaning: "a line of it matches (grep -E)"),
    Key(name: "empty", shape: .scalar(.truth), meaning: "whether nothing is in it"),
    Key(
      name: "json",
      shape: .pairs(
        key: .text,
        of: .byKind(
          scalar: .literal,
          map: .object([
            Key(name: "min", shape: .scalar(.number), meaning: "the least"),
            Key(name: "max", shape: .scalar(.number), meaning: "the most"),
          ])), entry: "JSON pointer"),
      meaning: "values in it, by JSON pointer (RFC 6901)"),
  ])

  private static func oneOrMore(_ format: Format) -> Shape {
    .byKind(scalar: format, list: .sequence(of: .scalar(format), entry: "word", minimum: 1))
  }

  private static let exchangeExpectation = [
    Key(
      name: "verdict",
      shape: oneOrMore(
        .choice("verdict", ExchangeExpectation.ExchangeVerdict.allCases.map(\.rawValue))),
      meaning: "how the exchange ends; of a list, one"),
    Key(
      name: "sender", shape: oneOrMore(.choice("code", sideCodes)),
      meaning: "the sender's code, or 'done'"),
    Key(
      name: "receiver", shape: oneOrMore(.choice("code", sideCodes)),
      meaning: "the receiver's code, or 'done'"),
    Key(name: "within", shape: .scalar(.duration), meaning: "how long the exchange may take"),
    Key(
      name: "files",
      shape: .object(
        StoredFile.allCases.map {
          Key(
            name: $0.rawValue,
            shape: oneOrMore(
              .choice("state", ExchangeExpectation.FileState.allCases.map(\.rawValue))),
            meaning: "what there is of the file when the exchange has ended")
        }), meaning: "the files on the boards"),
    Key(name: "claims", shape: .object(claims), meaning: "what a capture of the exchange shows"),
    Key(
      name: "attacker",
      shape: .object([
        Key(
          name: "image", shape: .scalar(.choice("state", ["obtained", "hidden"])),
          isRequired: true, meaning: "whether the attacker obtained the image")
      ]), meaning: "what the attacker obtained"),
    Key(
      name: "differs",
      shape: .object([
        Key(
          name: "from", shape: .scalar(.name), isRequired: true,
          meaning: "name of an earlier step with an exchange"),
        Key(
          name: "in",
          shape: .list(
            of: .choice(
              "value", ExchangeExpectation.Difference.Value.allCases.map(\.rawValue))),
          isRequired: true, meaning: "values that must not be the earlier ones"),
      ]), meaning: "freshness: values that differ from an earlier exchange's"),
  ]

  /// With what pilab finds where a program told nothing.
  static let sideCodes =
    [ExchangeExpectation.done] + ErrorCode.all.map(\.name)
    + ["killed", "board_lost", "board_switched_off", "not_ended", "no_result"]
}
