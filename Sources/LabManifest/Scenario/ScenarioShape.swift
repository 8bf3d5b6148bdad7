import LabValues
import PiExchange

//  Steps and expectations are maps with the keys of all their kinds; ScenarioReader says which go together.

extension Shape {
  /// One scenario.
  static func scenario(modes: [LabMode]) -> [Key] {
    [
      Key(
        name: "about", shape: .scalar(.text), meaning: "what it shows, in one line, for reports"),
      Key(
        name: "matrix", shape: .object(matrix(modes: modes)),
        meaning: "what it is tried with: every combination"),
      Key(
        name: "seed", shape: .scalar(.count(0...Sweep.greatestSeed)), defaultText: "random",
        meaning: "seed of everything random in it; the report shows it"),
      Key(
        name: "repeat", shape: .scalar(.count(1...Scenario.mostRepeats)), defaultText: "1",
        meaning: "attempts of each cell, with the seeds seed, seed + 1, …"),
      Key(
        name: "timeout", shape: .scalar(.duration), defaultText: "the mode's",
        meaning: "time limit of one cell, healing not included"),
      Key(
        name: "steps", shape: .sequence(of: .object(step), entry: "step", minimum: 1),
        meaning: "what is done, in this order"),
      Key(
        name: "always", shape: .sequence(of: .object(invariant), entry: "invariant", minimum: 0),
        meaning: "what holds during the whole cell"),
      Key(
        name: "knownFailure", shape: .object(knownFailure),
        meaning: "cells that must end differently, exactly as said"),
    ] + exchangeKeys(exchangeMeaning: "the exchange, where the scenario is this one step")
      + [
        Key(
          name: "expect", shape: .object(expectation),
          meaning: "what must come of the exchange")
      ]
  }

  private static func matrix(modes: [LabMode]) -> [Key] {
    let mode = Format.choice("mode", modes.map(\.rawValue))
    return [
      Key(name: "exchange", shape: .list(of: .name), meaning: "exchanges of the manifest"),
      Key(
        name: "mode", shape: .list(of: mode), defaultText: "the run's",
        meaning: "what the boards are made with"),
      Key(
        name: "except",
        shape: .sequence(
          of: .object([
            Key(name: "exchange", shape: .scalar(.name), meaning: "exchange of the cells"),
            Key(name: "mode", shape: .scalar(mode), meaning: "mode of the cells"),
          ]), entry: "exception", minimum: 0),
        meaning: "combinations that are left out"),
    ]
  }

  private static let invariant = [
    Key(
      name: "plaintext", shape: .scalar(.choice("state", ["hidden"])),
      meaning: "the images' bytes do not cross the wire"),
    Key(name: "claims", shape: .object(claims), meaning: "claims on every capture"),
  ]

  private static let knownFailure = [
    Key(
      name: "where",
      shape: .object([
        Key(name: "exchange", shape: .scalar(.name), meaning: "exchange of the cells"),
        Key(name: "mode", shape: .scalar(.name), meaning: "mode of the cells"),
      ]), defaultText: "all cells", meaning: "the cells that it is known of"),
    Key(name: "why", shape: .scalar(.text), isRequired: true, meaning: "the reason, for reports"),
    Key(
      name: "instead", shape: .object(expectation), isRequired: true,
      meaning: "what comes of the last exchange in these cells"),
  ]

  /// One step of a list.
  private static let step =
    [
      Key(name: "name", shape: .scalar(.name), meaning: "for later steps, and for reports"),
      Key(name: "within", shape: .scalar(.duration), meaning: "how long the step may take"),
      Key(name: "expect", shape: .object(expectation), meaning: "what must come of it"),
      Key(
        name: "parallel", shape: .sequence(of: .object(simpleStep), entry: "step", minimum: 2),
        meaning: "steps that are done at once; the first failure ends the others"),
    ] + actions

  private static let simpleStep =
    [
      Key(name: "name", shape: .scalar(.name), meaning: "for later steps, and for reports"),
      Key(name: "within", shape: .scalar(.duration), meaning: "how long the step may take"),
      Key(name: "expect", shape: .object(expectation), meaning: "what must come of it"),
    ] + actions

