import Foundation
import HostKit
import LabValues
import TestSupport
import Testing

@testable import BootImage

/// A board in QEMU under emulation, with the keys to it. Its lab is an Ethernet of its own that leads nowhere.
struct BootedBoard {
  let folder: String
  let user: KeyFiles
  let serialLog: String
  private let port: Int
  private let process: Process

  /// Beyond a boot sector, where no file system keeps its name.
  static let othersDisk = Data(count: 4096) + Data("precious".utf8) + Data(count: 1 << 20)

  enum Medium: Sendable {
    case kernel
    case disc(BoardImage.Disc)
  }

  struct NotReady: Error, CustomStringConvertible { var description: String }

  /// Why boots cannot be tried here; nil where they can. With CI=true they must be.
  static var obstacle: String? {
    let tool = Tool.building()
    let missing = (ImageBuilder.tools + ["qemu-system-x86_64", "ssh", "ssh-keygen"]).filter {
      tool.path(of: $0) == nil
    }
    return missing.isEmpty ? nil : "missing: \(missing.joined(separator: " ")); ci/bootstrap image"
  }

  static func with(
    _ image: BoardImage, _ medium: Medium, managementAddress: String?,
    _ body: (BootedBoard) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let host = try await KeyFiles("host", in: folder)
      let user = try await KeyFiles("user", in: folder)
      var identity = try IdentityTests.identity(host, user)
      identity.management?.address = try managementAddress.map { try IPv4Address($0) }
      let port = try freePort()
      try "[127.0.0.1]:\(port) \(host.line)\n".write(
        toFile: "\(folder)/known_hosts", atomically: true, encoding: .utf8)
      let process = try await start(image, medium, identity, folder, port)
      // Nothing on it is worth an orderly end, and a child may have inherited a mask that holds SIGTERM back.
      defer { kill(process.processIdentifier, SIGKILL) }
      let board = BootedBoard(
        folder: folder, user: user, serialLog: "\(folder)/serial.log", port: port,
        process: process)
      try await board.waitUntilReady()
      try await body(board)
    }
  }

  private static func start(
    _ image: BoardImage, _ medium: Medium, _ identity: BoardIdentity, _ folder: String,
    _ port: Int
  ) async throws -> Process {
    var words = [
      "-accel", "tcg", "-cpu", "max", "-m", "128", "-nodefaults", "-no-user-config",
      "-display", "none", "-no-reboot", "-serial", "file:\(folder)/serial.log",
      // The lab's interface comes first: order must not matter.
      "-netdev", "socket,id=lab,udp=127.0.0.1:9,localaddr=127.0.0.1:0",
      "-device", "virtio-net-pci,netdev=lab,mac=\(identity.mac)",
      "-netdev", "user,id=management,restrict=on,hostfwd=tcp:127.0.0.1:\(port)-:22",
      "-device", "virtio-net-pci,netdev=management,mac=\(identity.management!.mac)",
    ]
    switch medium {
    case .kernel:
      try image.writeInitramfs(for: identity, to: "\(folder)/initramfs")
      words += [
        "-kernel", image.kernel, "-initrd", "\(folder)/initramfs",
        "-append", image.kernelArguments.joined(separator: " "),
      ]
    case .disc(let disc):
      try await identity.writeISO(to: "\(folder)/identity.iso")
      words += [
        "-boot", "d", "-drive",
        "file=\(image.folder)/\(disc.file),media=cdrom,format=raw,readonly=on,index=0",
        "-drive", "file=\(folder)/identity.iso,media=cdrom,format=raw,readonly=on,index=2",
        // A disk that is somebody's, and an empty one.
        "-drive", "file=\(folder)/others.img,format=raw,index=1",
        "-drive", "file=\(folder)/empty.img,format=raw,index=3",
      ]
      try othersDisk.write(to: URL(fileURLWithPath: "\(folder)/others.img"))
      try Data().write(to: URL(fileURLWithPath: "\(folder)/empty.img"))
      guard truncate("\(folder)/empty.img", 4 << 30) == 0 else {
        throw NotReady(description: "cannot make the empty disk")
      }
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/qemu-system-x86_64")
    process.arguments = words
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// A port that nobody has now.
  private static func freePort() throws -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard bound else { throw NotReady(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private func waitUntilReady() async throws {
    for _ in 0..<1200 {
      let log = (try? String(contentsOfFile: serialLog, encoding: .utf8)) ?? ""
      if log.contains("pilab: board alice ready") { return }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    let log = (try? String(contentsOfFile: serialLog, encoding: .utf8)) ?? "nothing"
    throw NotReady(description: "the board does not start: \(log.suffix(2000))")
  }

  var isRunning: Bool { process.isRunning }

  /// Runs a command on the board with the pinned host key and the lab's key, unless told otherwise.
  func ssh(
    _ command: String, key: String? = nil, options: [String] = [], input: String? = nil
  ) async throws -> Command {
    try await Command.run(
      "/usr/bin/ssh",
      // Of an option that is said twice ssh takes the first.
      ["-F", "none"] + options + [
        "-p", "\(port)", "-i", key ?? user.path,
        "-o", "UserKnownHostsFile=\(folder)/known_hosts", "-o", "StrictHostKeyChecking=yes",
        "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20",
        "root@127.0.0.1", command,
      ], in: folder, input: input,
      environment: ["SSH_AUTH_SOCK": ""])
  }

  /// Output of a command that has to succeed, trimmed.
  func output(_ command: String) async throws -> String {
    let result = try await ssh(command)
    #expect(result.status == 0, "\(command): \(result.errors)")
    return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
