import ArgumentParser
import Backends
import Foundation
import HostKit
import LabCore
import LabReport
import LabResults
import LabRun

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show what this machine can run, and how to fix what it cannot.",
    discussion: """
      Exit status 0 means that `pilab run` can work here, 2 that it cannot.

      Example:
        pilab doctor --format json
      """)

  @Option(help: "Folder of pi-sender and pi-receiver.", completion: .directory)
  var boardPrograms: String?

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let findings = await backends() + [programs(), folder(), space()].compactMap(\.self)
      switch format {
      case .json: try Console.print(findings.encoded())
      case .text:
        // What works comes first.
        let works = findings.filter { $0.state == .ok }
        let others = findings.filter { $0.state != .ok }
        let width = isatty(STDOUT_FILENO) == 1 ? Console.width(STDOUT_FILENO) : nil
        try Console.print((works + others).map { $0.text(width: width) }.joined())
      }
      let canRun =
        findings.contains { $0.kind == .backend && $0.state == .ok }
        && !findings.contains { $0.kind != .backend && $0.state == .unfit }
      if !canRun { throw ExitStatus.environmentUnfit.exitCode }
    }
  }

  private func backends() async -> [Finding] {
    let catalog = Backends.catalog
    var findings: [Finding] = []
    for backend in catalog.backends {
      let name = "mode \(backend.mode.rawValue)"
      switch await backend.probe() {
      case .available: findings.append(Finding(.backend, name, .ok, "can work here"))
      case .limited(let lacking):
        findings.append(Finding(.backend, name, .ok, "can work here, but \(lacking)"))
      case .slow(let reason):
        findings.append(Finding(.backend, name, .ok, "can work here, slowly: \(reason)"))
      case .unavailable(let reason, let remedy):
        findings.append(Finding(.backend, name, .unfit, reason, remedy: remedy))
      }
    }
    return findings
  }

  private func programs() -> Finding {
    do throws(LabError) {
      let programs = try BoardPrograms(
        folder: boardPrograms, environment: ProcessInfo.processInfo.environment)
      return Finding(
        .programs, "board programs", .ok, "pi-sender and pi-receiver in \(programs.folder)")
    } catch {
      return Finding(.programs, "board programs", .unfit, "\(error)", remedy: error.hint)
    }
  }

  /// Where labs are kept. Nil where all is well: nobody has to know of it then.
  private func folder() -> Finding? {
    do throws(LabError) { try LabRoot.index.checkFolder() } catch {
      return Finding(.folder, "lab folder", .unfit, "\(error)", remedy: error.hint)
    }
    return nil
  }

  private func space() -> Finding {
    let folder = URL(fileURLWithPath: ".pilab").path
    guard let available = DiskSpace.available(at: folder) else {
      return Finding(.space, "disk space", .unfit, "cannot ask the file system of \(folder)")
    }
    let text = "\(Human.bytes(available)) free for \(folder)"
    guard available < Finding.leastSpace else { return Finding(.space, "disk space", .ok, text) }
    return Finding(.space, "disk space", .unfit, text, remedy: "du -sh .pilab/*/runs/*")
  }
}

/// One line of the doctor's.
private struct Finding: Encodable {
  enum Kind: String, Encodable { case backend, programs, folder, space }

  enum State: String, Encodable { case ok, unfit }

  /// A run of a small image needs little more.
  static let leastSpace: UInt64 = 64 << 20

  var kind: Kind
  var name: String
  var state: State
  var detail: String
  /// The one command that would make it work.
  var remedy: String?

  init(_ kind: Kind, _ name: String, _ state: State, _ detail: String, remedy: String? = nil) {
    self.kind = kind
    self.name = name
    self.state = state
    self.detail = detail
    self.remedy = remedy
  }

  /// - Parameter width: of the terminal; nil breaks no line. A remedy is to be copied whole.
  func text(width: Int?) -> String {
    let words = "\(name): \(detail)"
    let lines = width.map { wrap(words, width: $0 - 4) } ?? [words]
    let mark = state == .ok ? "ok  " : "no  "
    return mark + lines.joined(separator: "\n    ") + "\n"
      + (remedy.map { "    remedy: \($0)\n" } ?? "")
  }
}
