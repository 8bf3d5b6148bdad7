import LabCore
import LabValues

/// A lab that is up, as an experiment gets it, with what is needed to do something there.
struct LabInUse: Sendable {
  /// The boards, and what can be done to them and their links, also while an exchange goes on.
  let live: LiveLab
  /// Puts on the boards what exchanges need.
  let deployment: Deployment
  /// The folder of the run.
  let output: RunFolder
  /// How boards and links were when the experiments began, and are now.
  let conditions: RunConditions
  /// Takes what goes wrong and is no reason to end.
  let troubles: Troubles
  let observer: RunObserver
  let abilities: Set<Ability>
  let originals = Originals()

  var isOfMachines: Bool { abilities.contains(.ownKernel) }

  var running: any RunningLab { live.running }
  var mode: LabMode { live.mode }
}
