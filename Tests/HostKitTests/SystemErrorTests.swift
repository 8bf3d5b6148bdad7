import Foundation
import Testing

@testable import HostKit

struct SystemErrorTests {
  @Test func theLastCallsErrorInTheSystemsWords() {
    #expect(open("/nowhere/file", O_RDONLY) == -1)
    let error = SystemError.last
    #expect(error.number == ENOENT && error.errorNumber == ENOENT)
    #expect("\(error)" == "No such file or directory")
    #expect(error == SystemError(number: ENOENT))
  }

  @Test func faultsAndWordsKnowItsNumber() {
    #expect(SystemFault(SystemError(number: EACCES), path: "/x", .read).number == EACCES)
    #expect(ErrorWords.words(of: SystemError(number: EROFS)) == "Read-only file system")
  }
}
