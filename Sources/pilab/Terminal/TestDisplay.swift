import Foundation
import LabReport
import LabResults
import LabRun

/// Shows cells as they end: lines on standard output, and which one is tried on a terminal's standard error.
final class TestDisplay: Sendable {
  private let format: TestFormat
  private let progress: ProgressDisplay
  private let color = Console.hasColor(STDOUT_FILENO)

  init(_ format: TestFormat, isQuiet: Bool) {
    self.format = format
    progress = ProgressDisplay(isQuiet: isQuiet)
  }

  func show(_ event: RunEvent) {
    progress.show(event)
    switch (event, format) {
    case (.cellEnded(let scenario, let cell), .text):
      print(
        CellLines(scenario, cell).render(
          color: color, width: isatty(STDOUT_FILENO) == 1 ? Console.width(STDOUT_FILENO) : nil))
    case (.history(let line), .jsonl): print(line + "\n")
    default: break
    }
  }

  func finish() { progress.finish() }

  /// What cannot be printed here is told when the summary is.
  private func print(_ text: String) {
    do { try Console.print(text) } catch { progress.finish() }
  }
}

/// Lets the user look around in a lab that is as it was at a failure.
struct PausePrompt: Sendable {
  private let display: TestDisplay
  private static let verbs = ["exec", "shell", "capture", "logs", "console", "status"]

  init(_ display: TestDisplay) { self.display = display }

  func ask(_ cell: PausedCell) async {
    display.finish()
    let board = cell.boards.first ?? "BOARD"
    Console.tell(
      """

      paused: \(cell.scenario), cell \(cell.cell)
      \(cell.reasons.map { "  " + $0 }.joined(separator: "\n"))
      The lab '\(cell.lab)' is as it was then. Here, or in another terminal as 'pilab …':
        exec \(board) -- ip address
        shell \(board)
        capture \(board) --seconds 5 --write seen.pcap
      An empty line, or the end of input, continues.

      """)
    while true {
      Console.tell("pilab> ")
      guard let line = readLine(), !line.trimmingCharacters(in: .whitespaces).isEmpty else {
        return
      }
      run(line.trimmingCharacters(in: .whitespaces), lab: cell.lab)
    }
  }

  private func run(_ line: String, lab: String) {
    let words = line.split(separator: " ", maxSplits: 1)
    guard let verb = words.first.map(String.init), Self.verbs.contains(verb) else {
      return Console.tell("commands: \(Self.verbs.joined(separator: ", "))\n")
    }
    let rest = words.count > 1 ? String(words[1]) : ""
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "exec \"$0\" \(verb) --lab \"$1\" \(rest)", Self.program, lab]
    do {
      try process.run()
      process.waitUntilExit()
    } catch { Console.tell("\(error)\n") }
  }

  private static var program: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "pilab"
  }
}
