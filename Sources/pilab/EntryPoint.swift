import ArgumentParser
import Foundation
import HostKit
import LabCore
import LabRun
import PiCrypto
import ProgramStart

//  main thread: limits ─ arguments ─ room for threads? ─ signals, until the process ends
//                                                    └─ task: the command ─ exit

/// Where pilab begins. Whatever could wait for a thread that the kernel refuses comes after the check for room.
@main
enum EntryPoint {
  static func main() {
    ProgramStart.occupyStandardDescriptors()
    OpenSSL.readNoConfiguration()
    ProcessRoom.prepare()
    SignalWatch.shared.begin()
    let begun = begin()
    do throws(ProcessRoom.Shortage) {
      try ProcessRoom.check()
      try SignalWatch.shared.start()
    } catch { refuse(LabError(error)) }
    Task.detached { await begun.run() }
    SignalWatch.shared.watch()
  }

  /// Reads the command line; what is wrong with it ends the process.
  private static func begin() -> Begun {
    let arguments: RawArguments
    do throws(LabError) {
      arguments = try RawArguments()
      try Mistyped.check(arguments.list)
    } catch {
      Console.tell("pilab: \(error)\n" + (error.hint.map { "  hint: \($0)\n" } ?? ""))
      exit(error.code.status.rawValue)
    }
    do {
      let command = try Pilab.parseAsRoot(arguments.list)
      // All of pilab's own are asynchronous; help is not, and is given anywhere.
      do throws(LabError) {
        if command is any AsyncParsableCommand { try CurrentFolder.check() }
      } catch {
        arguments.removeLink()
        refuse(error)
      }
      try Pilab.requireProc()
      return Begun(command: command, arguments: arguments)
    } catch {
      arguments.removeLink()
      exit(Pilab.tell(error).rawValue)
    }
  }

  private static func refuse(_ error: LabError) -> Never {
    do { try Failure.report(error, as: OutputFormat.wanted(ProgramStart.arguments)) } catch {
      Pilab.exit(withError: error)
    }
    exit(error.code.status.rawValue)
  }
}

/// A command on its way from the main thread to the task that runs it.
private struct Begun: @unchecked Sendable {
  var command: any ParsableCommand
  let arguments: RawArguments

  func run() async {
    var status = ExitCode.success
    var command = command
    do {
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      status = Pilab.tell(error)
    }
    arguments.removeLink()
    exit(status.rawValue)
  }
}

extension LabError {
  init(_ shortage: ProcessRoom.Shortage) {
    self.init(
      .resourcesShort, shortage.message, step: "start", hint: shortage.hint,
      cause: shortage.cause)
  }
}
