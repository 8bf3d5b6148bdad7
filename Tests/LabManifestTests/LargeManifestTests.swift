import Testing

@testable import LabManifest

/// Files near the size limit take seconds, not hours, whatever they hold.
@Suite(.timeLimit(.minutes(5)))
struct LargeManifestTests {
  private func verify(_ text: String, _ isExpected: ([Diagnostic]) -> Bool) {
    #expect(text.utf8.count > 500_000 && text.utf8.count <= 1 << 20)
    let found = Samples.diagnostics(text)
    #expect(isExpected(found))
    #expect(ManifestError(found).description.utf8.count < 100_000)
  }

  @Test func unknownKeys() {
    let text = (0..<70_000).map { "key\($0): 1" }.joined(separator: "\n")
    verify(text) { $0.count == 70_002 }
  }

  @Test func list() {
    verify("a: [" + String(repeating: "1,x,", count: 250_000) + "]") {
      $0.contains { $0.message == "unknown key 'a'" }
    }
  }

  @Test func boards() {
    let boards = (0..<25_000).map { "  b\($0): {address: 1.1.1.1}\n" }.joined()
    let exchanges = "exchanges: {a: {sender: x, receiver: y, image: images}}"
    verify("version: 1\nboards:\n" + boards + exchanges) {
      $0.contains { $0.message == "there is no board 'x'" }
    }
  }

  @Test func digits() {
    let prime = String(repeating: "9", count: 1_000_000)
    verify(Samples.manifest(exchange: "group: { prime: \(prime), generator: 5 }")) {
      $0.map(\.message) == ["the prime has more than 8192 bits"]
    }
  }
}
