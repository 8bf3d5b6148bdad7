import Foundation
import Testing

/// Captures that are read while they run.
@Suite(.enabled(if: getuid() == 0, "namespaces of root's are captured in"))
struct CaptureStreamTests {
  private static let magic = "0a0d0d0a"

  @Test func packetsGoToAPipeAsTheyArrive() async throws {
    try await PilabFixture.with { fixture in
      try fixture.writeManifest()
      try fixture.write("x", to: "image.bin")
      let up = try await fixture.pilab("up", "--mode", "namespace")
      try #require(up.status == 0, "\(up.errors)")
      // It has no end of its own, so the packets are read while it runs, and the reader ends it.
      let piped = try await fixture.shell(
        """
        (sleep 2; pilab run --quiet >/dev/null 2>&1) &
        { timeout 60 pilab capture alice -w -; echo $? >status; } | tshark -r - -c 5 -T fields -e frame.number
        wait
        """)
      #expect(piped.output == "1\n2\n3\n4\n5\n", "\(piped.errors)")
      #expect(String(decoding: try fixture.read("status"), as: UTF8.self) == "0\n")
      let fifo = try await fixture.shell(
        """
        mkfifo live; pilab capture bob -w live --seconds 1 & head -c 4 live | od -An -tx1 | tr -d ' '
        wait $! && echo ended
        """)
      #expect(fifo.output == "\(Self.magic)\nended\n", "\(fifo.errors)")
      // Nothing of it stays on the boards.
      let left = try await fixture.shell(
        "for b in alice bob; do pilab exec $b -- ps ax; done | grep -c '[d]umpcap'")
      #expect(left.output == "0\n", "\(left.output)")
      #expect(!fixture.exists("-"))
      // A capture ends with its lab.
      let ended = try await fixture.shell(
        """
        timeout 60 pilab capture alice -w kept.pcap 2>file & f=$!
        { timeout 60 pilab capture bob -w - 2>stream; echo $? >status; } | cat >/dev/null & s=$!
        sleep 2; pilab down >/dev/null; wait $f; echo $?; wait $s; cat status
        """)
      #expect(ended.output == "69\n69\n", "\(ended.errors)")
      for words in ["file", "stream"] {
        let told = String(decoding: try fixture.read(words), as: UTF8.self)
        #expect(told.contains("went down, and the capture ended with it"), "\(told)")
      }
      #expect(fixture.exists("kept.pcap"))
      #expect(try await fixture.pilab("down").status == 0)
    }
  }
}
