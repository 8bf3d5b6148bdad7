import LabCore

//  run:   session ──▶ sh: receive; guard in the background; launch
//  exec:  session ──▶ sh: receive; guard                    (control)
//         session ──▶ sh: launch                            (the caller's input and output, perhaps a terminal)
//
//  launch ──▶ busybox time, or awk ──▶ sh BASE.sh ──exec──▶ setsid ──exec──▶ env ──exec──▶ the program

/// Shell scripts that run a program on a board so that its end is told exactly and none of it stays behind.
///
/// SSH servers do not say what signal has ended a program. The session ends with the program's own code up to 253; 254
/// means that BASE.status says it; 255 is ssh's own.
///
/// The program comes as text on the session's input: a server takes only a few kilobytes as a command. On the
/// board, beside the program's files:
///
///     BASE.sh      starts the program           BASE.stop    it must not start any more
///     BASE.pid     its process, and the parent  BASE.end     how it ended
///     BASE.fail    why it was not started       BASE.status  what 254 stands for
enum RemoteScript {
  /// Exit code that stands for BASE.status.
  static let seeStatus: Int32 = 254

  /// Arguments: base, end mark, folder.
  /// - Parameter sparesLeft: what the program has left behind when it ends by itself lives on.
  static func run(sparesLeft: Bool) -> String {
    let whom = sparesLeft ? "[ ! -e \"$b.stop\" ] || " : ""
    return prepare + guardian(tell) + """
      exec 3<&0 </dev/null
      (trap "" HUP INT TERM; watch) <&3 >/dev/null 2>&1 &
      g=$!
      exec 3<&-
      trap : HUP INT QUIT TERM

      """ + ExactEnd.launch + """
        exec 2>/dev/null
        kill -s KILL $g
        \(whom){ read -r p q <"$b.pid" && kill -s KILL -- "-$p"; }

        """ + report(removing: "sh pid stop end fail") + "exit \"$c\"\n"
  }

  /// Arguments as above. Says `ready` when the other session may begin; its end removes all.
  static func controlling(terminal: Bool) -> String {
    prepare + guardian(terminal ? tellSession : tell) + """
      trap "" HUP INT TERM
      echo ready
      watch 2>/dev/null
      n=40
      while read -r p q <"$b.pid" && [ "$p" != done ] && [ $n -gt 0 ]; do
        n=$((n - 1))
        sleep 0.05
      done 2>/dev/null
      rm -f "$b".sh "$b".pid "$b".stop "$b".end "$b".fail "$b".status

      """
  }

  /// Arguments: base, an empty one, folder.
  static let controlled = """
    b=$1
    cd "$3" || exit 254
    trap : HUP INT QUIT TERM

    """ + ExactEnd.launch + """
      exec 2>/dev/null

      """ + report(removing: "end") + """
      echo done >"$b.pid"
      exit "$c"

      """

  /// Text that starts the program, for `receive`.
  static func program(_ words: ProgramWords, terminal: Bool) -> String {
    let check = words.isLookedUp ? words.lookup : words.check
    return """
      \(check)
      echo "$$ $PPID" >"$b.pid"
      [ ! -e "$b.stop" ] || exit 143
      exec \(terminal ? "" : "setsid ")env -i \(words.environment) \(words.call)

      """
  }

  private static let prepare = """
    b=$1 e=$2
    cd "$3" || exit 254
    l=
    while IFS= read -r l && [ "$l" != "$e" ]; do printf "%s\\n" "$l"; done >"$b.sh" || exit 254
    [ "$l" = "$e" ] || { rm -f "$b.sh"; exit 254; }

    """

  /// Each line on the input is a signal for the program; the end of the input, because pilab or the connection
  /// is gone, is SIGKILL.
  private static func guardian(_ tell: String) -> String {
    tell + """
      watch() { while read -r w; do tell "$w"; done; tell KILL; }

      """
  }

  /// `stop` before `pid` here, and the other way in the program's start: one of the two sees the other.
  private static let tell = """
    tell() {
      : >"$b.stop"
      read -r p q <"$b.pid" || return 0
      [ "$p" = done ] || kill -s "$1" -- "-$p" || kill -s "$1" "$p"
    }

    """

  /// In a terminal the program shares the session of its starters, which must stay to tell its end.
  private static let tellSession = """
    tell() {
      : >"$b.stop"
      read -r p q <"$b.pid" || return 0
      [ "$p" != done ] || return 0
      read -r l <"/proc/$q/stat" || return 0
      w=$1
      set -- ${l##*) }
      k=$2 s=$4
      for f in /proc/[0-9]*/stat; do
        read -r l <"$f" || continue
        i=${l%% *}
        set -- ${l##*) }
        [ "$4" = "$s" ] && [ "$i" != "$q" ] && [ "$i" != "$k" ] && kill -s "$w" "$i"
      done
      return 0
    }

    """

  /// Sets `c` to the session's exit code. Whoever told the program to stop does not ask how it ended.
  private static func report(removing files: String) -> String {
    let names = files.split(separator: " ").map { "\"$b\".\($0)" }.joined(separator: " ")
    return """
      c=${end#exit }
      case $c in
        [a-z]*|254|255)
          [ -e "$b.stop" ] || echo "$end" >"$b.status"
          c=254 ;;
      esac
      rm -f \(names)

      """
  }
}

/// A program and how it is called, in words of the shell.
struct ProgramWords: Sendable {
  /// As whoever runs it calls it.
  var name: String
  /// A path, or a name without a slash that is looked up on the board.
  var program: String
  var arguments: [String]
  var variables: [(name: String, value: String)]
  /// The program must be ELF or start with `#!`: the shell, and C libraries, take others for shell scripts.
  var checksFormat: Bool
  var searchPath: String

  var isLookedUp: Bool { !program.contains("/") }

  var environment: String {
    ShellWord.line(variables.map { "\($0.name)=\($0.value)" })
  }

  /// env takes words with `=` for variables until one has none.
  var call: String {
    (program.contains("=") ? "/bin/sh -c 'exec \"$0\" \"$@\"' " : "") + "\"$x\""
      + arguments.map { " " + ShellWord.quoted($0) }.joined()
  }

  /// Sets `x` to the program's path, or ends.
  var check: String {
    let found = """
      x=\(ShellWord.quoted(program))
      [ -f "$x" ] && [ -x "$x" ] || { echo fail missing >"$b.fail"; exit 1; }
      """
    guard checksFormat else { return found }
    // elf.h: magic, class 32 or 64 bits, and at 16 the type, executable or shared object.
    return found + """

      if command -v od >/dev/null; then
        set -- $(od -An -tu1 -N17 "$x")
        case "$1 $2 $3 $4 $5 ${17}" in
          "35 33 "*) ;;
          "127 69 76 70 "[12]" "[23]) ;;
          *) echo fail format >"$b.fail"; exit 1 ;;
        esac
      fi
      """
  }

  var lookup: String {
    """
    n=\(ShellWord.quoted(program)) x=
    for d in \(ShellWord.line(searchPath.split(separator: ":").map(String.init))); do
      if [ -f "$d/$n" ] && [ -x "$d/$n" ]; then x=$d/$n; break; fi
    done
    [ -n "$x" ] || { echo fail missing >"$b.fail"; exit 1; }
    """
  }
}
