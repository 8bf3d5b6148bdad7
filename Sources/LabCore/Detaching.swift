import Foundation
import HostKit
import Synchronization

//  board's working folder/.pilab-detached/ID.command   the words
//                                         ID.process   process number, and when it was started
//                                         ID.log       output and errors

/// A board that runs short scripts of ours, with the marks of the lab and in its working folder.
package protocol ScriptRunner: RunningBoard {
  func collect(
    _ script: String, _ arguments: [String], step: String
  ) async throws(LabError) -> Tool.Outcome

  /// Its working folder, where that lies on this machine.
  var localFolder: String? { get }
}

extension ScriptRunner {
  package var localFolder: String? { nil }

  package func detach(_ command: ExecCommand) async throws(LabError) -> Int32 {
    try await start(command)
  }

  /// Starts the command so that it outlives its starter; returns its process number.
  package func start(_ command: ExecCommand) async throws(LabError) -> Int32 {
    let milliseconds = UInt64(Date.now.timeIntervalSince1970 * 1000)
    // By name they are in the order of their starts.
    let id = "\(milliseconds)-\(LabRecord.newID().prefix(4))"
    let outcome = try await collect(
      DetachScript.start, [id, command.program] + command.arguments, step: "exec")
    if outcome.succeeded, let process = Int32(outcome.output.split(separator: "\n").last ?? "") {
      return process
    }
    let isMissing = outcome.status == .exited(DetachScript.missing)
    throw LabError(
      .commandFailed,
      isMissing
        ? "there is no program '\(command.program)' on the board"
        : "cannot start '\(command.program)' on the board",
      board: name, step: "exec",
      hint: isMissing && !command.program.contains("/")
        ? "programs are looked up in \(ExecCommand.searchPath)"
        : ToolWords.hint(outcome.errors, path: localFolder),
      cause: outcome.errors.isEmpty ? nil : outcome.errors)
  }

  package func stop(detached process: Int32, signal: String) async throws(LabError) {
    let outcome = try await collect(DetachScript.stop, ["\(process)", signal], step: "stop")
    guard outcome.succeeded else {
      throw LabError(
        .commandFailed, "cannot send SIG\(signal) to process \(process)", board: name,
        step: "stop", cause: outcome.errors.isEmpty ? nil : outcome.errors)
    }
  }

  package func detached() async throws(LabError) -> [DetachedCommand] {
    let mark = "mark \(LabRecord.newID())"
    let outcome = try await collect(DetachScript.list, [mark], step: "logs")
    guard outcome.succeeded else {
      throw LabError(
        .commandFailed, "cannot read what its commands have printed", board: name, step: "logs",
        cause: outcome.errors)
    }
    return DetachScript.read(outcome.output, mark: mark)
  }
}

/// Lines of what a script prints, from any thread.
package final class Collected: Sendable {
  package init() {}

  private let lines = Mutex<[OutputLine]>([])

  /// Takes a line in.
  package func add(_ line: OutputLine) { lines.withLock { $0.append(line) } }

  /// All that came, as the outcome of a tool that ended so.
  package func outcome(_ status: CommandStatus) -> Tool.Outcome {
    let lines = lines.withLock { $0 }
    func text(_ stream: OutputLine.Stream) -> String {
      lines.filter { $0.stream == stream }.map { $0.text + "\n" }.joined()
    }
    return Tool.Outcome(
      status: status, output: text(.standardOutput),
      errors: text(.standardError).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

/// Scripts for any POSIX shell that has setsid.
enum DetachScript {
  /// Exit code: there is no such program.
  static let missing: Int32 = 127

  /// Arguments: ID, the program's words. Ends when the program runs, out of reach of whoever ends this session: in a
  /// session of its own, and no longer as setsid.
  static let start = """
    u=$(umask) d=.pilab-detached/$1
    shift
    command -v "$1" >/dev/null || exit 127
    umask 077
    mkdir -p .pilab-detached && : >"$d.log" && printf '%s\\n' "$*" >"$d.command" || exit 1
    umask "$u"
    # What a shell starts in the background ignores both; not every env can undo that.
    ! env --default-signal=INT,QUIT true 2>/dev/null || set -- env --default-signal=INT,QUIT "$@"
    setsid "$@" </dev/null >"$d.log" 2>&1 &
    p=$! n=500 r=
    set --
    while [ $n -gt 0 ] && read -r l <"/proc/$p/stat"; do
      set -- ${l##*) }
      [ "$1" != Z ] || break
      case $l in
        *'(setsid)'* | *'(env)'*) ;;
        *) [ "$4" != "$p" ] || { r=1; break; } ;;
      esac
      n=$((n - 1))
      sleep 0.01
    done 2>/dev/null
    if [ -z "$r" ] && [ $n -gt 0 ]; then
      wait "$p"
      s=$?
      case $(head -c 8 "$d.log") in 'setsid: ' | 'env: '*)
        cat "$d.log" >&2
        rm -f "$d".*
        exit $s
      esac
    fi
    echo "$p ${20}" >"$d.process" && echo "$p"
    """

  /// Arguments: process number and signal. Ends when it is gone, or after 5 s; a killed one, only then. Numbers are used
  /// again, so the start counts too.
  static let stop = """
    grep -l "^$1 " .pilab-detached/*.process >/dev/null 2>&1 || exit 1
    s=$(cat .pilab-detached/*.process | sed -n "s/^$1 //p" | tail -n 1)
    gone() {
      read -r l <"/proc/$1/stat" || return 0
      p=$1
      set -- ${l##*) }
      [ "$1" = Z ] || [ "${20}" != "$s" ]
    }
    gone "$1" 2>/dev/null && exit 0
    kill -s "$2" -- "-$1" 2>/dev/null || kill -s "$2" "$1" || exit 1
    n=500
    while [ $n -gt 0 ] && ! gone "$1" 2>/dev/null; do
      n=$((n - 1))
      sleep 0.01
    done
    exit 0
    """

  /// Bytes of all logs together.
  private static let longest = 512 << 10

  /// Argument: a line that no log has. Numbers are used again, so the start counts too.
  static let list = """
    m=$1
    cd .pilab-detached 2>/dev/null || exit 0
    set -- *.process
    [ -e "$1" ] || exit 0
    k=$((\(longest) / $#))
    for f; do
      f=${f%.process} r=ended
      read -r p s <"$f.process" || continue
      if read -r l <"/proc/$p/stat"; then
        set -- ${l##*) }
        [ "$1" = Z ] || [ "${20}" != "$s" ] || r=running
      fi 2>/dev/null
      printf '%s\\n' "$m" "$p" "$r"
      cat "$f.command"
      printf '%s\\n' "$m"
      tail -c $k "$f.log"
      echo
    done
    """

  /// What `list` has printed.
  static func read(_ text: String, mark: String) -> [DetachedCommand] {
    let parts = text.components(separatedBy: mark + "\n").dropFirst()
    return stride(from: parts.startIndex, to: parts.endIndex - 1, by: 2).compactMap { index in
      let head = parts[index].split(separator: "\n", maxSplits: 2).map(String.init)
      guard head.count == 3, let process = Int32(head[0]) else { return nil }
      // The line feed at the end is the script's.
      var log = parts[index + 1]
      if log.hasSuffix("\n") { log.removeLast() }
      var command = head[2]
      if command.hasSuffix("\n") { command.removeLast() }
      return DetachedCommand(
        command: command, process: process, isRunning: head[1] == "running", text: log)
    }
  }
}
