import LabManifest

extension LabRunner {
  /// Measures a sweep in all of its modes but the run's own, each in a lab that is made for it alone.
  func measureElsewhere(_ sweep: SweepSession, _ held: HeldLab) async throws(RunError) {
    for mode in sweep.modes where mode != request.mode {
      if let state = try await held.found() {
        throw RunError(
          "lab_differs",
          "the lab is up in mode \(state.record.mode.rawValue), and the sweep needs mode \(mode.rawValue) too",
          hint: "take it down first: pilab down --lab \(held.folder.lab); "
            + "or measure in one mode: --mode \(state.record.mode.rawValue)",
          step: "prepare", status: .labUnavailable)
      }
      var wanted = request.lab
      wanted.mode = mode
      let (lab, state) = try await held.make(wanted, on: nil, isTransient: true)
      do throws(RunError) {
        var deployment = Deployment(
          lab: lab, programs: request.programs, preSharedKey: held.folder.preSharedKey)
        try await sweep.measure(on: lab, &deployment)
      } catch {
        try await held.removeWhateverHappens(state, after: error)
      }
      try await held.remove(state)
    }
  }
}

extension RunRequest {
  var needsPreSharedKey: Bool {
    exchanges.contains { $0.authentication == .preSharedKey }
  }
}
