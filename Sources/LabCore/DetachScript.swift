import Foundation
import HostKit

//  start ──▶ setsid sh: watcher ──▶ busybox time, or awk ──▶ sh ID.sh ──exec──▶ setsid ──exec──▶ the program

/// Scripts for any POSIX shell that has setsid.
enum DetachScript {
  /// Exit code of `start`: there is no such program. Of `stop`: there is no such command.
  static let missing: Int32 = 127

  /// Waits for the program and notes how it ended. It is no process of the board's in the eyes of those who count them.
  private static let watch = """
    b=$1
    echo $$ >"$b.watch"

    """ + ExactEnd.launch + """
      echo "$end" >"$b.ended"
      rm -f "$b.sh" "$b.end"
      mv "$b.ended" "$b.status"
      """

  /// Arguments: ID, the program's words as a line of the shell's, the words. Ends when the program runs, out of reach of
  /// whoever ends this session: in a session of its own, and no longer as setsid.
  static let start = """
    u=$(umask) d=.pilab-detached/$1 r=$2
    shift 2
    command -v "$1" >/dev/null || exit \(missing)
    umask 077
    mkdir -p .pilab-detached && : >"$d.log" && printf '%s\\n' "$*" >"$d.command" || exit 1
    # What a shell starts in the background ignores both; not every env can undo that.
    ! env --default-signal=INT,QUIT true 2>/dev/null || r="env --default-signal=INT,QUIT $r"
    cat >"$d.sh" <<END || exit 1
    d=\\$b
    umask $u
    unset b \(LabProcesses.keepsKey)
    export \(LabProcesses.boardKey)=$\(LabProcesses.boardKey)
    echo \\$\\$ >"\\$d.pid"
    exec setsid $r </dev/null >"\\$d.log" 2>&1
    END
    \(LabProcesses.keepsKey)=command env -u \(LabProcesses.boardKey) \\
      setsid sh -c \(ShellWord.quoted(watch)) pilab "$d" </dev/null >/dev/null 2>&1 &
    n=500 p= t=
    while [ $n -gt 0 ] && [ ! -s "$d.status" ]; do
      l=
      if [ -n "$p" ] || read -r p <"$d.pid"; then read -r l <"/proc/$p/stat"; fi
      case $l in
        '' | *'(setsid)'* | *'(env)'*) ;;
        *)
          set -- ${l##*) }
          if [ "$1" != Z ] && [ "$4" = "$p" ]; then t=${20}; break; fi ;;
      esac
      n=$((n - 1))
      sleep 0.01
    done 2>/dev/null
    if [ -z "$t" ] && [ -s "$d.status" ]; then
      read -r e s <"$d.status"
      case $e:$(head -c 8 "$d.log") in
        fail:*) echo "$s" >&2; s=1 ;;
        *:'setsid: ' | *:'env: '*) cat "$d.log" >&2 ;;
        *) e= ;;
      esac
      [ -z "$e" ] || { rm -f "$d".*; exit "$s"; }
    fi
    [ -n "$p" ] || read -r p <"$d.pid" || { echo "it does not start" >&2; exit 1; }
    rm -f "$d.pid"
    echo "$p $t" >"$d.process" && echo "$p"
    """

  /// Bytes of all logs together.
  private static let longest = 512 << 10

  /// Sets `r` to what became of command `f`, of process `p` that began at `s`: numbers are used again. While its watcher is
  /// there its end is still to be told.
  private static let look = """
    look() {
      r=ended
      if read -r l <"/proc/$p/stat"; then
        set -- ${l##*) }
        [ "$1" = Z ] || [ "${20}" != "$s" ] || r=running
      fi 2>/dev/null
      if [ $r = ended ] && read -r w <"$f.watch" && grep -q "$f" "/proc/$w/cmdline"; then
        r=running
      fi 2>/dev/null
      [ ! -s "$f.status" ] || read -r r <"$f.status"
      return 0
    }

    """

  /// Argument: a line that no log has.
  static let list =
    look + """
      m=$1
      cd .pilab-detached 2>/dev/null || exit 0
      set -- *.process
      [ -e "$1" ] || exit 0
      k=$((\(longest) / $#))
      for f; do
        f=${f%.process}
        read -r p s <"$f.process" || continue
        look
        printf '%s\\n' "$m" "$p" "$r"
        cat "$f.command"
        printf '%s\\n' "$m"
        tail -c $k "$f.log"
        echo
      done
      """

  /// Arguments: process, signal, which is for the process group, as a terminal's are. Ends when the command has, or after
  /// 5 s; one that has ended stays so.
  static let stop =
    look + """
      n=$1 g=$2 c=
      cd .pilab-detached 2>/dev/null || exit \(missing)
      for f in *.process; do
        read -r p s <"$f" && [ "$p" = "$n" ] && c="${f%.process} $s"
      done 2>/dev/null
      [ -n "$c" ] || exit \(missing)
      f=${c% *} p=$n s=${c#* } k=500
      look
      [ "$r" = running ] || exit 0
      kill -s "$g" -- "-$p" || exit 1
      while [ $k -gt 0 ] && look && [ "$r" = running ]; do
        k=$((k - 1))
        sleep 0.01
      done
      exit 0
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
        command: command, process: process, isRunning: head[1] == "running",
        status: status(head[1]), text: log)
    }
  }

  /// `exit 3`, `signal 15`; nil for all else.
  private static func status(_ text: String) -> CommandStatus? {
    let words = text.split(separator: " ")
    guard words.count == 2, let number = Int32(words[1]) else { return nil }
    switch words[0] {
    case "exit": return .exited(number)
    case "signal": return .signalled(number)
    default: return nil
    }
  }
}
