import LabCore
import LabTestSupport
import Namespace
import Testing

struct NamespaceOutputTests {
  /// Of much output the end is shown.
  @Test func theEndOfALongOutputIsShown() async throws {
    try await LabFixture.with(NamespaceBackend()) { fixture in
      _ = try await fixture.board.detach(
        ExecCommand(program: "sh", arguments: ["-c", "seq 1 200000; echo the end"]))
      #expect(try await eventually { fixture.programs.isEmpty })
      let text = try #require(try await fixture.board.detached().first?.text)
      #expect(text.utf8.count <= 512 << 10)
      #expect(text.hasSuffix("199999\n200000\nthe end\n"))
    }
  }
}
