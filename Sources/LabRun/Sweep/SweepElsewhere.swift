import LabCore
import LabManifest

extension LabRunner {
  /// Measures a sweep in all of its modes but the run's own, each in a lab that is made for it alone.
  func measureElsewhere(_ sweep: SweepSession, _ lifecycle: LabLifecycle) async throws(LabError) {
    for mode in sweep.modes where mode != request.mode {
      if let state = try await lifecycle.found() {
        throw LabError(
          .labDiffers,
          "the lab is up in mode \(state.record.mode.rawValue), and the sweep needs mode \(mode.rawValue) too",
          step: "prepare",
          hint: "take it down first: pilab down --lab \(lifecycle.folder.lab); "
            + "or measure in one mode: --mode \(state.record.mode.rawValue)")
      }
      var wanted = request.lab
      wanted.mode = mode
      let (lab, state) = try await lifecycle.make(wanted, on: nil, isTransient: true)
      do throws(LabError) {
        var deployment = Deployment(
          lab: lab, programs: request.programs, preSharedKey: lifecycle.folder.preSharedKey)
        try await sweep.measure(on: lab, &deployment)
      } catch {
        try await lifecycle.removeWhateverHappens(state, after: error)
      }
      try await lifecycle.remove(state)
    }
  }
}

extension RunRequest {
  var needsPreSharedKey: Bool {
    exchanges.contains { $0.authentication == .preSharedKey }
  }
}
