import Testing

@testable import LabValues

struct MACAddressTests {
  @Test(arguments: ["52:54:00:12:ab:ff", "00:00:00:00:00:01", "08:00:27:ff:00:0a"])
  func whatIsWrittenIsRead(_ text: String) throws {
    let address = try #require(MACAddress(text))
    #expect(address.description == text)
    #expect(MACAddress(text.uppercased()) == address)
    #expect(MACAddress(text.replacing(":", with: "-")) == address)
    #expect(address.plain == text.replacing(":", with: "").uppercased())
  }

  @Test(arguments: [
    "", "52:54:00:12:ab", "52:54:00:12:ab:ff:00", "52:54:00:12:ab:fg", "5:54:00:12:ab:ff",
    "+5:54:00:12:ab:ff", "52540012abff", "52:54:00:12:ab:", " 52:54:00:12:ab:ff",
  ])
  func whatIsNone(_ text: String) { #expect(MACAddress(text) == nil) }

  @Test func firstByte() {
    #expect(MACAddress("52:54:00:00:00:00")?.isLocallyAdministered == true)
    #expect(MACAddress("08:00:27:00:00:00")?.isLocallyAdministered == false)
    #expect(MACAddress("01:00:5e:00:00:00")?.isMulticast == true)
    #expect(MACAddress("52:54:00:00:00:00")?.isMulticast == false)
  }

  /// Of a lab that is up since an earlier version: they stand in its machines' settings.
  @Test func theyStayTheSame() {
    let lab = "0123456789abcdef"
    #expect("\(MACAddress(.qemu, lab: lab, .lab, 1))" == "52:54:00:6f:00:01")
    #expect("\(MACAddress(.qemu, lab: lab, .management, 2))" == "52:54:00:ef:00:02")
    #expect("\(MACAddress(.virtualBox, lab: lab, .lab, 300))" == "08:00:27:6f:01:2c")
    #expect("\(MACAddress(.virtualBox, lab: lab, .management, 1))" == "08:00:27:ef:00:01")
  }
}
