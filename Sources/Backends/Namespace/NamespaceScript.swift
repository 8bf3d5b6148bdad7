import LabCore

//  this machine                 the lab's namespaces: user (where not root), mount, network, processes
//  pilab ──unshare──▶ sh ──1──▶ holder, process 1 of the lab; all ends with it
//                      ├──2──▶ ip -batch: bridge "lab"; for board N a namespace "N" and a veth bN ── eth0
//                      └──3──▶ ip -n N -batch: lo up, address, eth0 up; several boards at once
//  What else is a board's own, its mounts and its name, is made when it is first used: NamespaceKeeper.

/// The shell script that makes a lab. It runs inside the lab's namespaces, so it cannot touch this machine's
/// network, and when it fails half-way nothing has to be undone but the holder's end.
enum NamespaceScript {
  /// Interface of a board, and of the other end of its link in the namespace of the lab.
  static let boardInterface = "eth0"
  static func labInterface(_ number: Int) -> String { "b\(number)" }

  static func links(_ plan: LabPlan) -> [LinkEndpoint] {
    plan.links(plan.boards.indices.map { .bridgePort(labInterface($0 + 1)) })
  }

  /// Below the lab's state folder: what the boards see as /etc/hosts.
  static let hosts = "hosts"

  /// Below the lab's state folder: where the boards' network namespaces are mounted, in the lab alone.
  static let mountPoint = "namespaces"

  /// Words that run the script: namespaces first.
  static func arguments(
    ownUserNamespace: Bool, lifetime: LabPlan.Lifetime, state: String, prefixLength: Int,
    links: [LinkEndpoint]
  ) -> [String] {
    unshare(ownUserNamespace: ownUserNamespace) + [
      "sh", "-c", text, "pilab", state, lifetime == .caller ? "caller" : "destroyed",
      "\(prefixLength)",
    ] + links.map { "\($0.address)" }
  }

  static func unshare(ownUserNamespace: Bool) -> [String] {
    ["unshare"] + (ownUserNamespace ? ["--user", "--map-root-user"] : [])
      + ["--net", "--mount", "--pid"]
  }

  /// Process starts dominate the time, hence the batches, the shell's own commands, and four boards at once.
  ///
  /// The holder is a shell that waits, and so collects the orphans of the boards: dash cannot have SIGCHLD ignored, and
  /// what it waits for may be killed by a board. `ip netns` knows no other
  /// place than /run/netns: that is a tmpfs for as long, and then moves out of the way. Where /proc may not be
  /// mounted (some containers) boards see that of the machine.
  private static let text = """
    set -e
    state=$1 lifetime=$2 prefix=$3; shift 3
    exec 3<&0 </dev/null
    (exec >/dev/null 2>&1
     case $lifetime in
       caller) exec sh -c 'until cat <&3 & wait $!; do :; done' ;;
       *) exec sh -c 'while :; do sleep infinity & wait $!; done' 3<&- ;;
     esac) &
    echo $! >"$state/holder"
    exec 3<&-
    mount -n -t proc proc /proc 2>/dev/null &
    proc=$!
    [ ! -e /etc/hosts ] || mount -n --bind "$state/hosts" /etc/hosts
    mount -n -t tmpfs -o mode=0755 pilab /run
    silence() { [ ! -e /proc/sys/net/ipv6 ] || echo "link set $1 addrgenmode none"; }
    silent=$(silence eth0)
    {
      echo "link add lab type bridge"
      silence lab
      echo "link set lab up"
      number=0
      for address; do
        number=$((number + 1))
        echo "netns add $number"
        echo "link add b$number master lab type veth peer name eth0 netns $number"
        silence b$number
        echo "link set b$number up"
      done
    } | ip -batch -
    configure() {
      number=0 first=$1; shift
      for address; do
        number=$((number + 1))
        [ $((number % 4)) = $first ] || continue
        ip -n $number -batch - <<END
    link set lo up
    address add $address/$prefix dev eth0
    $silent
    link set eth0 up
    END
      done
    }
    workers=
    for first in 1 2 3 0; do
      [ $# -ge $first ] || continue
      configure $first "$@" &
      workers="$workers $!"
    done
    for worker in $workers; do wait $worker; done
    mount -n --move /run "$state/namespaces"
    wait $proc || :
    : >"$state/ready"
    """
}
