import Foundation
import LabCore
import LabManifest
import LabResults
import LabValues
import PiExchange

//  files of before removed ─ programs, and who sits between ─ facts of both boards ─ what came home

/// One exchange of a scenario, and what is done to it.
struct ScenarioExchange: Sendable {
  let lab: LabInUse
  let state: AttemptState
  let step: ExchangeStep
  let exchange: Exchange
  /// Where drawn places are filled in.
  let faults: [PlacedFault]
  let seed: UInt64
  /// Whether a later step replays what is sent now; the file for it on the attacker's board.
  let recording: String?
  /// Those of all steps.
  let recordings: [String]
  /// Records the wire, for claims.
  let captures: Bool
  /// Below the run's folder.
  let folder: String

  func run() async throws(LabError) -> ExchangeFacts {
    try await removeFiles()
    var plan = try await lab.deployment.prepare(exchange)
    plan.attempts = step.attack?.meansManyConnections == true ? nil : 1
    let interception = try await interception(plan)
    var runner = ExchangeRunner(
      plan: plan, sender: try lab.running.board(exchange.sender),
      receiver: try lab.running.board(exchange.receiver), observer: { _ in })
    runner.interception = interception
    // What a side does when its peer fails is what is looked at: it has its own time-outs.
    let patience = max(exchange.timeouts.idle, exchange.timeouts.handshake) + .seconds(2)
    runner.limits.grace = patience
    runner.limits.idleGrace = patience
    let start = ContinuousClock.now
    let (ends, capture) = try await recorded(runner)
    let nanoseconds = UInt64(max(0, (ContinuousClock.now - start) / .nanoseconds(1)))
    let look = BoardLook(lab: lab, plan: plan)
    let seen = try await look.facts()
    for board in [exchange.sender, exchange.receiver] {
      await state.add(files: look.paths(on: board), on: board)
    }
    var facts = ExchangeFacts(
      plan, ends, files: seen, original: try await lab.originals.sha256(of: exchange.image),
      nanoseconds: nanoseconds)
    try await add(interception, to: &facts)
    try await add(capture, ends, plan, to: &facts)
    try await keep(runner, interception, plan, facts: &facts)
    return facts
  }

  /// What an earlier exchange of the attempt has left would be taken for this one's.
  private func removeFiles() async throws(LabError) {
    for board in [exchange.sender, exchange.receiver, step.attacker].compactMap(\.self) {
      let files = await state.takeFiles(on: board, keeping: recordings)
      try await BoardLook.remove(files, on: board, lab.running)
    }
  }

  private func recorded(
    _ runner: ExchangeRunner
  ) async throws(LabError) -> ([ProgramEnd], WireRecorder?) {
    guard captures else { return (try await runner.run(), nil) }
    let home = try lab.output.makeFolder(folder)
    _ = try lab.output.makeFolder("\(folder)/\(exchange.name)")
    let recorder = try WireRecorder(exchange, on: lab.running, folder: home)
    let (ends, _) = try await recorder.recording { () throws(LabError) in try await runner.run() }
    return (ends, recorder)
  }

  private func interception(_ plan: ExchangePlan) async throws(LabError) -> Interception? {
    guard let attacker = step.attacker else { return nil }
    try await lab.deployment.prepareInterceptor(on: attacker)
    var arguments = ["--name", attacker] + plan.settings
    arguments += ["--sender-name", exchange.sender, "--receiver-name", exchange.receiver]
    arguments += ["--seed", "\(seed)"]
    var left = [AttackerFiles.release]
    for fault in faults {
      arguments += ["--fault", fault.spec(recording: AttackerFiles.recording)]
    }
    if let attack = step.attack {
      arguments += ["--attack", attack.argument]
      arguments += ["--store-image", AttackerFiles.image]
      left.append(AttackerFiles.image)
    }
    if let recording {
      arguments += ["--record", recording]
      left.append(recording)
    }
    await state.add(files: left, on: attacker)
    return Interception(
      board: try lab.running.board(attacker), arguments: arguments, lab: lab, deeds: deeds,
      release: ExchangePlan.boardPath(AttackerFiles.release))
  }

