import Foundation
import Synchronization
import TestSupport
import Testing

/// What the tests themselves stand on.
struct TemporaryFolderTests {
  private struct Failure: Error {}

  /// A class, for closures that may outlive the test.
  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test func theLastIsUndoneFirstAndTheFolderGoesThen() throws {
    let log = Log()
    func use() throws -> String {
      let folder = try TemporaryFolder()
      let path = folder.path
      for name in ["first", "second"] {
        folder.afterwards { log.add(access(path, F_OK) == 0 ? name : "too late") }
      }
      try folder.write([1], to: "file")
      return path
    }
    let path = try use()
    #expect(log.all == ["second", "first"])
    #expect(access(path, F_OK) != 0)
  }

  @Test func aFailureIsAnIssueAndHoldsNothingUp() throws {
    let log = Log()
    var path = ""
    withKnownIssue {
      let folder = try TemporaryFolder()
      path = folder.path
      folder.afterwards { log.add("first") }
      folder.afterwards { throw Failure() }
      folder.afterwards { log.add("third") }
    }
    #expect(log.all == ["third", "first"])
    #expect(access(path, F_OK) != 0)
  }

  @Test func itGoesWhateverTheBodyDoes() async throws {
    var path = ""
    await #expect(throws: Failure.self) {
      try await withTemporaryFolder(permissions: 0o711) { folder in
        path = folder
        var status = stat()
        #expect(stat(folder, &status) == 0 && status.st_mode & 0o7777 == 0o711)
        await Task.yield()
        throw Failure()
      }
    }
    #expect(!path.isEmpty && access(path, F_OK) != 0)
    #expect(try withTemporaryFolder { $0 != path })
  }
}
