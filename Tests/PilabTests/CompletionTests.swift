import Foundation
import Testing

/// What shells complete.
@Suite struct CompletionTests {
  private static func isInstalled(_ shell: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(shell)")
  }

  /// What is typed, and what zsh makes of it or fish offers for it.
  private static let typed = [
    ("pilab st", "pilab status", "status"), ("pilab logs al", "pilab logs alice", "alice"),
    ("pilab logs --name lab al", "pilab logs --name lab alice", "alice"),
    ("pilab run --exchange ", "pilab run --exchange only", "only"),
    ("pilab report lat", "pilab report latest", "latest"),
  ]

  private func withRun(_ body: (PilabFixture) async throws -> Void) async throws {
    try await PilabFixture.with { fixture in
      try fixture.writeManifest()
      try fixture.write("x", to: "image.bin")
      #expect(try await fixture.pilab("run", "--quiet", "--mode", "loopback").status == 0)
      try await body(fixture)
    }
  }

  /// zsh completes only what is typed on a terminal, which its own module zpty makes.
  @Test(.enabled(if: isInstalled("zsh"), "zsh is not installed")) func zshCompletesNames()
    async throws
  {
    try await withRun { fixture in
      try fixture.write(
        """
        mkdir -p functions
        pilab --generate-completion-script zsh >functions/_pilab
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "fpath=($PWD/functions \\$fpath); autoload -Uz compinit; compinit -u -D; print REA\\DY"
        zpty -r shell seen '*READY*'
        zpty -wn shell "$1"$'\\t'
        zpty -r -m shell seen "*$2*" && print completed
        """, to: "complete.zsh")
      for (words, wanted, _) in Self.typed {
        let said = try await fixture.shell("timeout 60 zsh -f complete.zsh '\(words)' '\(wanted)'")
        #expect(said.output == "completed\n", "\(words): \(said)")
      }
    }
  }

  /// Without a terminal fish completes what it is given, and only cannot tell where the cursor is.
  @Test(.enabled(if: isInstalled("fish"), "fish is not installed")) func fishCompletesNames()
    async throws
  {
    try await withRun { fixture in
      try fixture.write(
        """
        pilab --generate-completion-script fish | source
        function commandline
          contains -- -tC $argv; and echo 0; or builtin commandline $argv
        end
        complete -C "$argv"
        """, to: "complete.fish")
      for (words, _, wanted) in Self.typed {
        let said = try await fixture.shell("timeout 60 fish --no-config complete.fish '\(words)'")
        let offered = said.output.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
        #expect(offered.contains { $0 == wanted }, "\(words): \(said)")
      }
    }
  }
}
