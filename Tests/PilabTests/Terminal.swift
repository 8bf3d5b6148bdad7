import Foundation
import Testing

extension PilabFixture {
  /// Runs pilab with a terminal for its input, output and errors; all that it shows is in `output`.
  func onTerminal(
    _ arguments: [String], columns: UInt16, environment: [String: String] = [:]
  ) async throws -> Transcript {
    let terminal = try Terminal(columns: columns)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Self.programs)/pilab")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = [
      "PATH": "/usr/bin:/bin", "HOME": folder, "XDG_CACHE_HOME": "\(folder)/../cache",
    ].merging(environment) { $1 }
    let end = FileHandle(fileDescriptor: terminal.programsEnd, closeOnDealloc: false)
    process.standardInput = end
    process.standardOutput = end
    process.standardError = end
    try process.run()
    terminal.closeProgramsEnd()
    let output = await terminal.readToEnd(giveUp: { process.terminate() })
    process.waitUntilExit()
    return Transcript(status: process.terminationStatus, output: output, errors: "")
  }
}

/// A terminal and what was shown on it.
///
/// script(1) makes one too, but waits ten milliseconds for the last output of a program that has ended, and the kernel of
/// a busy machine may bring it later. Here the end is that nobody has the terminal open any more: the kernel says so
/// after all output has been read.
private final class Terminal: @unchecked Sendable {
  // Sendable: used by one task, one call after the other.
  private let screen: Int32
  private(set) var programsEnd: Int32 = -1

  /// TIOCSPTLCK and TIOCGPTPEER of Linux, macros that Swift does not see.
  private static let (lock, openPeer): (UInt, UInt) = (0x4004_5431, 0x5441)

  struct NoTerminal: Error {}

  init(columns: UInt16) throws {
    screen = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    var isLocked: Int32 = 0
    guard screen >= 0, ioctl(screen, Self.lock, &isLocked) == 0,
      ioctl(screen, UInt(TIOCSWINSZ), &size) == 0
    else { throw NoTerminal() }
    programsEnd = ioctl(screen, Self.openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard programsEnd >= 0 else { throw NoTerminal() }
  }

  deinit { close(screen) }

  func closeProgramsEnd() { close(programsEnd) }

  /// - Parameter giveUp: called, and the test failed, after two minutes.
  func readToEnd(giveUp: @escaping @Sendable () -> Void) async -> String {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [self] in
        continuation.resume(returning: read(until: .now + .seconds(120), giveUp))
      }
    }
  }

  private func read(until deadline: ContinuousClock.Instant, _ giveUp: () -> Void) -> String {
    var shown: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while ContinuousClock.now < deadline {
      var look = pollfd(fd: screen, events: Int16(POLLIN), revents: 0)
      guard poll(&look, 1, 100) > 0 else { continue }
      let count = Glibc.read(screen, &piece, piece.count)
      // EIO: nobody has it open.
      guard count > 0 else { return String(decoding: shown, as: UTF8.self) }
      shown += piece[..<count]
    }
    Issue.record("did not end within two minutes")
    giveUp()
    return String(decoding: shown, as: UTF8.self)
  }
}
