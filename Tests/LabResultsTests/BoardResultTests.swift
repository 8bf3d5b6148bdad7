import Foundation
import LabResults
import Testing

/// What board programs print.
struct BoardResultTests {
  private static let printed = """
    {"program":"mine","version":"1","role":"receiver","board":"bob","peer":"alice","profile":"classic",
     "group":"ffdhe2048","groupBits":2048,"cipher":"aes-128-ecb","authentication":"none",
     "plaintextBytes":3,"ciphertextBytes":16,"sha256":{},"keyConfirmed":true,"transcript":"00",
     "publicValue":"08","peerPublicValue":"13","insecure":[]}
    """

  /// A program of somebody else's measures nothing.
  @Test func whatIsMeasuredMayBeMissing() throws {
    let result = try JSONDecoder().decode(BoardResult.self, from: Data(Self.printed.utf8))
    #expect(result.board == "bob" && result.plaintextBytes == 3)
    #expect(result.nanoseconds.isEmpty && result.marks.isEmpty && result.peakResidentBytes == 0)
    #expect(result.nonce == nil)
    let again = try JSONDecoder().decode(BoardResult.self, from: JSONEncoder().encode(result))
    #expect(again == result)
  }

  @Test(arguments: ["transcript", "publicValue", "plaintextBytes", "keyConfirmed"])
  func whatProvesTheExchangeMayNot(_ key: String) {
    let text = Self.printed.replacing("\"\(key)\"", with: "\"other\"")
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(BoardResult.self, from: Data(text.utf8))
    }
  }
}
