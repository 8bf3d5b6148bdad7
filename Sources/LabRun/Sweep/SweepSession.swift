import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues
import PiExchange

//  images made ─ journal begun or found ─ for each mode: deploy ─ warm up ─ measure, a line each ─ report

/// One sweep from its images to its report.
struct SweepSession: Sendable {
  let plan: SweepPlan
  let journal: SweepJournal
  /// Wanted; where the run takes whatever mode works, that one is known when its lab is there.
  let modes: [LabMode]
  /// That of the run's own lab.
  let ownMode: LabMode
  let pictures: String
  /// Measured in turn with the run's own; nil where nothing is compared.
  let others: OtherPrograms?
  let programs: BoardPrograms
  /// Of `programs`, and of the others.
  let hashes: AgainstResult.ProgramHashes
  let otherHashes: AgainstResult.ProgramHashes?
  /// What goes on with it if it is interrupted.
  let resumption: String
  /// The lab's.
  let runs: String
  let observer: RunObserver
  let progress: SharedValue<SweepProgress>

  /// nil where the run has no sweep.
  static func begin(_ start: RunStart) throws(LabError) -> SweepSession? {
    let request = start.request
    guard let sweep = request.sweep, let base = request.sweepBase else { return nil }
    let runs = start.folder.runs
    let pictures = RunFolder.workPath(of: "\(runs)/sweep-pictures")
    do throws(LabError) {
      return try SweepSession(
        sweep, base, request, pictures: pictures, runs: runs, start: start.date,
        observer: start.observer)
    } catch {
      try RunFolder.removeUnfinished(pictures)
      throw error
    }
  }

  private init(
    _ sweep: Sweep, _ base: Exchange, _ request: RunRequest, pictures: String, runs: String,
    start: String, observer: @escaping RunObserver
  ) throws(LabError) {
    self.pictures = pictures
    self.observer = observer
    self.runs = runs
    others = request.others
    programs = request.programs
    hashes = try programs.hashes()
    otherHashes = try others?.programs.hashes()
    resumption = request.resumption
    let isCompared = others != nil
    modes = request.sweepModes
    ownMode = request.mode
    RunFolder.sweep(runs)
    let images = try SweepImages.make(
      sweep.sizes, else: request.exchanges.map(\.image), in: pictures)
    let draft = try SweepPlan(sweep, base: base, images: images, seed: 0, isCompared: isCompared)
    var settings = SweepSettings(draft, modes: modes, links: try Self.links(request))
    settings.programs = [hashes] + [otherHashes].compactMap(\.self)
    let points = draft.points.count(where: \.isOfOthers) * modes.count
    if let note = try others?.requireRepeats(sweep.repeats, of: points) { observer(.note(note)) }
    if !request.resumes, let other = SweepJournal.unfinished(in: runs).last {
      observer(.note("an interrupted sweep is kept: \(other); --resume goes on with it"))
    }
    journal =
      if request.resumes {
        try SweepJournal.resume(settings, in: runs, start: start)
      } else {
        try SweepJournal.begin(
          .init(settings: settings, seed: sweep.seed ?? UInt64.random(in: 0...UInt64(UInt32.max))),
          in: runs, start: start)
      }
    plan = try SweepPlan(
      sweep, base: base, images: images, seed: journal.header.seed, isCompared: isCompared)
    progress = SharedValue(SweepProgress(total: plan.points.count * sweep.repeats * modes.count))
    let done = journal.entries.count
    observer(
      .sweepStarted(
        points: plan.points.count * modes.count, measurements: progress.value.total, done: done))
  }

  /// The links as they are, or will be once the lab is up; those that are good are left out.
  private static func links(_ request: RunRequest) throws(LabError) -> [String] {
    let state = try LabFolder(of: request.manifest.name, in: request.root).state.read()
    let manifest = request.manifest
    // A lab that a killed run has left is made anew.
    let conditions =
      state.flatMap { $0.isTransient ? nil : $0.inForce }
      ?? LabConditions(manifest.boards.map(\.name), manifest: manifest.network.impairment)
    return conditions.all.compactMap { condition in
      let words = [condition.isLinkDown ? "link down" : nil, condition.impairment?.description]
        .compactMap(\.self)
      return words.isEmpty ? nil : "\(condition.board): \(words.listed)"
    }
  }

  var hasMeasurements: Bool { !journal.entries.isEmpty }

  /// Whether nothing is left to measure.
  var isComplete: Bool { journal.entries.count >= progress.value.total }

  /// Whatever becomes of it, links are as they were afterwards.
  func measure(on lab: LabInUse) async throws(LabError) {
    guard plan.changesLinks else { return try await measureAll(on: lab) }
    try await SweptLinks.require(plan.impairments, of: plan.boards, lab)
    let failure: LabError?
    do throws(LabError) {
      try await measureAll(on: lab)
      failure = nil
    } catch { failure = error }
    let boards = plan.boards
    try await uncancelled { () throws(LabError) in
      try await SweptLinks.restore(of: boards, lab)
    }
    if let failure { throw failure }
  }

