import Foundation
import Glibc
import HostKit
import LabCore
import Synchronization

//  input ──▶ ┐                             ┌──▶ the machine's second serial port
//            ├── Unix socket of the VM ────┤
//  output ◀─ ┘                             └─── a shell

extension VirtualBoxBoard {
  /// What the first serial port wrote: the kernel's words, and the first shell's.
  func consoleLog(limit: Int) async throws(LabError) -> String {
    ConsoleFile.tail(folder.consoleLog(number), limit)
  }

  func console(input: Int32, output: Int32, end: UInt8) async throws(LabError) {
    guard try await condition(step: "console").isOn else { throw switchedOff(step: "console") }
    let session = SocketConsole(path: folder.socket(number), input: input, output: output, end: end)
    let (results, sink) = AsyncStream.makeStream(of: String?.self)
    await withTaskCancellationHandler {
      let thread = Thread {
        sink.yield(session.run())
        sink.finish()
      }
      thread.start()
    } onCancel: {
      session.stop()
    }
    for await failure in results {
      guard let failure else { return }
      throw LabError(
        .noConsole, "cannot open its console", board: name, step: "console", cause: failure)
    }
  }
}

/// A person at a machine's serial port, which is a Unix socket.
final class SocketConsole: Sendable {
  private let path: String
  private let input: Int32
  private let output: Int32
  private let end: UInt8
  private let isOver = Atomic(false)

  /// How soon a `stop` is seen, in milliseconds.
  private static let pulse: Int32 = 100

  init(path: String, input: Int32, output: Int32, end: UInt8) {
    self.path = path
    self.input = input
    self.output = output
    self.end = end
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  /// Returns at the end of the machine or the input, when `end` is typed, or after `stop`.
  /// - Returns: what kept it from beginning.
  func run() -> String? {
    let descriptor: Int32
    do { descriptor = try Self.connect(path) } catch { return "\(path): \(error)" }
    defer { close(descriptor) }
    while !isOver.load(ordering: .relaxed) {
      var watched = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: input, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&watched, 2, Self.pulse) >= 0 || errno == EINTR else { return nil }
      if watched[0].revents != 0, !Self.copy(from: descriptor, to: output) { return nil }
      if watched[1].revents != 0, !type(into: descriptor) { return nil }
    }
    return nil
  }

  private static let drainPause = Duration.milliseconds(20)
  private static let drainTimeout = Duration.seconds(5)

  /// Takes what waits at a machine's port for somebody to read it, and throws it away.
  /// - Parameter quiet: ends when nothing has come for so long.
  static func drain(_ path: String, quiet: Duration) async throws(SystemError) {
    let descriptor = try connect(path)
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let deadline = ContinuousClock.now + drainTimeout
    var last = ContinuousClock.now
    while ContinuousClock.now < min(deadline, last + quiet) {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        last = .now
        continue
      }
      guard count < 0, errno == EAGAIN || errno == EINTR else { return }
      do { try await Task.sleep(for: drainPause) } catch { return }
    }
  }

  private static func connect(_ path: String) throws(SystemError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .last }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      close(descriptor)
      throw SystemError(number: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) }
    }
    guard result == 0 else {
      let error = SystemError.last
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func copy(from source: Int32, to destination: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(source, &buffer, buffer.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return true }
    return count > 0 && write(buffer[..<count], to: destination)
  }

  private func type(into descriptor: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = read(input, &buffer, buffer.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return true }
    guard count > 0 else { return false }
    let typed = buffer[..<count]
    let rest = typed.prefix { $0 != end }
    return Self.write(rest, to: descriptor) && rest.count == typed.count
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    // Whoever does not read on has gone.
    do throws(SystemError) { try Descriptor.write(Array(bytes), to: descriptor) } catch {
      return false
    }
    return true
  }
}
