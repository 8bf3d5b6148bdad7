import Foundation
import HostKit
import LabCore

//  xvfb-run ─┬─ Xvfb           a display that nobody sees: VirtualBoxVM is a program with windows
//            └─ VirtualBoxVM   interprets the machine

/// A machine that runs without VirtualBox's driver, in a process of its own that outlives pilab.
///
/// All its processes carry the lab's id in their environment, and are found and ended by it.
struct DriverlessProcess: Sendable {
  let host: VirtualBoxHost
  let programs: VirtualBoxHost.Driverless
  let record: LabRecord
  let board: String
  let number: Int
  let uuid: String

  private var folder: VirtualBoxFolder { VirtualBoxFolder(record) }

  /// Begins; whoever calls waits for the machine to run.
  func start() async throws(LabError) {
    do {
      // Its service must not be a child of the machine: it would carry the lab's mark, and end with it.
      try await host.checkService()
      try FileManager.default.createDirectory(
        atPath: runtimeFolder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      var environment = host.manage.variables
      environment.merge(LabProcesses.environment(of: record)) { $1 }
      environment[LabProcesses.boardKey] = board
      environment["XDG_RUNTIME_DIR"] = runtimeFolder
      environment["QT_QPA_PLATFORM"] = "xcb"
      // xvfb-run leaves its folder where it is ended.
      environment["TMPDIR"] = runtimeFolder
      let outcome = try await host.manage.tools.run(
        ["/bin/sh", "-c", Self.script, "pilab", folder.output(number)] + arguments,
        environment: environment, standing: .ownSession)
      guard outcome.succeeded else { throw VBoxError(.notRun, outcome.errors) }
    } catch let error as LabError { throw error } catch {
      throw LabError(
        .bootFailed, "cannot start VirtualBoxVM", board: board, step: "create",
        cause: ErrorWords.words(of: error))
    }
  }

  private var runtimeFolder: String { "\(folder.farFolder)/\(number)" }

  private var arguments: [String] {
    // VirtualBox finds its service by the folder for temporary files.
    let usual = host.manage.variables["TMPDIR"].map { ["TMPDIR=\($0)"] } ?? ["-u", "TMPDIR"]
    return [programs.display, "-a", "-s", "-screen 0 800x600x24 -nolisten tcp", "env"] + usual
      + [programs.machine, "--driverless", "--startvm", uuid]
  }

  /// The first argument gets the output. The rest runs in a session of its own.
  private static let script = """
    log=$1
    shift
    umask 077
    exec setsid --fork "$@" </dev/null >"$log" 2>&1
    """

  /// What it has written, for errors.
  var output: String {
    let bytes = FileManager.default.contents(atPath: folder.output(number)) ?? Data()
    let text = VBoxText.answer(String(decoding: bytes.prefix(1 << 16), as: UTF8.self))
    return text.split(whereSeparator: \.isNewline).suffix(4).joined(separator: "; ")
  }

  /// No process of the machine is left.
  var hasEnded: Bool { Self.processes(of: record.id, board: board).isEmpty }

  // MARK: Finding and ending

  /// Programs that others of VirtualBox may depend on: whoever starts first has them for children.
  private static let shared: Set<String> = ["VBoxSVC", "VBoxXPCOMIPCD"]

  /// - Parameter board: nil for all boards.
  static func processes(of lab: String, board: String? = nil) -> [pid_t] {
    LabProcesses.all(of: lab).filter { found in
      (board == nil || found.board == board) && found.pid != getpid() && !isShared(found.pid)
    }.map(\.pid)
  }

  private static let displays: Set<String> = ["Xvfb", "xvfb-run"]

  private static func isShared(_ pid: pid_t) -> Bool { isOne(of: shared, pid) }
  private static func isDisplay(_ pid: pid_t) -> Bool { isOne(of: displays, pid) }

  private static func isOne(of names: Set<String>, _ pid: pid_t) -> Bool {
    let name = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? ""
    // The kernel keeps 15 characters.
    return names.contains { name.hasPrefix($0.prefix(15)) }
  }

  private static let pause = 50
  /// Counted in pauses.
  private static let (displayAttempts, attempts) = (60, 200)

  /// Ends all processes of a lab, or of one board of it. The machines go first: a display that has nothing more to
  /// show takes its socket and its lock away.
  static func killAll(of lab: String, board: String? = nil) async throws(LabError) {
    for count in 0..<attempts {
      let found = processes(of: lab, board: board)
      if found.isEmpty { return }
      let displays = found.filter { isDisplay($0) }
      let ended = count < displayAttempts ? found.filter { !displays.contains($0) } : found
      for pid in ended { kill(pid, SIGKILL) }
      if count == displayAttempts / 2 { for pid in displays { kill(pid, SIGTERM) } }
      await pauseUncancelled(for: .milliseconds(pause))
    }
    let pids = processes(of: lab, board: board).map { String($0) }.joined(separator: " ")
    throw LabError(
      .boardNotRemoved, "processes of the lab do not end: \(pids)", step: "destroy",
      hint: "look at them with: ps \(pids)")
  }
}