  private func measureAll(on lab: LabInUse) async throws(LabError) {
    let mode = lab.mode
    let place = modes.firstIndex(of: mode) ?? 0
    let work = left(of: mode, at: place)
    var ready: [Int: ExchangePlan] = [:]
    // All images first, so that a board without room for one says so before anything is measured.
    for index in Set(work.map(\.point)).sorted() {
      let point = plan.points[index]
      ready[index] = try await lab.deployment.prepare(
        point.exchange, with: point.isOfOthers ? others?.programs : nil)
    }
    let later = modes.indices.filter { $0 > place }.flatMap { left(of: modes[$0], at: $0) }
    progress.update {
      $0.begin(journal.entries.count, weight: (work + later).reduce(0) { $0 + weight($1) })
    }
    var links = SweptLinks(lab, boards: plan.boards)
    for item in work {
      if Task.isCancelled { throw .cancelled }
      guard let exchange = ready[item.point] else { continue }
      try await links.make(plan.points[item.point].link)
      let pace = await pace(before: item)
      let start = ContinuousClock.now
      var sample = try await measure(item, exchange, on: lab.running)
      sample?.pace = pace
      if let failure = sample?.failure {
        let boards = [exchange.exchange.sender, exchange.exchange.receiver]
        sample?.failure = failure.explained(FailureHint(lab.conditions, boards: boards))
      }
      if let sample {
        try journal.append(.init(mode: mode.rawValue, point: item.point, sample: sample))
      }
      progress.update { $0.advance(weight(item), ContinuousClock.now - start, sample != nil) }
      observer(.sweepProgress(progress.value))
    }
  }

  /// Nil where it is not asked.
  private func pace(before work: SweepPlan.Work) async -> UInt64? {
    let total = plan.points.count * plan.repeats
    guard let position = work.position, MachinePace.isDue(at: position, of: total) else {
      return nil
    }
    return await MachinePace.measure()
  }

  /// What has not been measured in a mode.
  private func left(of mode: LabMode, at place: Int) -> [SweepPlan.Work] {
    let done = journal.entries.filter { $0.mode == mode.rawValue }.map(\.sample.position)
    return plan.order(mode: place, done: Set(done))
  }

  /// nil for one that is not counted.
  private func measure(
    _ work: SweepPlan.Work, _ exchange: ExchangePlan, on lab: any RunningLab
  ) async throws(LabError) -> SweepSample? {
    let runner: ExchangeRunner
    runner = ExchangeRunner(
      plan: exchange, sender: try lab.board(exchange.exchange.sender),
      receiver: try lab.board(exchange.exchange.receiver), observer: { _ in })
    let ends = try await runner.run()
    // A board that is lost has no more measurements; a sweep can go on later.
    for end in ends {
      if case .lost = end.outcome, let failure = end.failure { throw failure }
    }
    guard let position = work.position else { return nil }
    let sample = SweepSample(
      of: ends, imageSHA256: plan.points[work.point].image.sha256, position: position)
    if sample.failure != nil { try await requireBoards(of: exchange, on: lab) }
    return sample
  }

  /// A program that failed because its board was lost has measured nothing.
  private func requireBoards(
    of plan: ExchangePlan, on lab: any RunningLab
  ) async throws(LabError) {
    for (name, role, program) in [
      (plan.exchange.sender, Role.sender, plan.programs.sender),
      (plan.exchange.receiver, .receiver, plan.programs.receiver),
    ] {
      do throws(LabError) {
        _ = try await Self.version(of: program, on: try lab.board(name))
      } catch {
        // Any other reason is in the measurement.
        guard error.isLossOfBoard else { continue }
        var loss = LabError.lost(error, ProgramProgress(role))
        loss.board = name
        throw loss
      }
    }
  }

  /// Asks a program for its version, which takes no time, to see that it can be started.
  static func version(
    of program: BoardPath, on board: any RunningBoard
  ) async throws(LabError) -> CommandStatus {
    let command = BoardCommand(program: program, arguments: ["--version"])
    do throws(LabError) {
      return try await TimeLimit.run(
        .seconds(30), "\(program) --version", step: "sweep"
      ) { () throws(LabError) in try await board.run(command) { _ in } }
    } catch {
      var error = error
      error.board = error.board ?? board.name
      throw error
    }
  }

  /// How long an exchange takes, in units of one without an image.
  private func weight(_ work: SweepPlan.Work) -> Double {
    1 + Double(plan.points[work.point].image.bytes) / Double(32 << 20)
  }

  /// - Parameter actual: the mode of the run's own lab, which stands for `auto`.
  func report(actual: LabMode) -> SweepResult {
    var result = SweepResult(
      seed: plan.seed, warmups: plan.warmups, repeats: plan.repeats, sessions: journal.sessions,
      points: points(actual, ofOthers: false))
    if let others, let otherHashes {
      result.against = AgainstResult(
        name: others.name, programs: otherHashes, ownPrograms: hashes,
        points: points(actual, ofOthers: true))
      result.against?.limit = others.limit
    }
    return result
  }

  private func points(_ actual: LabMode, ofOthers: Bool) -> [SweepPoint] {
    let entries = Dictionary(grouping: journal.entries) { "\($0.mode) \($0.point)" }
    return modes.map { $0 == .auto ? actual : $0 }.flatMap { mode in
      plan.points.enumerated().filter { $0.element.isOfOthers == ofOthers }.map { index, point in
        let samples = (entries["\(mode.rawValue) \(index)"] ?? []).map(\.sample)
        return plan.report(
          of: point, mode: mode, samples: samples.sorted { $0.position < $1.position })
      }
    }
  }
}

extension SweepSettings {
  init(_ plan: SweepPlan, modes: [LabMode], links: [String]) {
    let machine = RunEnvironment.current()
    self.init(
      pilab: PiExchange.pilabVersion, kernel: machine.kernel, processor: machine.processor,
      modes: modes.map(\.rawValue), repeats: plan.repeats, warmups: plan.warmups,
      points: plan.points.map { point in
        let exchange = point.exchange
        let rate = exchange.rate.map { " \($0)" } ?? ""
        return "\(exchange.cipher.name) \(exchange.group) \(exchange.authentication.name) "
          + "\(exchange.sender) \(exchange.receiver)\(rate) \(point.image.sha256)"
          + (point.link.map { " \($0.name) \($0.impairment?.description ?? "good")" } ?? "")
      }, links: links)
  }
}
