import Foundation
import Testing

/// pilab where the machine, the shell or another user has left something unusual. One after the other: each starts several
/// programs, and other tests count seconds.
@Suite(.serialized) struct OddMachineTests {
  private func smallLab(_ fixture: PilabFixture) throws {
    try fixture.write(Data([1, 2, 3]), to: "image.bin")
    try fixture.writeManifest()
  }

  @Test(arguments: ["HUP", "INT", "TERM"])
  func ignoredSignalStaysIgnored(_ signal: String) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 500_000), to: "image.bin")
      try fixture.writeManifest("rate: 4Mbit")
      let result = try await fixture.shell(
        """
        (trap '' \(signal); exec pilab run -q) & p=$!
        until ls .pilab/lab/boards/*/bin/pi-receiver >/dev/null 2>&1; do sleep 0.05; done
        kill -\(signal) $p; wait $p
        """)
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  @Test func ignoredChildSignalAndBlockedSignalsDoNoHarm() async throws {
    try await PilabFixture.with { fixture in
      try smallLab(fixture)
      let result = try await fixture.shell(
        """
        exec python3 -c 'import os, signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        os.execvp("pilab", ["pilab", "run", "-q"])'
        """)
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  /// Whatever the limit, it ends, and with an error of its own where it cannot go on.
  @Test(
    arguments: [
      "ulimit -v 300000", "ulimit -v 360000", "ulimit -v 430000",
      "ulimit -v 490000", "ulimit -n 10", "ulimit -n 32",
      "ulimit -s 64", "ulimit -f 16", "ulimit -f 0",
    ])
  func endsUnderEveryLimit(_ limit: String) async throws {
    try await PilabFixture.with { fixture in
      try smallLab(fixture)
      // Standard error is a pipe: a file may not grow under `ulimit -f`.
      let result = try await fixture.shell(
        "e=$( (\(limit); timeout -k 5 60 pilab run -q) 2>&1 >/dev/null); echo \"$? $e\"")
      let status = Int32(result.output.prefix { $0 != " " })
      #expect(status == 0 || result.output.contains("pilab: "), "\(result.output)")
      #expect(status != 124 && status != 137, "\(result.output)")
      if status != 0 { #expect(result.output.contains("ulimit"), "\(result.output)") }
    }
  }

  /// What is left of a `sudo pilab` is given back with the command that the hint names.
  @Test(.enabled(if: geteuid() == 0)) func folderOfRootComesWithChown() async throws {
    try await PilabFixture.with { fixture in
      try smallLab(fixture)
      let asUser = "setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=$PWD pilab"
      let made = try await fixture.shell("chown 65534 .. . *; pilab run -q && chmod 755 .pilab")
      #expect(made.status == 0, "\(made.errors)")
      for mode in ["700", "755"] {
        for command in ["run -q", "up", "status --lab lab", "down --lab lab", "doctor"] {
          let result = try await fixture.shell("chmod \(mode) .pilab; \(asUser) \(command) 2>&1")
          #expect(result.status != 0, "\(mode) \(command): \(result.output)")
          let chown = result.output.split(separator: "sudo chown -R nobody: ").dropFirst().first
          #expect(
            chown?.split(separator: "\n").first.map { $0.contains("/work/.pilab") } == true,
            "\(mode) \(command): \(result.output)")
        }
        let list = try await fixture.shell("\(asUser) list 2>&1")
        #expect(list.output.contains("sudo chown -R nobody: "), "\(list.output)")
      }
      let mended = try await fixture.shell("chown -R nobody: .pilab; \(asUser) run -q")
      #expect(mended.status == 0, "\(mended.errors)")
    }
  }
}
