import ArgumentParser
import Foundation
import LabCore
import LabRun
import PiExchange

struct Pilab: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pilab",
    abstract:
      "Runs a key exchange and an encrypted image transfer between two boards, and proves it.",
    discussion: """
      A lab manifest names boards on a private network and the exchanges between them. pilab makes the \
      boards, lets each pair agree on a key by Diffie-Hellman, lets one send the other an AES-encrypted \
      image, and writes a report with hashes, timings and pictures.

      To begin:
        pilab init                     write lab.yaml and a sample picture
        pilab run                      run it; see .pilab/lab/runs/latest
        pilab run --image photo.png    the same with a picture of your own
        pilab report --open            look at the report; --format gives other forms
        pilab doctor                   see what this machine can do

      To keep a lab and look around in it:
        pilab up                       bring its boards up
        pilab exec bob -- ip address   run a command on one
        pilab run                      run the exchanges on them
        pilab down                     take them away, keep the reports

      Shell completions: pilab --generate-completion-script bash|zsh|fish

      Exit status:
      \(ExitStatus.table)
      """,
    version: pilabVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Run",
        subcommands: [
          RunCommand.self, TestCommand.self, ReportCommand.self, ExplainCommand.self,
          RunsCommand.self,
          CompareCommand.self, PruneCommand.self,
        ]),
      CommandGroup(
        name: "Lab",
        subcommands: [
          UpCommand.self, StatusCommand.self, ListCommand.self, SnapshotCommand.self,
          RestoreCommand.self, DownCommand.self,
        ]),
      CommandGroup(
        name: "Board",
        subcommands: [
          ExecCommand.self, ShellCommand.self, ConsoleCommand.self, LogsCommand.self,
          CaptureCommand.self, ImpairCommand.self, LinkCommand.self, KillCommand.self,
          RebootCommand.self,
        ]),
      CommandGroup(
        name: "Setup",
        subcommands: [
          InitCommand.self, ValidateCommand.self, SchemaCommand.self, DoctorCommand.self,
          ImageCommand.self,
        ]),
    ])
}

extension Pilab {
  /// As the parser's own `exit(withError:)`, which would leave no time to clean up.
  static func tell(_ error: any Error) -> ExitCode {
    let status = exitCode(for: error)
    var text = fullMessage(for: error)
    if let near = Mistyped.value(in: text), let end = text.firstIndex(of: "\n") {
      text.insert(contentsOf: " Did you mean '\(near)'?", at: end)
    }
    guard !text.isEmpty else { return status }
    // Help and version were asked for, and are no errors.
    guard status == .success else {
      Console.tell(text + "\n")
      return status
    }
    text = withAllNamesOfOptions(text)
    do throws(LabError) { try Console.print(text + "\n") } catch {
      return error.code.status.exitCode
    }
    return status
  }

  /// The parser's script for fish tells only the first long name of an option, and completes nothing after another.
  private static func withAllNamesOfOptions(_ text: String) -> String {
    guard text.contains("function __pilab_parse_subcommand") else { return text }
    return text.replacing("'lab='", with: "'lab=' 'name='")
  }

  /// Boards, processes and namespaces are found by it; without it nothing that follows would be true.
  static func requireProc() throws {
    guard access("/proc/self/stat", F_OK) != 0 else { return }
    try Failure.report(
      LabError(
        .noProc, "/proc is not mounted here, and pilab finds boards and processes by it",
        hint: "mount it: mount -t proc proc /proc"),
      as: .text)
  }
}
