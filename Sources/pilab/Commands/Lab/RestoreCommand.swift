import ArgumentParser
import LabCore
import LabRun

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Bring all boards back to a snapshot, and wait until they answer.",
    discussion: """
      May be repeated. The boards' random numbers, and so all keys, differ each time. For virtual machines.

      Examples:
        pilab restore warm
        pilab restore warm && pilab run
      """)

  @Argument(help: "The snapshot's name.")
  var name: LabName

  @OptionGroup var options: LabOptions

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let (lab, name) = (try options.resolve(), name.text)
      try await Interruption.guarding(
        outcome: "see how far it came: pilab status"
      ) { () throws(LabError) in
        try await LabRoot.keeper().alone(with: lab) { live throws(LabError) in
          try await live.restore(name)
        }
      }
      try Console.print("lab '\(lab)' is as it was at '\(name)'\n")
    }
  }
}
