import LabManifest
import LabValues
import PiExchange
import Testing

struct ScenarioTests {
  private static func text(_ scenario: String, boards: String = "mallory: { role: attacker }")
    -> String
  {
    """
    version: 1
    name: lab
    boards: { alice: {}, bob: {}, \(boards) }
    exchanges:
      classic: { sender: alice, receiver: bob, image: images/horse.ppm }
      sealed: { sender: alice, receiver: bob, profile: sealed, image: images/horse.ppm }
    scenarios:
      s: \(scenario)
    """
  }

  private static func scenario(_ text: String) throws -> Scenario {
    try #require(
      try Samples.grammar.parse(self.text(text), path: Samples.path).scenarios.first)
  }

  @Test func oneExchangeIsOneStep() throws {
    let scenario = try Self.scenario(
      """
      { about: A bit, matrix: { exchange: [classic, sealed], mode: [loopback, namespace], \
      except: [ { exchange: sealed, mode: namespace } ] }, seed: 7, repeat: 3, timeout: 2m, \
      faults: [ { at: { from: sender, byte: 100000 }, do: { flip: 1 } } ], \
      expect: { verdict: refused, receiver: integrity_failure, sender: [peer_alert, connection_lost], \
      files: { receiver-decrypted: absent }, within: 5s, attacker: { image: hidden } } }
      """)
    #expect(scenario.about == "A bit" && scenario.seed == 7 && scenario.repeats == 3)
    #expect(scenario.timeout == .seconds(120))
    #expect(scenario.combinations(modes: scenario.matrix.modes).count == 3)
    guard case .exchange(let exchange) = try #require(scenario.steps.first).action else {
      throw Unexpected()
    }
    #expect(exchange.exchange == nil && exchange.attacker == "mallory")
    #expect(
      exchange.faults
        == [Fault(at: .one(FaultPlace(from: .sender, .byte(100_000))), [.flipBits(1)])])
    guard case .exchange(let expected) = scenario.steps.first?.expect else { throw Unexpected() }
    #expect(expected.verdicts == [.refused] && expected.receiver == ["integrity_failure"])
    #expect(expected.sender == ["peer_alert", "connection_lost"])
    #expect(expected.files == [.receiverDecrypted: [.absent]])
    #expect(expected.within == .seconds(5) && expected.attackerHasImage == false)
  }

  private struct Unexpected: Error {}

  @Test func everyAction() throws {
    let scenario = try Self.scenario(
      """

          always: [ { plaintext: hidden }, { claims: { protocolAgrees: proved } } ]
          steps:
            - exec: { on: bob, run: [ls, -l, 5] }
              expect: { exit: { not: 0 }, stdout: { contains: "x", json: { /a/0: true, /b: { max: 3 } } } }
            - exec: { on: bob, sh: "ls | wc -l" }
            - copy: { from: images/horse.ppm, to: bob:in/horse.ppm }
            - copy: { from: bob:in/horse.ppm, to: out.ppm }
            - name: web
              service: { on: bob, run: [serve], ready: { stdout: "^ready" }, within: 5s }
            - stop: web
            - stop: { service: web, signal: INT }
            - { name: first, exchange: sealed, expect: { verdict: identical } }
            - impair: { link: alice, loss: 1% }
            - link: { on: bob, state: down }
            - kill: bob
            - { reboot: bob, within: 3m }
            - snapshot: warm
            - restore: warm
            - capture: { link: alice }
            - clock: { on: bob, offset: -2m }
            - parallel: [ { exchange: classic }, { exchange: sealed } ]
            - wait: { for: 2s }
            - wait: { until: { exec: { on: bob, run: ["true"] } } }
              within: 9s
            - heal:
            - exchange: classic
              faults:
                - { at: every frame, do: [cut, { hold: 4s }] }
                - { at: { random: 3 }, do: [ drop, { append: 2 } ] }
                - { at: { from: receiver, frame: HELLO }, do: { set: public-value, to: P-1 } }
                - { at: { from: sender, frame: IMAGE }, do: { replay: first } }
                - { at: { from: sender, byte: 9 }, do: { link: { on: bob, state: up } } }
            - { exchange: sealed, attack: { replay: first }, expect: { differs: { from: first, in: [nonce] } } }
      """)
    #expect(
      scenario.steps.map(\.action.word) == [
        "exec", "exec", "copy", "copy", "service", "stop", "stop", "exchange", "impair", "link",
        "kill", "reboot", "snapshot", "restore", "capture", "clock", "parallel", "wait", "wait",
        "heal", "exchange", "exchange",
      ])
    #expect(scenario.always == [.plaintextHidden, .claim("protocolAgrees", "proved")])
    #expect(
      scenario.steps[0].action == .exec(CommandStep(board: "bob", words: ["ls", "-l", "5"])))
    #expect(scenario.steps[15].action == .clock(board: "bob", offset: .seconds(-120)))
    guard case .exchange(let faulty) = scenario.steps[20].action else { throw Unexpected() }
    #expect(faulty.faults.map(\.at).prefix(2) == [.everyFrame, .random(3)])
    #expect(
      faulty.faults[2].actions == [.set(field: "public-value", to: "P-1")])
    #expect(faulty.faults[3].actions == [.replay(step: "first")])
  }

  private static func bad(_ scenario: String, _ message: String, hint: String? = nil)
    -> BadManifest
  {
    BadManifest(text(scenario), message, hint: hint)
  }

  private static func fault(_ fault: String, _ message: String, hint: String? = nil)
    -> BadManifest
  {
    bad("{ matrix: { exchange: [sealed] }, faults: [ \(fault) ] }", message, hint: hint)
  }

  private static func step(_ step: String, _ message: String, hint: String? = nil)
    -> BadManifest
  {
    bad("{ steps: [ \(step) ] }", message, hint: hint)
  }

  @Test(arguments: [
    bad(
      "{ matrix: { exchange: [¶clasic] }, expect: {} }", "there is no exchange 'clasic'",
      hint: "did you mean 'classic'?"),
    bad(
      "{ matrix: ¶{ exchange: [sealed], except: [ { exchange: sealed } ] }, expect: {} }",
      "the matrix of 's' is empty: 'except' leaves nothing", hint: "leave out"),
    BadManifest(
      text("{}").replacing("  s: {}", with: "  ¶s: {}"), "scenario 's' does nothing", hint: "steps:"
    ),
    bad(
      "{ ¶exchange: sealed, steps: [ { exchange: sealed } ] }",
      "'exchange' cannot be used with 'steps'",
      hint: "one exchange"),
    bad(
      "{ exchange: sealed, expect: {}, knownFailure: ¶{ where: { exchange: classic }, why: x, instead: { verdict: identical } }, matrix: { exchange: [sealed] } }",
      "the known failure matches no cell", hint: "where"),
    bad(
      "{ exchange: sealed, expect: { sender: ¶peer_alrt } }", "unknown code 'peer_alrt'",
      hint: "peer_alert"),
    bad(
      "{ exchange: sealed, expect: ¶{ verdict: identical, receiver: integrity_failure } }",
      "the expectations contradict each other: an identical image, and a receiver that ends with an error"
    ),
    bad(
      "{ exchange: sealed, expect: ¶{ verdict: identical, files: { receiver-decrypted: absent } } }",
      "the expectations contradict each other: an identical image, and a decrypted file that is not the original"
    ),
    bad(
      "{ exchange: sealed, expect: ¶{ verdict: refused, sender: done, receiver: done } }",
      "the expectations contradict each other: a refusal, and two sides that end without error"),
    bad(
      "{ exchange: sealed, attacker: ¶mallry, expect: {} }", "there is no board 'mallry'",
      hint: "did you mean 'mallory'?"),
    bad(
      "{ exchange: sealed, attacker: ¶bob, expect: {} }", "board 'bob' is not an attacker",
      hint: "role: attacker"),
    BadManifest(
      text(
        "{ exchange: sealed, expect: {} }", boards: "m: { role: attacker }, e: { role: ¶attacker }"),
      "board 'm' is the attacker already", hint: "at most one"),
    BadManifest(
      text("{ exchange: sealed, attack: ¶reflection }", boards: "carol: {}"),
      "faults and attacks need a board between the others", hint: "role: attacker"),
    bad(
      "{ exchange: sealed, attack: reflection, faults: ¶[ { at: every frame, do: cut } ] }",
      "'faults' cannot be used with 'attack'", hint: "relaying"),
    fault(
      "{ at: { from: sender, byte: ¶394071 }, do: { flip: 1 } }",
      "byte 394071 lies beyond the image of exchange 'sealed', which crosses the wire as 394071 bytes",
      hint: "394070"),
    fault(
      "{ at: { from: receiver, byte: ¶1 }, do: { flip: 1 } }", "the receiver sends no image",
      hint: "from: sender"),
    fault(
      "{ at: { from: sender, frame: ¶TRAILER }, do: cut }",
      "the sender of exchange 'sealed' sends no TRAILER", hint: "HEADER"),
    fault(
      "{ at: { from: sender, frame: ¶HELO }, do: cut }", "unknown frame 'HELO'",
      hint: "did you mean 'HELLO'?"),
    fault(
      "{ at: ¶{ frame: HELLO }, do: cut }", "the place does not say whose bytes are meant",
      hint: "from: sender"),
    fault(
      "{ at: ¶{ from: sender }, do: cut }", "a place takes either 'frame' or 'byte'", hint: "HELLO"),
    fault(
      "{ at: ¶{ random: 2, from: sender }, do: cut }", "'random' stands alone: it draws the places",
      hint: "random"),
    fault(
      "{ at: { from: sender, frame: CONFIRM }, do: ¶{ flip: nonce } }",
      "CONFIRM has no field 'nonce'", hint: "mac"),
    fault(
      "{ at: { from: sender, frame: END }, do: ¶swap }",
      "there are no bytes at the end of the stream to do this to", hint: "append"),
    fault(
      "{ at: { from: receiver, frame: END }, do: ¶cut }",
      "cutting a stream where it ends changes nothing", hint: "frame"),
    fault(
      "{ at: every frame, do: [cut, ¶{ flip: digest }] }", "no frame has what this fault changes",
      hint: "protocol.md"),
    bad(
      "{ matrix: { exchange: [sealed, classic] }, faults: [ { at: { random: 2 }, do: ¶{ flip: digest } } ] }",
      "no frame of exchange 'sealed' has what this fault changes", hint: "protocol.md"),
    bad(
      "{ exchange: sealed, attack: reflection, expect: { verdict: refused }, "
        + "knownFailure: { why: x, instead: ¶{} } }",
      "'instead' asks nothing, so that any failure would be the known one", hint: "identical"),
    fault(
      "{ at: { from: sender, byte: 10 }, do: ¶reflect }",
      "this is done to a whole frame, and there is none at this place", hint: "frame"),
    fault(
      "{ at: { from: sender, frame: IMAGE }, do: ¶duplicate }",
      "this is done to a whole frame, and there is none at this place", hint: "number"),
    fault(
      "{ at: { from: sender, frame: HELLO, when: after }, do: ¶{ flip: nonce } }",
      "this is done to a whole frame, and there is none at this place", hint: "when"),
    fault(
      "{ at: { from: sender, frame: HELLO }, do: { set: length, to: ¶4294967296 } }",
      "'4294967296' does not fit into the field 'length'", hint: "4294967295"),
    fault(
      "{ at: { from: sender, frame: HELLO }, do: ¶{ set: length } }", "'set' needs 'to'",
      hint: "to: 0"),
    fault(
      "{ at: { from: sender, frame: HELLO }, do: { set: profile, to: ¶seald } }",
      "'profile' cannot be set to 'seald'", hint: "sealed"),
    fault(
      "{ at: { from: sender, frame: HELLO }, do: ¶{ flip: 1, hold: 2s } }",
      "a fault does one thing", hint: "list"),
    fault(
      "{ at: { from: sender, frame: HELLO }, do: { kill: ¶carol } }", "there is no board 'carol'",
      hint: "boards"),
    fault(
      "{ at: { from: sender, frame: HELLO }, do: { replay: ¶first } }",
      "there is no earlier step 'first' with an exchange", hint: "name"),
    step("¶{}", "the step has no action", hint: "exec"),
    step(
      "¶{ kill: bob, reboot: bob }", "the step has several actions: kill, reboot",
      hint: "one action"),
    step("{ exec: { on: ¶carol, run: [ls] } }", "there is no board 'carol'", hint: "alice"),
    step("{ exec: ¶{ on: bob } }", "a command takes either 'run' or 'sh'", hint: "run: [ls, -l]"),
    step(
      "{ exec: { on: bob, run: ¶[] } }", "'run' is an empty list, at least one word must be there"),
    step(
      "{ exec: { on: bob, run: [ls] }, expect: { ¶verdict: identical } }",
      "'verdict' is for exchanges", hint: "exit"),
    step("{ kill: bob, expect: ¶{} }", "'kill' takes no 'expect'", hint: "exec"),
    step("{ kill: bob, ¶faults: [ { at: every frame, do: cut } ] }", "'faults' is for exchanges"),
    step("{ exchange: ¶each }", "the step does not say which exchange", hint: "matrix"),
    step(
      "{ service: { on: bob, run: [x] }, expect: { exit: 3, ¶stdout: { is: y } } }",
      "a service is asked for its 'exit' only", hint: "ready"),
    step("{ stop: ¶web }", "there is no earlier step 'web' with a service", hint: "name: web"),
    step(
      "{ restore: ¶warm }", "the scenario has made no snapshot 'warm' before",
      hint: "snapshot: warm"),
    step("{ heal: ¶3 }", "'heal' takes no value", hint: "- heal:"),
    step("{ wait: ¶{} }", "'wait' takes either 'for' or 'until'", hint: "2s"),
    step("{ impair: ¶{ link: bob } }", "the impairment is empty", hint: "loss"),
    step(
      "{ copy: { from: images/horse.ppm, to: bob:¶../x } }".replacing("bob:¶", with: "¶bob:"),
      "'../x' is not a path on a board", hint: "working folder"),
    step(
      "{ copy: ¶{ from: images/horse.ppm, to: y.ppm } }", "'copy' is from, to or between boards",
      hint: "alice:path"),
    step(
      "{ service: { on: bob, run: [x], ready: ¶{ tcp: 80, file: x } } }",
      "'ready' takes one of 'stdout', 'tcp' and 'file'", hint: "tcp"),
    step(
      "{ exec: { on: bob, run: [x] }, expect: { stdout: { matches: ¶\"(\" } } }",
      "'(' is not a regular expression: Unmatched ( or \\(", hint: "grep -E"),
    step(
      "{ exec: { on: bob, run: [x] }, expect: { stdout: ¶{ is: a, empty: true } } }",
      "the expectations contradict each other: it is to be empty and to hold something",
      hint: "leave one out"),
    step(
      "{ exec: { on: bob, run: [x] }, expect: { stdout: { json: { ¶a: 1 } } } }",
      "'a' is not a JSON pointer", hint: "/items/0/name"),
    step(
      "{ exec: { on: bob, run: [x] }, expect: { stdout: { json: { /a: ¶{ min: 3, max: 1 } } } } }",
      "no number is at least 3.0 and at most 1.0"),
    step(
      "{ parallel: ¶[ { exchange: sealed }, { exchange: sealed } ] }",
      "two steps at once are the same exchange", hint: "another"),
  ])
  func badOnes(_ manifest: BadManifest) {
    manifest.verify()
  }

  @Test func whatIsValidAndDoubtfulIsTold() throws {
    let text = Self.text(
      "{ matrix: { exchange: [classic, sealed] }, steps: [ { exchange: sealed }, { wait: { for: 2s } } ] }"
    )
    let warnings = try Samples.grammar.parse(text, path: Samples.path).warnings.map(\.message)
    #expect(
      warnings == [
        "no step takes the matrix's exchange, so its cells are the same",
        "a wait for a length of time is too short on a slow machine, or too long",
      ])
  }
}