  private static let actions =
    commandActions + labActions
    + exchangeKeys(exchangeMeaning: "an exchange of the manifest, or 'each' for the cell's")

  /// The exchange, and what is done to it.
  private static func exchangeKeys(exchangeMeaning: String) -> [Key] {
    [
      Key(name: "exchange", shape: .scalar(.name), meaning: exchangeMeaning),
      Key(
        name: "attacker", shape: .scalar(.name), defaultText: "the board whose role it is",
        meaning: "board between receiver and sender"),
      Key(
        name: "attack", shape: .byKind(scalar: .choice("attack", attackWords), map: attackMap),
        meaning: "a whole attack on the exchange"),
      Key(
        name: "faults", shape: .sequence(of: .object(fault), entry: "fault", minimum: 1),
        meaning: "what goes wrong at which place of the exchange"),
    ]
  }

  private static let command = [
    Key(name: "on", shape: .scalar(.name), isRequired: true, meaning: "the board"),
    Key(
      name: "run", shape: .sequence(of: .scalar(.text), entry: "word", minimum: 1),
      meaning: "program and arguments"),
    Key(name: "sh", shape: .scalar(.text), meaning: "text for the board's shell, instead of run"),
  ]

  private static let commandActions = [
    Key(name: "exec", shape: .object(command), meaning: "runs a command on a board to its end"),
    Key(
      name: "copy",
      shape: .object([
        Key(
          name: "from", shape: .scalar(.path), isRequired: true,
          meaning: "board:path, or a file beside the manifest"),
        Key(
          name: "to", shape: .scalar(.path), isRequired: true,
          meaning: "board:path, or a file beside the manifest"),
      ]), meaning: "copies a file to, from, or between boards"),
    Key(
      name: "service",
      shape: .object(
        command + [
          Key(name: "ready", shape: .object(readiness), meaning: "when it is ready"),
          Key(
            name: "within", shape: .scalar(.duration), defaultText: "10s",
            meaning: "how long it may take to be ready"),
        ]), meaning: "starts a command that runs beside the next steps, and ends with the cell"),
    Key(
      name: "stop",
      shape: .byKind(
        scalar: .name,
        map: .object([
          Key(
            name: "service", shape: .scalar(.name), isRequired: true,
            meaning: "name of the service's step"),
          Key(
            name: "signal", shape: .scalar(.choice("signal", signals)), defaultText: "TERM",
            meaning: "the signal it gets"),
        ])), meaning: "ends a service"),
    Key(
      name: "wait",
      shape: .object([
        Key(name: "for", shape: .scalar(.duration), meaning: "a length of time"),
        Key(
          name: "until",
          shape: .object([
            Key(
              name: "exec", shape: .object(command), isRequired: true,
              meaning: "a command, run again and again"),
            Key(
              name: "expect", shape: .object(expectation), meaning: "what must come of it"),
          ]), meaning: "what must come true"),
      ]), meaning: "waits"),
  ]

  private static let signals = ["TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2"]

  private static let readiness = [
    Key(
      name: "stdout", shape: .scalar(.pattern), meaning: "a line of its output matches"),
    Key(name: "tcp", shape: .scalar(.count(1...65535)), meaning: "something listens on the port"),
    Key(name: "file", shape: .scalar(.boardPath), meaning: "a file is there"),
  ]

  private static let attackWords = [
    "man-in-the-middle", "reflection", "junk", "half-open", "drip", "discrete-log",
  ]

  private static let attackMap = Shape.object([
    Key(name: "replay", shape: .scalar(.name), meaning: "an earlier step's exchange, again"),
    Key(name: "junk", shape: .scalar(.count(1...1000)), meaning: "connections of random bytes"),
    Key(
      name: "half-open", shape: .scalar(.count(1...1000)), meaning: "connections that say nothing"),
    Key(name: "drip", shape: .scalar(.duration), meaning: "a connection with a byte each"),
  ])
}
