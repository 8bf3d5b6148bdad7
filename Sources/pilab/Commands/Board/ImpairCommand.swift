import ArgumentParser
import LabManifest
import LabRun
import LabValues

struct ImpairCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "impair",
    abstract: "Make a board's link worse, or good again.",
    discussion: """
      Applies to what the board sends from now on, and replaces any earlier impairment; the manifest's \
      'network: { impairment: … }' does the same for all boards from 'pilab up' on.

      Examples:
        pilab impair alice --rate 10mbit --delay 20ms --jitter 2ms
        pilab impair bob --loss 0.5% --corrupt 0.01%
        pilab impair alice --clear
      """)

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @Option(help: "How fast the link is: 512kbit, 100mbit, 1gbit.")
  var rate: BitRate?

  @Option(help: "How long each packet is held up: 20ms, 1s.")
  var delay: DelayOption?

  @Option(help: "How far a packet's delay may vary, either way; needs --delay.")
  var jitter: DelayOption?

  @Option(help: "Packets that are dropped: 0.5%.")
  var loss: Percentage?

  @Option(help: "Packets that are sent twice.")
  var duplicate: Percentage?

  @Option(help: "Packets with one bit flipped.")
  var corrupt: Percentage?

  @Option(help: "Packets that overtake those before them; needs --delay.")
  var reorder: Percentage?

  @Flag(help: "Make the link good again.")
  var clear = false

  @OptionGroup var options: LabOptions

  private var impairment: LinkImpairment {
    LinkImpairment(
      rate: rate, delay: delay?.duration, jitter: jitter?.duration, loss: loss,
      duplicate: duplicate, corrupt: corrupt, reorder: reorder)
  }

  func validate() throws {
    if clear, !impairment.isEmpty {
      throw ValidationError(
        "--clear and an impairment cannot be used together: leave one of them out")
    }
    if clear == !impairment.isEmpty {
      throw ValidationError("say what the link is to be like, for example --delay 20ms, or --clear")
    }
    if let problem = impairment.problem {
      throw ValidationError("--\(problem.key): \(problem.description); \(problem.hint)")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let lab = try options.resolve()
      let impairment = impairment
      try await LabRoot.keeper().attach(lab).impair(board, clear ? nil : impairment)
      try Console.print("board '\(board)': impairment \(impairment)\n")
    }
  }
}

/// A duration on the command line.
struct DelayOption: ExpressibleByArgument {
  var duration: Duration

  init?(argument: String) {
    do throws(QuantityError) { duration = try DurationText.parse(argument) } catch { return nil }
  }
}

extension BitRate: ExpressibleByArgument {
  public init?(argument: String) {
    do throws(QuantityError) { try self.init(argument) } catch { return nil }
  }
}

extension Percentage: ExpressibleByArgument {
  public init?(argument: String) {
    do throws(QuantityError) { try self.init(argument) } catch { return nil }
  }
}
