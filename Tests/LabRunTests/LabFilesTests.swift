import Foundation
import LabCore
import TestSupport
import Testing

@testable import LabRun

struct LabLockTests {
  @Test func secondHolderIsToldWhoHasIt() async throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/lock"
      let lock = try LabLock(path, lab: "test")
      #expect {
        _ = try LabLock(path, lab: "test")
      } throws: { error in
        guard let error = error as? LabError else { return false }
        return error.code.status == .labInUse && error.message.contains("process \(getpid())")
      }
      withExtendedLifetime(lock) {}
    }
  }

  @Test func itIsFreeAgainAfterwards() async throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/lock"
      do { _ = try LabLock(path, lab: "test") }
      _ = try LabLock(path, lab: "test")
    }
  }

  @Test func aLinkIsNotFollowed() async throws {
    try withTemporaryFolder { folder in
      let target = "\(folder)/target"
      try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/lock", withDestinationPath: target)
      #expect(throws: LabError.self) { _ = try LabLock("\(folder)/lock", lab: "test") }
      #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
    }
  }
}

struct PreSharedKeyFileTests {
  @Test func madeOnceForItsOwnerAlone() async throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/psk"
      try PreSharedKeyFile.ensure(path)
      let key = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(key.count == 32)
      #expect(Set(key).count > 8)
      #expect(FileStatus(path)?.permissions == 0o600)
      try PreSharedKeyFile.ensure(path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == key)
      #expect(try names(in: folder) == ["psk"])
    }
  }

  @Test func everyLabHasItsOwn() async throws {
    try withTemporaryFolder { folder in
      try PreSharedKeyFile.ensure("\(folder)/a")
      try PreSharedKeyFile.ensure("\(folder)/b")
      let keys = try ["a", "b"].map {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
      }
      #expect(keys[0] != keys[1])
    }
  }

  @Test(arguments: [0o644, 0o640, 0o604, 0o660])
  func keyThatOthersMayReadIsRefused(_ mode: Int) async throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/psk"
      try PreSharedKeyFile.ensure(path)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      #expect { try PreSharedKeyFile.ensure(path) } throws: {
        ($0 as? LabError)?.code.name == "psk_unusable"
      }
    }
  }

  @Test(arguments: [0, 31, 33])
  func keyOfAnotherLengthIsRefused(_ count: Int) async throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/psk"
      let created = FileManager.default.createFile(
        atPath: path, contents: Data(count: count), attributes: [.posixPermissions: 0o600])
      #expect(created)
      #expect { try PreSharedKeyFile.ensure(path) } throws: {
        ($0 as? LabError)?.message.contains("\(count) bytes") == true
      }
    }
  }
}

struct RunFolderTests {
  @Test func appearsOnlyWhenPublished() async throws {
    try withTemporaryFolder { folder in
      let place = "\(folder)/deep/run"
      let run = try RunFolder(place)
      _ = try run.makeFolder("classic/alice")
      try run.write("text", to: "classic/alice/stdout.log")
      #expect(!FileManager.default.fileExists(atPath: place))
      try run.publish()
      #expect(try names(in: "\(folder)/deep") == ["run"])
      #expect(
        try String(contentsOfFile: "\(place)/classic/alice/stdout.log", encoding: .utf8) == "text")
    }
  }

  @Test func discardLeavesNothing() async throws {
    try withTemporaryFolder { folder in
      let run = try RunFolder("\(folder)/run")
      try run.write("text", to: "file")
      try run.discard()
      try run.discard()
      #expect(try names(in: folder).isEmpty)
    }
  }

  @Test func emptyFolderIsFilledAndFullOneRefused() async throws {
    try withTemporaryFolder { folder in
      for name in ["empty", "full"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      }
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/full/mine"))
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/file"))
      let run = try RunFolder("\(folder)/empty")
      try run.write("text", to: "file")
      try run.publish()
      #expect(try names(in: "\(folder)/empty") == ["file"])
      for taken in ["full", "file"] {
        #expect { _ = try RunFolder("\(folder)/\(taken)") } throws: {
          ($0 as? LabError)?.code.status == .outputRefused
        }
      }
      #expect(try names(in: "\(folder)/full") == ["mine"])
      #expect(try names(in: folder) == ["empty", "file", "full"])
    }
  }

  /// Somebody puts a file there between the check and the end of the run.
  @Test func folderThatFilledMeanwhileIsNotReplaced() async throws {
    try withTemporaryFolder { folder in
      let run = try RunFolder("\(folder)/run")
      try FileManager.default.createDirectory(
        atPath: "\(folder)/run", withIntermediateDirectories: true)
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/run/mine"))
      #expect(throws: LabError.self) { try run.publish() }
      #expect(try names(in: "\(folder)/run") == ["mine"])
    }
  }

  @Test func latestPointsToTheLastRun() async throws {
    try withTemporaryFolder { folder in
      for name in ["one", "two"] {
        let run = try RunFolder("\(folder)/\(name)")
        try run.publish()
        try run.markLatest()
        #expect(
          try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/latest") == name)
      }
      #expect(try names(in: folder) == ["latest", "one", "two"])
    }
  }

  @Test func whatAKilledPilabLeftIsSwept() async throws {
    try withTemporaryFolder { folder in
      // No process has a number beyond the kernel's limit of 2^22; this process is alive.
      let dead = "\(folder)/.run.partial-4194305"
      let alive = "\(folder)/.other.partial-\(getpid())"
      for path in [dead, alive, "\(folder)/.hidden"] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      let run = try RunFolder("\(folder)/run")
      try run.discard()
      #expect(try names(in: folder) == [".hidden", ".other.partial-\(getpid())"])
    }
  }

  @Test func runsOfOneSecondGetPlacesOfTheirOwn() async throws {
    try withTemporaryFolder { folder in
      let start = "2026-01-02T03:04:05Z"
      var places: [String] = []
      for _ in 0..<3 {
        let place = RunFolder.place(in: folder, start: start)
        places.append((place as NSString).lastPathComponent)
        try RunFolder(place).publish()
      }
      let first = "2026-01-02T03-04-05Z"
      #expect(places == [first, "\(first)-2", "\(first)-3"])
    }
  }
}
