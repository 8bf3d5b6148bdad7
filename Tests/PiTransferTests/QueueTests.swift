import Glibc
import PiExchange
import TestSupport
import Testing

@testable import PiTransfer

@Suite struct PieceQueueTests {
  @Test func handsOverInOrder() {
    let free = PieceQueue((0..<3).map { _ in Piece() })
    let full = PieceQueue()
    let worker = Worker {
      for number in 0..<1000 {
        guard let piece = free.pop() else { return }
        piece.count = number
        full.push(piece)
      }
      full.close()
    }
    var numbers: [Int] = []
    while let piece = full.pop() {
      numbers.append(piece.count)
      free.push(piece)
    }
    worker.join()
    #expect(numbers == Array(0..<1000))
  }

  @Test func closingEndsAWaitingThread() {
    let queue = PieceQueue()
    let worker = Worker {
      usleep(20_000)
      queue.close()
    }
    #expect(queue.pop() == nil)
    worker.join()
  }

  @Test func closingKeepsOrDiscards() {
    let kept = PieceQueue([Piece()])
    kept.close()
    #expect(kept.pop() != nil)
    #expect(kept.pop() == nil)
    let discarded = PieceQueue([Piece()])
    discarded.close(discarding: true)
    #expect(discarded.pop() == nil)
  }
}

@Suite struct PacerTests {
  @Test func spreadsBytesOverTime() {
    var pacer = Pacer(bytesPerSecond: 1000)
    #expect(pacer.delay(for: 1000) == .zero)
    // A second after the first, less what the test itself has taken.
    let second = pacer.delay(for: 9000)
    #expect(second > .milliseconds(100) && second <= .seconds(1))
    let third = pacer.delay(for: 1)
    #expect(third > .seconds(9) && third <= .seconds(10))
    var fastest = Pacer(bytesPerSecond: .max)
    #expect(fastest.delay(for: .max) == .zero)
  }

  @Test func slicesAreBounded() {
    #expect(Pacer(bytesPerSecond: 1).sliceSize == 256)
    #expect(Pacer(bytesPerSecond: 1_000_000).sliceSize == 10_000)
    #expect(Pacer(bytesPerSecond: .max).sliceSize == 65536)
  }
}

@Suite struct AddressTests {
  @Test(arguments: [
    ("127.0.0.1:7400", "127.0.0.1", UInt16(7400)), ("[::1]:0", "::1", 0),
    ("10.77.0.1:65535", "10.77.0.1", 65535),
  ])
  func parses(text: String, host: String, port: UInt16) throws {
    let address = try #require(SocketAddress(text))
    #expect(address.host == host && address.port == port && address.text == text)
  }

  @Test(arguments: [
    "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "localhost:80", ":80",
    "256.0.0.1:80", "1.2.3:80", "[::1]", "[::g]:1",
  ])
  func refuses(text: String) { #expect(SocketAddress(text) == nil) }
}

@Suite struct AtomicFileTests {
  func names(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  @Test func appearsOnlyWhenPublished() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/image"
      var file = try AtomicFile(path: path)
      try Array("pixels".utf8).withUnsafeBytes { bytes in
        Result { () throws(ExchangeError) in try file.write(bytes) }
      }.get()
      #expect(!names(folder).contains("image"))
      try file.publish()
      #expect(names(folder) == ["image"])
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_size == 6 && status.st_mode & 0o777 == 0o600)
    }
  }

  @Test func leavesNothingWhenDropped() throws {
    try withTemporaryFolder { folder in
      do {
        let file = try AtomicFile(path: "\(folder)/image")
        _ = file.device
      }
      #expect(names(folder).isEmpty)
    }
  }

  @Test func replacesTheOldFileWhole() throws {
    try withTemporaryFolder { folder in
      for _ in 0..<2 {
        var file = try AtomicFile(path: "\(folder)/image")
        try file.publish()
      }
      #expect(names(folder) == ["image"])
    }
  }

  @Test func badPathsAreTold() {
    for path in ["/nonexistent/folder/image", "/tmp", "/dev/null/image", "/dev/full"] {
      do {
        _ = try AtomicFile(path: path).device
        Issue.record("\(path) was accepted")
      } catch {
        #expect(error.code == .storageFailed)
        #expect(error.message.contains(path))
      }
    }
  }

  @Test func sameFileTwiceIsRefused() throws {
    try withTemporaryFolder { folder in
      let descriptor = open("\(folder)/a", O_CREAT | O_WRONLY, 0o600)
      #expect(descriptor >= 0)
      close(descriptor)
      #expect(symlink("a", "\(folder)/link") == 0)
      #expect(symlink("new", "\(folder)/dangling") == 0)
      for pair in [
        ("a", "a"), ("a", "link"), ("a", "./a"), ("new", "new"), ("new", "./new"),
        ("new", "dangling"), ("dangling", "new"),
      ] {
        let (one, other) = ("\(folder)/\(pair.0)", "\(folder)/\(pair.1)")
        #expect(
          code { try AtomicFile.requireDistinct(outputs: [one, other]) } == .usage, "\(pair)")
        #expect(
          code { try AtomicFile.requireDistinct(outputs: [one], inputs: [other]) } == .usage,
          "\(pair)")
        #expect(code { try AtomicFile.requireDistinct(outputs: [], inputs: [one, other]) } == nil)
      }
      let different = ["\(folder)/a", nil, "\(folder)/new", "\(folder)/newer"]
      #expect(code { try AtomicFile.requireDistinct(outputs: different) } == nil)
    }
  }

  @Test func spaceIsAskedFor() throws {
    let file = try AtomicFile(path: "/tmp/pilab-space")
    #expect(code { try file.requireSpace(1) } == nil)
    #expect(code { try file.requireSpace(1 << 60) } == .storageFailed)
  }

  func code(_ body: () throws -> Void) -> ErrorCode? {
    do {
      try body()
      return nil
    } catch { return (error as? ExchangeError)?.code }
  }
}