  /// What is done to the lab while the stream is held.
  private var deeds: [Int: FaultAction] {
    var deeds: [Int: FaultAction] = [:]
    for (number, fault) in faults.enumerated() where fault.action.isOfLab {
      deeds[number] = fault.action
    }
    return deeds
  }

  private func add(
    _ interception: Interception?, to facts: inout ExchangeFacts
  ) async throws(LabError) {
    guard let interception else { return }
    guard var told = interception.facts else {
      throw LabError(
        .attackerFailed, "pi-interceptor told no result", board: interception.board.name,
        step: "run", cause: interception.log.standardError.suffix(500).description)
    }
    if let obtained = told.obtained {
      told.hasOriginal =
        obtained.sha256 == (try await lab.originals.sha256(of: exchange.image))
    }
    for index in told.faults.indices where faults.indices.contains(told.faults[index].fault) {
      told.faults[index].words = faults[told.faults[index].fault].words
    }
    facts.attacker = told
    facts.sender.add(told, from: "sender")
    facts.receiver.add(told, from: "receiver")
  }

  /// Claims are tried on the capture and on the files of both boards.
  private func add(
    _ recorder: WireRecorder?, _ ends: [ProgramEnd], _ plan: ExchangePlan,
    to facts: inout ExchangeFacts
  ) async throws(LabError) {
    guard let recorder else { return }
    var result = ExchangeResult(blank: exchange)
    result.fill(from: ends)
    let home = "\(lab.output.work)/\(folder)"
    for (artifact, board, path) in plan.artifacts {
      let relative = plan.reportPath(of: artifact)
      if artifact == .original {
        result.files[artifact.rawValue] =
          try lab.bringOriginal(exchange, to: "\(home)/\(relative)")
          ? relative : nil
      } else if facts.files[artifact.fileName]?.state != .absent {
        _ = try lab.output.makeFolder(
          "\(folder)/\((relative as NSString).deletingLastPathComponent)")
        try await lab.running.board(board).get(path, to: "\(home)/\(relative)")
        result.files[artifact.rawValue] = relative
      }
    }
    let evidence = try recorder.evidence(of: result)
    facts.claims = evidence.evidence.claims
    facts.folder = folder
  }

  /// Brings home what the attacker obtained.
  private func keep(
    _ runner: ExchangeRunner, _ interception: Interception?, _ plan: ExchangePlan,
    facts: inout ExchangeFacts
  ) async throws(LabError) {
    facts.folder = folder
    _ = try lab.output.makeFolder(folder)
    for (name, log) in [
      (exchange.sender, runner.senderLog), (exchange.receiver, runner.receiverLog),
    ] + (interception.map { [($0.board.name, $0.log)] } ?? []) {
      try lab.output.write(log.standardOutput, to: "\(folder)/\(name).json")
      try lab.output.write(log.standardError, to: "\(folder)/\(name).log")
    }
    guard facts.attacker?.obtained != nil, let interception else { return }
    let picture = "\(folder)/obtained\(ImageName.suffix(of: exchange.image))"
    try await interception.board.get(
      ExchangePlan.boardPath(AttackerFiles.image), to: "\(lab.output.work)/\(picture)")
    facts.attacker?.picture = picture
  }
}

/// Where what the attacker has lies on its board.
enum AttackerFiles {
  static let image = "attack-image"
  static let release = "attack-done"

  static func recording(of step: String) -> String { "attack-\(step).recording" }
}

extension Attack {
  /// As pi-interceptor takes it.
  fileprivate var argument: String {
    switch self {
    case .manInTheMiddle, .reflection, .discreteLog: word
    case .replay(let step): "\(word):\(AttackerFiles.recording(of: step))"
    case .junk(let count), .halfOpen(let count): "\(word):\(count)"
    case .drip(let time): "\(word):\(DurationText.format(time))"
    }
  }

  /// The sender refuses some of its own before the real one comes.
  fileprivate var meansManyConnections: Bool {
    switch self {
    case .junk, .halfOpen, .drip: true
    default: false
    }
  }
}
