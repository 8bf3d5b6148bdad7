import Foundation
import Glibc
import HostKit
import Testing

@testable import LabCore
@testable import VirtualBox

/// A person at a machine's second serial port; the machine's end is a socket of the test.
struct ConsoleTests {
  private struct Machine {
    let path = "/tmp/pilab-console-\(LabRecord.newID())"
    let listener: Int32

    init() throws {
      listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let size = socklen_t(MemoryLayout<sockaddr_un>.size)
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
      }
      guard bound == 0, listen(listener, 1) == 0 else { throw SystemError.last }
    }

    func end() {
      close(listener)
      unlink(path)
    }
  }

  private static func pipe() -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    #expect(Glibc.pipe(&ends) == 0)
    return (ends[0], ends[1])
  }

  private static func read(_ descriptor: Int32, _ count: Int) -> String {
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: count))
    while bytes.count < count {
      let got = Glibc.read(descriptor, &buffer, count - bytes.count)
      guard got > 0 else { break }
      bytes += buffer[..<got]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
  }

  /// - Parameter body: gets the machine's end of the line, what types, and what shows.
  private func withConsole(
    _ body: (SocketConsole, _ machine: Int32, _ keys: Int32, _ screen: Int32) -> Void
  ) async throws {
    let machine = try Machine()
    let (input, output) = (Self.pipe(), Self.pipe())
    defer {
      machine.end()
      for descriptor in [input.read, input.write, output.read, output.write] { close(descriptor) }
    }
    let console = SocketConsole(
      path: machine.path, input: input.read, output: output.write, end: 0x1D)
    let (results, sink) = AsyncStream.makeStream(of: String?.self)
    Thread {
      sink.yield(console.run())
      sink.finish()
    }.start()
    let line = accept(machine.listener, nil, nil)
    body(console, line, input.write, output.read)
    var iterator = results.makeAsyncIterator()
    let failure = try #require(await iterator.next())
    #expect(failure == nil)
    close(line)
  }

  @Test(.timeLimit(.minutes(1))) func whatIsTypedArrivesUntilTheLastKey() async throws {
    try await withConsole { _, machine, keys, screen in
      Self.write("login: ", to: machine)
      #expect(Self.read(screen, 7) == "login: ")
      Self.write("root\u{3}\r\u{1D}never", to: keys)
      #expect(Self.read(machine, 100) == "root\u{3}\r")
    }
  }

  @Test(.timeLimit(.minutes(1))) func theMachineGoesOff() async throws {
    try await withConsole { _, machine, _, _ in shutdown(machine, Int32(SHUT_RDWR)) }
  }

  @Test(.timeLimit(.minutes(1))) func itIsStopped() async throws {
    try await withConsole { console, _, _, _ in console.stop() }
  }

  @Test(.timeLimit(.minutes(1))) func whatWaitsIsTaken() async throws {
    let machine = try Machine()
    defer { machine.end() }
    let (lines, sink) = AsyncStream.makeStream(of: Int32.self)
    Thread {
      let line = accept(machine.listener, nil, nil)
      let text = [UInt8](repeating: 0x2E, count: 10_000)
      #expect(Glibc.write(line, text, text.count) == text.count)
      sink.yield(line)
      sink.finish()
    }.start()
    try await SocketConsole.drain(machine.path, quiet: .milliseconds(500))
    var iterator = lines.makeAsyncIterator()
    let line = try #require(await iterator.next())
    // The other end has taken everything and gone.
    var byte: UInt8 = 0
    #expect(Glibc.read(line, &byte, 1) == 0)
    close(line)
    await #expect(throws: SystemError.self) {
      try await SocketConsole.drain("/nowhere/console", quiet: .milliseconds(1))
    }
  }

  @Test func thereIsNoMachine() {
    let console = { SocketConsole(path: $0, input: 0, output: 1, end: 0x1D).run() }
    #expect(console("/nowhere/console")?.contains("No such file") == true)
    #expect(console("/" + String(repeating: "x", count: 200))?.contains("too long") == true)
  }
}
