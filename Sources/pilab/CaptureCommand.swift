import ArgumentParser
import Foundation
import LabRun

struct CaptureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Record what passes a board's network interface.",
    discussion: """
      Records until it is interrupted (Ctrl-C, SIGTERM), which is its regular end, or for --seconds. The file \
      can be read by tcpdump and Wireshark.

      Examples:
        pilab capture bob -w exchange.pcap
        pilab capture bob -w exchange.pcap --seconds 5 & pilab run
      """)

  @Argument(help: "The board.")
  var board: String

  @Option(
    name: [.customShort("w"), .customLong("write")],
    help: "The file to write; must not exist.", completion: .file())
  var file: String

  @Option(help: "End after this many seconds.")
  var seconds: Double?

  @OptionGroup var options: LabOptions

  func validate() throws {
    if let seconds, !(0...86_400).contains(seconds) {
      throw ValidationError("--seconds goes from 0 to 86400")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let lab = try options.resolve()
      let (board, seconds) = (board, seconds)
      let path = URL(fileURLWithPath: file).path
      guard !FileManager.default.fileExists(atPath: path) else {
        throw RunError(
          "output_refused", "\(file) exists already", hint: "name another with -w",
          status: .outputRefused)
      }
      let outcome = await Interruption().run { () throws(RunError) in
        try await LabRoot.keeper().capture(board, of: lab, to: path, seconds: seconds) {
          Console.tell("capturing on board '\(board)'; end it with Ctrl-C\n")
        }
      }
      try outcome.get()
      let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
      try Console.print("wrote \(file), \(bytes) bytes\n")
    }
  }
}
