/// How a program's end is told exactly by scripts.
///
/// A POSIX shell cannot tell `exit 137` from a death by SIGKILL. busybox's `time` and the `system` of the awks that
/// Debian has can (that of busybox before 1.36 cannot).
package enum ExactEnd {
  /// Runs `$b.sh` and sets `end` to `exit N`, `signal N` or `fail REASON`, the latter also where `$b.fail` says so. In awk's
  /// words 256 and more is a signal, 512 and more one that left a core.
  package static let launch = """
    export b
    if command -v busybox >/dev/null &&
      busybox time -f x -o "$b.end" /bin/sh "$b.sh"; [ -s "$b.end" ]
    then
      read -r l <"$b.end"
      case $l in
        *signal*) end="signal ${l##* }" ;;
        *status*) end="exit ${l##* }" ;;
        *) end="exit 0" ;;
      esac
    elif command -v awk >/dev/null && awk '
      BEGIN {
        v = system("exec /bin/sh \\"$b.sh\\"")
        if (v >= 512) v -= 256
        if (v > 0 && v < 1) v = 256 * (v + 1)
        print v >(ENVIRON["b"] ".end")
      }'; [ -s "$b.end" ]
    then
      read -r v <"$b.end"
      if [ "$v" -ge 256 ]; then end="signal $((v - 256))"; else end="exit $v"; fi
    else
      end="fail neither busybox nor awk works on the board"
    fi
    [ ! -s "$b.fail" ] || read -r end <"$b.fail"

    """
}
