import Foundation
import TestSupport
import Testing

@testable import BootImage

/// The image built twice from this machine's packages, and booted in QEMU under emulation.
@Suite(
  .serialized,
  .enabled(
    if: BootedBoard.obstacle == nil || ProcessInfo.processInfo.environment["CI"] == "true",
    "\(BootedBoard.obstacle ?? "")"))
struct BootTests {
  /// The image of this user's cache, so that tests that follow boot what the first one built.
  private static func image() async throws -> BoardImage { try await ImageBuilder().build() }

  @Test func theSameInputsGiveTheSameBytes() async throws {
    let first = try await Self.image()
    try await withTemporaryFolder { folder in
      // Packages need not be fetched twice; every byte of the image is made anew.
      let packages = ImageBuilder().store.folder
      if FileManager.default.fileExists(atPath: packages) {
        mkdir("\(folder)/cache", 0o755)
        try FileManager.default.copyItem(atPath: packages, toPath: "\(folder)/cache/packages")
      }
      let builder = ImageBuilder(cacheFolder: "\(folder)/cache")
      let second = try await builder.build()
      #expect(second.digest == first.digest)
      #expect(second.files == first.files)
      for (one, other) in [
        (first.kernel, second.kernel), (first.initramfs, second.initramfs), (first.iso, second.iso),
        (first.plainISO, second.plainISO),
      ] {
        #expect(FileManager.default.contentsEqual(atPath: one, andPath: other), "\(one)")
      }
      #expect(first.size < 25_000_000)
      #expect(first.isoSize < 25_000_000)
      #expect(first.plainISOSize < 40_000_000)
      #expect(builder.find() == second)
      #expect(builder.cache.places() == [second.digest], "nothing is left of the build")
    }
  }

  @Test func aBoardKeepsItsPromises() async throws {
    let image = try await Self.image()
    try await BootedBoard.with(image, .kernel, managementAddress: "10.0.2.15") { board in
      try await Self.isWhoItWasToldToBe(board)
      try await Self.admitsTheLabsKeyAlone(board)
      try await Self.hasNoSecretsAround(board)
      try await Self.canWorsenItsLink(board)
      try await Self.runsStaticPrograms(board)
      try await Self.saysWhenItIsFull(board)
      #expect(try await board.ssh("/lib/pilab/disk").status == 3, "it has no disk")
    }
  }

  @Test(arguments: BoardImage.Disc.allCases)
  func discsBootWithAnIdentityDiscAndDHCP(disc: BoardImage.Disc) async throws {
    let image = try await Self.image()
    try await BootedBoard.with(image, .disc(disc), managementAddress: nil) { board in
      try await Self.isWhoItWasToldToBe(board)
      #expect(try await board.output("mount | grep -c iso9660; true") == "0")
      try await Self.takesTheDiskThatIsEmpty(board)
    }
  }

  private static func takesTheDiskThatIsEmpty(_ board: BootedBoard) async throws {
    // Two at once make one file system.
    let made = try await board.output(
      "/lib/pilab/disk & /lib/pilab/disk && wait $! && grep -c /work/disk /proc/mounts")
    #expect(made == "1")
    #expect(try await board.output("dd if=/dev/zero of=/work/disk/a bs=1M count=64 2>&1") != "")
    #expect(try await board.output("sync; wc -c </work/disk/a") == "\(64 << 20)")
    let others = FileManager.default.contents(atPath: "\(board.folder)/others.img")
    #expect(others == BootedBoard.othersDisk)
  }

  private static func isWhoItWasToldToBe(_ board: BootedBoard) async throws {
    #expect(try await board.output("hostname; id -un; uname -s") == "alice\nroot\nLinux")
    let lab = try await board.output("cat /sys/class/net/eth0/address; ip -4 -o address show eth0")
    #expect(lab.hasPrefix("52:54:00:00:00:01\n") && lab.contains("inet 10.77.0.1/24"))
    let management = try await board.output(
      "cat /sys/class/net/mgmt0/address; ip -4 -o address show mgmt0")
    #expect(management.hasPrefix("52:54:00:00:00:02\n") && management.contains("inet 10.0.2.15/24"))
    #expect(try await board.output("ip route | grep -c default; true") == "0", "no way out")
    let listening = try await board.output("netstat -ltn | grep -v ^Proto | grep LISTEN")
    #expect(listening.contains("10.0.2.15:22"), "SSH is on the management network alone")
    #expect(listening.split(separator: "\n").count == 1)
  }

