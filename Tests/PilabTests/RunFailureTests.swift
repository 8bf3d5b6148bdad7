import Foundation
import LabResults
import Testing

/// `pilab run` where it cannot work: exit status, words, and that nothing is left behind.
struct RunFailureTests {
  /// Expects a run that was refused before anything was made.
  private func expectRefused(
    _ run: Transcript, _ status: Int32, _ words: String, in fixture: PilabFixture,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(run.status == status, sourceLocation: sourceLocation)
    #expect(run.errors.contains(words), "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output.isEmpty, sourceLocation: sourceLocation)
    #expect(fixture.names(in: ".pilab/lab/runs").isEmpty, sourceLocation: sourceLocation)
    #expect(!fixture.exists(".pilab/lab/boards"), sourceLocation: sourceLocation)
  }

  @Test func missingManifest() async throws {
    try await PilabFixture.with { fixture in
      expectRefused(try await fixture.pilab("run"), 66, "pilab init", in: fixture)
      expectRefused(try await fixture.pilab("run", "no.yaml"), 66, "no.yaml", in: fixture)
      #expect(fixture.names().isEmpty)
    }
  }

  @Test func badManifestIsToldByLineAndColumn() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest("cypher: aes-128-ecb")
      let run = try await fixture.pilab("run")
      expectRefused(run, 65, "lab.yaml:11:5:", in: fixture)
      #expect(run.errors.contains("cypher"))
      let json = try await fixture.pilab("run", "--format", "json")
      #expect(json.status == 65)
      #expect(json.output.contains(#""line" : 11"#))
      #expect(!fixture.exists(".pilab"))
    }
  }

  @Test func missingImage() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      let run = try await fixture.pilab("run", "--image", "no.png")
      expectRefused(run, 66, "no.png", in: fixture)
      try fixture.writeManifest(image: "gone.png")
      // A valid manifest whose file is missing, as documented: 66.
      expectRefused(try await fixture.pilab("run"), 66, "gone.png", in: fixture)
      #expect(!fixture.exists(".pilab"))
    }
  }

  @Test func unknownAndUnavailableModes() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      let unknown = try await fixture.pilab("run", "--mode", "qemu")
      expectRefused(unknown, 64, "qemu", in: fixture)
      let missing = try await fixture.pilab(
        "run", "--mode", "virtualbox", environment: ["PILAB_VBOXMANAGE": "/nowhere/VBoxManage"])
      expectRefused(
        missing, 2, "mode 'virtualbox' cannot work here: there is no program /nowhere/VBoxManage",
        in: fixture)
      // The manifest may follow the option.
      for exchange in [
        try await fixture.pilab("run", "--exchange", "other"),
        try await fixture.pilab("run", "--exchange", "other", "lab.yaml"),
      ] {
        expectRefused(exchange, 64, "its exchanges are: only", in: fixture)
        #expect(exchange.errors.contains("no exchange 'other'"))
      }
      #expect(!fixture.exists(".pilab"))
    }
  }

  /// libvirt's words, and how to start it, before anything is made.
  @Test func libvirtThatDoesNotRun() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      let nowhere = ["LIBVIRT_DEFAULT_URI": "qemu+unix:///system?socket=/nowhere/libvirt-sock"]
      for words in [["run", "--mode", "libvirt"], ["up", "--mode", "libvirt"]] {
        let refused = try await fixture.start(words, environment: nowhere).end()
        #expect(refused.status == 2)
        #expect(refused.errors.contains("/nowhere/libvirt-sock"))
        #expect(refused.errors.contains("hint: sudo "))
      }
      #expect(!fixture.exists(".pilab"))
      let doctor = try await fixture.start(["doctor"], environment: nowhere).end()
      #expect(doctor.status == 0)
      #expect(doctor.output.contains("unfit   mode libvirt: cannot reach libvirt"))
    }
  }

  /// Where libvirt is not installed all else works, and mode libvirt says what to install.
  @Test func machineWithoutLibvirt() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      // A mount namespace in which libvirt's library is an empty file.
      let script = """
        library=$(/sbin/ldconfig -p | sed -n 's/.*libvirt\\.so\\.0 .*=> //p') && test -e "$library" &&
          exec unshare --user --map-root-user --mount sh -c '
            mount --bind /dev/null "$0" && exec pilab "$@"' "$library"
        """
      let run = try await fixture.shell("\(script) run --mode loopback --quiet")
      #expect(run.status == 0, "\(run.errors)")
      for command in ["run", "up"] {
        let refused = try await fixture.shell("\(script) \(command) --mode libvirt")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("cannot load libvirt: "))
        #expect(refused.errors.contains("hint: sudo apt-get install libvirt-daemon-system"))
      }
      let doctor = try await fixture.shell("\(script) doctor")
      #expect(doctor.status == 0)
      #expect(doctor.output.contains("unfit   mode libvirt: cannot load libvirt: "))
      #expect(doctor.output.contains("remedy: sudo apt-get install libvirt-daemon-system"))
    }
  }

  /// Boards without a kernel of their own cannot boot disks, nor lose their power or go back in time.
  @Test func machinesAreForVirtualMachines() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      let up = try await fixture.pilab("up", "--mode", "loopback")
      #expect(up.status == 0)
      for words in [
        ["kill", "alice"], ["reboot", "alice"], ["console", "alice"], ["snapshot", "s"],
      ] {
        let refused = try await fixture.start(words).end()
        #expect(refused.status == 2)
        #expect(refused.errors.contains("mode 'loopback' cannot "))
        #expect(refused.errors.contains("--mode libvirt"))
      }
      #expect(try await fixture.pilab("down").status == 0)
    }
  }

  @Test func missingBoardPrograms() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      let option = try await fixture.pilab("run", "--board-programs", "nowhere")
      expectRefused(option, 2, "nowhere/pi-sender", in: fixture)
      let variable = try await fixture.pilab("run", environment: ["PILAB_BOARD_PROGRAMS": "/none"])
      expectRefused(variable, 2, "/none/pi-sender", in: fixture)
      #expect(!fixture.exists(".pilab"))
    }
  }

  @Test func outputThatIsTaken() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      #expect(try await fixture.shell("mkdir full && touch full/mine").status == 0)
      let run = try await fixture.pilab("run", "--output", "full")
      expectRefused(run, 73, "full is not empty", in: fixture)
      #expect(fixture.names(in: "full") == ["mine"])
      expectRefused(
        try await fixture.pilab("run", "--output", "image.bin"), 73, "no folder", in: fixture)
      #expect(fixture.names() == ["full", "image.bin", "lab.yaml"])
    }
  }

  @Test func keyThatOthersMayRead() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest("profile: sealed")
      #expect(
        try await fixture.shell(
          "mkdir -p .pilab/lab && head -c 32 /dev/zero > .pilab/lab/psk && chmod 644 .pilab/lab/psk"
        ).status == 0)
      expectRefused(try await fixture.pilab("run"), 2, "open to others (mode 644)", in: fixture)
    }
  }

  /// A port that is taken fails one exchange; the other is run all the same, and the report has both.
  @Test func portInUse() async throws {
    try await PilabFixture.with { fixture in
      let listener = try Listener(address: 0x7F4D_0001)
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.write(
        """
        version: 1
        name: lab
        boards: { alice: { address: 10.77.0.1 }, bob: { address: 10.77.0.2 } }
        exchanges:
          taken: { sender: alice, receiver: bob, image: image.bin, port: \(listener.port) }
          free: { sender: alice, receiver: bob, image: image.bin }
        """, to: "lab.yaml")
      let run = try await fixture.pilab("run", "--mode", "loopback")
      #expect(run.status == 1)
      #expect(run.output.contains("listen_failed"))
      let report = try fixture.report()
      #expect(report.exchanges.map(\.verdict) == [.failed, .identical])
      #expect(report.exchanges[0].failure?.code == "not_listening")
      #expect(report.exchanges[0].failure?.board == "alice")
      let files = fixture.names(in: ".pilab/lab/runs/latest/taken/bob")
      #expect(files == ["stderr.log", "stdout.log"])
      withExtendedLifetime(listener) {}
    }
  }
}

/// Holds a TCP port of an address until it goes.
private final class Listener {
  let port: UInt16
  private let descriptor: Int32

  init(address: UInt32) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = address.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isListening = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isListening)
    port = UInt16(bigEndian: name.sin_port)
  }

  deinit { close(descriptor) }
}
