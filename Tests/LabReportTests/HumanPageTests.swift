import LabResults
import Testing

@testable import LabReport

@Suite struct HumanPageTests {
  @Test func quantitiesDoNotBreak() {
    #expect(
      Human.unbroken("384.4 KiB (393 615 bytes), 61 %. the 2 boards")
        == "384.4\u{A0}KiB (393\u{A0}615\u{A0}bytes), 61\u{A0}%. the 2 boards")
    #expect(Human.unbroken("400 × 328 pixels") == "400\u{A0}×\u{A0}328 pixels")
  }
}