  private static func admitsTheLabsKeyAlone(_ board: BootedBoard) async throws {
    let other = try await KeyFiles("other", in: board.folder)
    let refused = try await board.ssh("true", key: other.path)
    #expect(refused.status == 255)
    #expect(refused.errors.contains("Permission denied (publickey)"), "\(refused.errors)")
    let password = try await board.ssh(
      "true", key: other.path,
      options: [
        "-o", "PubkeyAuthentication=no", "-o",
        "PreferredAuthentications=password,keyboard-interactive",
      ])
    #expect(password.status == 255)
    #expect(password.errors.contains("Permission denied (publickey)"), "\(password.errors)")
    let known = try String(contentsOfFile: "\(board.folder)/known_hosts", encoding: .utf8)
    try "\(known.prefix { $0 != " " }) \(other.line)\n".write(
      toFile: "\(board.folder)/other_hosts", atomically: true, encoding: .utf8)
    let stranger = try await board.ssh(
      "true", options: ["-o", "UserKnownHostsFile=\(board.folder)/other_hosts"])
    #expect(stranger.status == 255)
    #expect(stranger.errors.contains("Host key verification failed"), "\(stranger.errors)")
    #expect(try await board.ssh("exit 7").status == 7)
  }

  private static func hasNoSecretsAround(_ board: BootedBoard) async throws {
    #expect(
      try await board.output("stat -c '%a %U' /etc/dropbear/host_key /root/.ssh/authorized_keys")
        == "600 root\n600 root")
    #expect(
      try await board.output("grep -c ':[^*:x]' /etc/passwd; true") == "1", "0 is root's number")
    #expect(try await board.output("cut -d: -f2 /etc/passwd") == "*", "nobody has a password")
    #expect(try await board.ssh("touch /etc/x").errors.contains("Read-only file system"))
  }

  private static func canWorsenItsLink(_ board: BootedBoard) async throws {
    let shown = try await board.output(
      "tc qdisc add dev eth0 root handle 1: netem delay 30ms loss 1% && tc qdisc show dev eth0 && "
        + "tc qdisc replace dev eth0 root tbf rate 8mbit burst 32kb latency 50ms && "
        + "tc qdisc show dev eth0 && tc qdisc del dev eth0 root")
    #expect(shown.contains("netem") && shown.contains("delay 30ms") && shown.contains("tbf"))
    let captured = try await board.output(
      "(tcpdump -i eth0 -c 1 -w /work/packets.pcap 2>/work/tcpdump.log & "
        + "until grep -q listening /work/tcpdump.log; do usleep 100000; done; "
        + "arping -c 1 -w 1 -I eth0 10.77.0.2 >/dev/null; wait); tcpdump -r /work/packets.pcap -n")
    #expect(captured.contains("ARP, Request who-has 10.77.0.2"))
  }

  private static func runsStaticPrograms(_ board: BootedBoard) async throws {
    let program = "\((CommandLine.arguments[0] as NSString).deletingLastPathComponent)/pi-sender"
    let put = try await board.ssh(
      "cat >/work/pi-sender && chmod 700 /work/pi-sender", input: program)
    #expect(put.status == 0, "\(put.errors)")
    let version = try await board.output("/work/pi-sender --version && rm /work/pi-sender")
    #expect(version.contains("pi-sender"))
  }

  private static func saysWhenItIsFull(_ board: BootedBoard) async throws {
    let full = try await board.ssh("dd if=/dev/zero of=/work/fill bs=64k 2>&1; ls -s /work/fill")
    #expect(full.output.contains("No space left on device"), "\(full.output) \(full.errors)")
    let kilobytes = try await board.output("df -Pk /work | tail -n 1 | awk '{print $2, $4}'")
    let numbers = kilobytes.split(separator: " ").compactMap { Int($0) }
    #expect(numbers.count == 2 && numbers[0] > 16_384 && numbers[1] == 0, "\(kilobytes)")
    // The board lives, and has memory left for programs.
    #expect(try await board.output("head -c 8000000 /dev/zero | md5sum | cut -c 1-4") != "")
    #expect(try await board.output("dmesg | grep -ci 'out of memory'; true") == "0")
    #expect(try await board.output("rm /work/fill && echo room >/work/a && cat /work/a") == "room")
    #expect(board.isRunning)
  }
}
