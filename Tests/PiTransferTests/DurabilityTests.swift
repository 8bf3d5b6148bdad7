import Glibc
import PiExchange
import Synchronization
import Testing

@testable import PiTransfer

/// Files that are to outlast a power failure. One after the other, as in PipelineTests.
@Suite(.serialized) struct DurabilityTests {
  private static let image = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  @Test(arguments: Profile.allCases)
  func filesAreOnTheDiskBeforeTheirNamesAndFoldersAfter(_ profile: Profile) throws {
    try TransferFixture.with(profile) { fixture in
      fixture.write(Self.image, to: "image")
      let (sender, receiver) = (Disk(fixture, "alice"), Disk(fixture, "bob"))
      fixture.senderDurability = sender.durability
      fixture.receiverDurability = receiver.durability
      let outcome = try fixture.run()
      let size = Int(try outcome.sender.get().ciphertextBytes)
      _ = try outcome.receiver.get()
      #expect(
        receiver.calls == [
          // Each before it has a name, and with its first one.
          Disk.Call(file: size, names: []), Disk.Call(file: size, names: []),
          Disk.Call(file: Self.image.count, names: []),
          Disk.Call(file: Self.image.count, names: []),
          Disk.Call(file: nil, names: ["encrypted"]),
          Disk.Call(file: nil, names: ["decrypted", "encrypted"]),
        ])
      #expect(
        sender.calls == [
          Disk.Call(file: size, names: []), Disk.Call(file: size, names: []),
          Disk.Call(file: nil, names: ["encrypted"]),
        ])
      #expect(try fixture.read("bob/decrypted") == Self.image)
    }
  }

  @Test(arguments: 0..<6) func whatCannotBeMadeDurableIsNotThere(_ failing: Int) throws {
    try TransferFixture.with(.sealed) { fixture in
      fixture.write(Self.image, to: "image")
      let disk = Disk(fixture, "bob", failing: failing)
      fixture.receiverDurability = disk.durability
      let outcome = try fixture.run()
      #expect(disk.calls.count == failing + 1)
      #expect(outcome.receiver.error?.code == .storageFailed)
      #expect(outcome.receiver.error?.message.contains("Input/output error") == true)
      // The sender never gets a receipt for it.
      #expect(outcome.sender.error?.code == .peerAlert)
      #expect(fixture.names("bob") == [] && fixture.names("alice") == [])
    }
  }

  @Test(arguments: 0..<3) func norIsItOnTheSendersBoard(_ failing: Int) throws {
    try TransferFixture.with(.classic) { fixture in
      fixture.write(Self.image, to: "image")
      fixture.senderDurability = Disk(fixture, "alice", failing: failing).durability
      let outcome = try fixture.run()
      #expect(outcome.sender.error?.code == .storageFailed)
      _ = try outcome.receiver.get()
      #expect(fixture.names("alice") == [])
    }
  }

  @Test func theTimeItTakesCountsAsStoring() throws {
    try TransferFixture.with(.sealed) { fixture in
      fixture.write([1, 2, 3], to: "image")
      let pause: UInt64 = 100_000_000
      fixture.receiverDurability = Durability { _ in
        usleep(UInt32(pause / 1000))
        return 0
      }
      let times = try fixture.run().receiver.get().times
      #expect(times[.store] >= 3 * pause && times[.total] >= times[.store])
    }
  }

  @Test func anInterruptedCallIsRepeated() throws {
    let left = Mutex(2)
    let durability = Durability { _ in
      left.withLock { left in
        guard left > 0 else { return 0 }
        left -= 1
        errno = EINTR
        return -1
      }
    }
    try durability.apply(to: 0, of: "image")
    #expect(left.withLock { $0 } == 0)
  }
}

/// A disk that notes what is brought to it.
private final class Disk: Sendable {
  struct Call: Equatable {
    /// Bytes of the file; nil for a folder.
    var file: Int?
    /// That the side's folder has at this moment, but for temporary ones.
    var names: [String]
  }

  private let fixture: TransferFixture
  private let side: String
  private let failing: Int?
  private let made = Mutex<[Call]>([])

  /// - Parameter failing: the call that fails; the first is 0.
  init(_ fixture: TransferFixture, _ side: String, failing: Int? = nil) {
    self.fixture = fixture
    self.side = side
    self.failing = failing
  }

  var calls: [Call] { made.withLock { $0 } }

  var durability: Durability { Durability { self.sync($0) } }

  private func sync(_ descriptor: Int32) -> Int32 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return -1 }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    let names = fixture.names(side).filter { !$0.hasPrefix(".pilab-") }
    let number = made.withLock { made in
      made.append(Call(file: isFile ? Int(status.st_size) : nil, names: names))
      return made.count - 1
    }
    guard number != failing else {
      errno = EIO
      return -1
    }
    return fsync(descriptor)
  }
}
