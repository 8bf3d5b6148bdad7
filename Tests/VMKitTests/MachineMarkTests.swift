import Foundation
import Testing

@testable import VMKit

struct MachineMarkTests {
  /// As it stands in the extra data of machines that an earlier version has made.
  @Test func marksOfEarlierVersionsAreRead() throws {
    let text = """
      {"board":"bob","engine":"driverless","folder":"/l","hasOwnDisk":false,"lab":"0123456789abcdef",
      "port":2222,"user":"root"}
      """
    let mark = try JSONDecoder().decode(MachineMark<String>.self, from: Data(text.utf8))
    #expect(
      mark
        == MachineMark(
          lab: "0123456789abcdef", labName: nil, folder: "/l", board: "bob", port: 2222,
          engine: "driverless", user: "root", hasUserDisk: false, owner: nil))
    #expect(mark.folderOnBoard == "/work")
  }
}
