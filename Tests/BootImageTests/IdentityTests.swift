import Foundation
import LabCore
import LabValues
import TestSupport
import Testing

@testable import BootImage

@Suite struct IdentityTests {
  static func identity(_ host: KeyFiles, _ user: KeyFiles) throws -> BoardIdentity {
    BoardIdentity(
      name: "alice", address: try IPv4Address("10.77.0.1"), prefixLength: 24,
      mac: "52:54:00:00:00:01",
      management: .init(mac: "52:54:00:00:00:02", address: try IPv4Address("10.0.2.15")),
      hostKey: host.secret, authorizedKeys: [user.line])
  }

  private static func with(_ body: (BoardIdentity, String) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try await body(
        identity(KeyFiles("host", in: folder), KeyFiles("user", in: folder)), folder)
    }
  }

  @Test func theArchiveHoldsKeysForRootAlone() async throws {
    try await Self.with { identity, folder in
      var identity = identity
      identity.storage = 40 << 20
      identity.mac = "52:54:00:AB:CD:EF"
      try Data(identity.archive()).write(to: URL(fileURLWithPath: "\(folder)/archive"))
      let list = try await Command.run(
        "/bin/sh", ["-c", "cpio -tvn --quiet <archive && cpio -id --quiet <archive"], in: folder)
      #expect(list.status == 0, "\(list.errors)")
      let modes = list.output.split(separator: "\n").map { $0.prefix(10) }
      #expect(modes.allSatisfy { ["drwx------", "-rw-------"].contains($0) }, "\(list.output)")
      let text = try String(contentsOfFile: "\(folder)/etc/pilab/identity", encoding: .utf8)
      #expect(
        text == """
          address 10.77.0.1/24
          mac 52:54:00:ab:cd:ef
          management-mac 52:54:00:00:00:02
          management-address 10.0.2.15/24
          storage 40960
          name alice

          """)
      let keys = try String(contentsOfFile: "\(folder)/root/.ssh/authorized_keys", encoding: .utf8)
      #expect(keys == identity.authorizedKeys[0] + "\n")
    }
  }

  @Test func theBoardsOfTheLabAreNamed() async throws {
    try await Self.with { identity, folder in
      var identity = identity
      identity.hosts = [
        .init(address: try IPv4Address("10.77.0.1"), names: ["alice"]),
        .init(address: try IPv4Address("10.77.0.2"), names: ["bob-", "bob"]),
      ]
      let archive = String(decoding: try identity.archive(), as: UTF8.self)
      #expect(archive.contains("\nhost 10.77.0.1 alice\nhost 10.77.0.2 bob- bob\nname alice\n"))
      for names in [[], ["bob", "two words"], ["a\nb"]] {
        identity.hosts[1].names = names
        #expect(throws: LabError.self) { try identity.archive() }
      }
    }
  }

  @Test func theHostKeyIsInDropbearsFormat() async throws {
    try await Self.with { identity, folder in
      let key = try HostKey(openSSH: identity.hostKey).dropbearFormat
      #expect(key.count == 4 + 11 + 4 + 64)
      // The public half, as ssh-keygen wrote it.
      let line = try String(contentsOfFile: "\(folder)/host.pub", encoding: .utf8)
      let blob = try #require(Data(base64Encoded: String(line.split(separator: " ")[1])))
      #expect(Array(key.suffix(32)) == Array(blob.suffix(32)))
    }
  }

  @Test(arguments: [["rsa", "-b", "2048"], ["ecdsa"]])
  func otherHostKeysAreRefused(type: [String]) async throws {
    try await withTemporaryFolder { folder in
      let key = try await KeyFiles("other", in: folder, type: type)
      #expect(throws: LabError.self) { try HostKey(openSSH: key.secret) }
    }
  }

  @Test func lockedAndDamagedHostKeysAreRefused() async throws {
    try await withTemporaryFolder { folder in
      let locked = try await KeyFiles("locked", in: folder, passphrase: "a passphrase")
      #expect(throws: LabError.self) { try HostKey(openSSH: locked.secret) }
      let key = try await KeyFiles("whole", in: folder)
      for count in stride(from: 0, to: key.secret.count - 1, by: 7) {
        #expect(throws: LabError.self) { try HostKey(openSSH: String(key.secret.prefix(count))) }
      }
    }
  }

  @Test func aBadIdentityIsRefused() async throws {
    try await Self.with { good, _ in
      let changes: [(String, (inout BoardIdentity) -> Void)] = [
        ("no name", { $0.name = "" }),
        ("a line in the name", { $0.name = "a\nstorage 1" }),
        ("a space in the name", { $0.name = "a b" }),
        ("a long name", { $0.name = String(repeating: "a", count: 64) }),
        ("no MAC address", { $0.mac = "" }),
        ("a short MAC address", { $0.mac = "52:54:00:00:01" }),
        ("a multicast address", { $0.mac = "01:54:00:00:00:01" }),
        ("a sign in a MAC address", { $0.mac = "52:54:00:00:00:+1" }),
        ("one MAC address twice", { $0.management?.mac = $0.mac.uppercased() }),
        ("a long prefix", { $0.prefixLength = 33 }),
        ("nobody", { $0.authorizedKeys = [] }),
        ("two keys in one", { $0.authorizedKeys[0] += "\n" + $0.authorizedKeys[0] }),
        ("options", { $0.authorizedKeys[0] = "command=\"x\" " + $0.authorizedKeys[0] }),
      ]
      for (what, change) in changes {
        var identity = good
        change(&identity)
        #expect(throws: LabError.self, "\(what)") { try identity.archive() }
      }
      #expect(throws: Never.self) { try good.archive() }
    }
  }

  @Test func theDiscIsAnISOForItsOwnerAlone() async throws {
    try await Self.with { identity, folder in
      let path = "\(folder)/identity.iso"
      try await identity.writeISO(to: path)
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(bytes[32769..<32774].elementsEqual("CD001".utf8))
      #expect(bytes[32808..<32822].elementsEqual(BoardIdentity.discLabel.utf8))
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["host", "host.pub", "identity.iso", "user", "user.pub"])
    }
  }
}
