import Foundation
import Testing

/// What is said to pilab on its command line and its standard input, and what it makes of it.
@Suite struct WordsTests {
  @Test func mistypedWordsGetASuggestion() async throws {
    try await PilabFixture.with { fixture in
      let cases: [([String], String)] = [
        (["validte"], "did you mean 'validate'?"), (["image", "biuld"], "did you mean 'build'?"),
        (["run", "--moode", "auto"], "Did you mean '--mode'?"),
        (["run", "--mode", "namespce"], "Did you mean 'namespace'?"),
        (["link", "bob", "dwon"], "Did you mean 'down'?"),
      ]
      for (words, suggestion) in cases {
        let said = try await fixture.start(words).end()
        #expect(said.status == 64 && said.output.isEmpty, "\(words)")
        #expect(said.errors.contains(suggestion), "\(said.errors)")
      }
      try fixture.writeManifest()
      try fixture.write("x", to: "image.bin")
      let exchange = try await fixture.pilab("run", "--exchange", "onyl")
      #expect(exchange.status == 64 && exchange.errors.contains("did you mean 'only'?"))
      #expect(try await fixture.pilab("up", "--lab", "second", "--mode", "loopback").status == 0)
      let board = try await fixture.pilab("exec", "alcie", "--lab", "second", "--", "true")
      #expect(board.status == 64 && board.errors.contains("did you mean 'alice'?"))
      // Both names of the option are one, everywhere.
      for option in ["--lab", "--name"] {
        let lab = try await fixture.pilab("status", option, "secnd")
        #expect(lab.status == 69 && lab.errors.contains("did you mean 'second'?"))
        let run = try await fixture.pilab("run", "--quiet", option, "second")
        #expect(run.status == 0, "\(run.errors)")
      }
      let report = try await fixture.pilab("report", "latset")
      #expect(report.status == 66 && report.errors.contains("did you mean 'latest'?"))
      #expect(try await fixture.pilab("down", "--name", "second").output.contains("is down"))
    }
  }

  @Test func validateReadsStandardInput() async throws {
    try await PilabFixture.with { fixture in
      try fixture.writeManifest()
      try fixture.write("x", to: "image.bin")
      let good = try await fixture.shell("cat lab.yaml | pilab validate -")
      #expect(good.status == 0)
      #expect(good.output.hasPrefix("<standard input>: valid; lab 'lab'"))
      let bad = try await fixture.shell("sed 's/name:/nmae:/' lab.yaml | pilab validate -")
      #expect(bad.errors.contains("<standard input>:2:1: unknown key 'nmae'"))
      #expect(bad.errors.contains("missing key 'name'"))
      let large = try await fixture.shell("head -c 2000000 /dev/zero | pilab validate -")
      #expect(large.status == bad.status && large.errors.contains("is larger than 1MiB"))
      #expect(try await fixture.shell("pilab validate - - <lab.yaml").status == 64)
      let run = try await fixture.shell("pilab run - <lab.yaml")
      #expect(run.status == 64 && run.errors.contains("only 'pilab validate'"))
      #expect(fixture.names() == ["image.bin", "lab.yaml"])
    }
  }

  @Test func picturesHaveNamesOfAnyBytes() async throws {
    try await PilabFixture.with { fixture in
      try fixture.writeManifest()
      try fixture.write("x", to: "image.bin")
      let run = try await fixture.shell(
        """
        image=$(printf 'h\\377 \\303\\251.ppm'); printf 'P2 1 1 9 5' >"$image"
        TMPDIR=$PWD pilab run --quiet --mode loopback --image "$image" --output good &&
          TMPDIR=$PWD pilab run --quiet --mode loopback --image="$image" --output same
        """)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try fixture.report("good").exchanges[0].image.name == "h\\xff é.ppm")
      #expect(try fixture.report("same").exchanges[0].image.name == "h\\xff é.ppm")
      let refused = try await fixture.shell("pilab run \"$(printf 'l\\377.yaml')\"")
      #expect(refused.status == 64 && refused.errors.contains("not UTF-8: 'l\\xff.yaml'"))
      let missing = try await fixture.shell("pilab run --image \"$(printf 'n\\377')\"")
      #expect(missing.status == 66 && missing.errors.contains("n\\xff"))
      // The link is gone.
      #expect(!fixture.names().contains { $0.hasPrefix("pilab-image") })
      #expect(try FileManager.default.removeItem(atPath: fixture.folder) == ())
      try FileManager.default.createDirectory(
        atPath: fixture.folder, withIntermediateDirectories: true)
    }
  }

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

  /// The script is evaluated by bash, and its function called as bash calls it.
  @Test func bashCompletesNames() async throws {
    try await PilabFixture.with { fixture in
      try fixture.writeManifest()
      try fixture.write("x", to: "image.bin")
      #expect(
        try await fixture.pilab("run", "--quiet", "--mode", "loopback").status == 0)
      func completions(_ words: String...) async throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let script = """
          eval "$(pilab --generate-completion-script bash)"
          COMP_WORDS=(pilab \(quoted)); COMP_CWORD=\(words.count)
          COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
          _pilab pilab "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
          printf '%s\\n' "${COMPREPLY[@]}"
          """
        try fixture.write(script, to: "complete.bash")
        let said = try await fixture.shell("bash complete.bash")
        return said.output.split(separator: "\n").map {
          $0.trimmingCharacters(in: .whitespaces)
        }
      }
      #expect(try await completions("run", "--exchange", "") == ["only"])
      #expect(try await completions("logs", "al") == ["alice"])
      #expect(try await completions("run", "--mode", "name") == ["namespace"])
      #expect(try await completions("status", "--lab", "") == ["lab"])
      #expect(try await completions("report", "la").contains("latest"))
    }
  }
}
