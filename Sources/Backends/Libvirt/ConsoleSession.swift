import CLibvirt
import Glibc
import Synchronization

//  input ──▶ handle ──┐                    ┌──▶ stream ──▶ the machine's serial port
//                     ├── event loop ──────┤
//  output ◀───────────┘                    └─── stream ◀──

/// A person at a machine's serial console. One thread runs libvirt's event loop, and does everything.
final class ConsoleSession: @unchecked Sendable {
  private let input: Int32
  private let output: Int32
  private let end: UInt8
  private let isOver = Atomic(false)

  // Of the thread in `run` alone.
  private var stream: virStreamPtr?
  private var unsent: [UInt8] = []
  private var inputWatch: Int32 = -1

  /// How soon a `stop` is seen, in milliseconds.
  private static let pulse: Int32 = 100
  /// Of what the person has typed and the machine has not taken.
  private static let mostUnsent = 64 << 10

  init(input: Int32, output: Int32, end: UInt8) {
    self.input = input
    self.output = output
    self.end = end
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  /// Returns at the end of the stream or the input, when `end` is typed, or after `stop`.
  func run(_ uri: String, _ domainName: String) throws(LibvirtError) {
    // Only connections that are opened from here on use the loop.
    try checked(virEventRegisterDefaultImpl())
    let connection = try LibvirtConnection(uri: uri)
    guard let domain = try connection.domain(named: domainName) else { return }
    let stream = try checked(virStreamNew(connection.pointer, flag(VIR_STREAM_NONBLOCK)))
    self.stream = stream
    defer {
      virStreamAbort(stream)
      virStreamFree(stream)
    }
    try checked(virDomainOpenConsole(domain.pointer, nil, stream, flag(VIR_DOMAIN_CONSOLE_SAFE)))
    let context = Unmanaged.passUnretained(self).toOpaque()
    try checked(
      virStreamEventAddCallback(
        stream, Self.streamEvents(writable: false),
        { _, events, context in ConsoleSession.of(context).onStream(events) }, context, nil))
    defer { virStreamEventRemoveCallback(stream) }
    inputWatch = try checked(
      virEventAddHandle(
        input, Int32(VIR_EVENT_HANDLE_READABLE.rawValue | VIR_EVENT_HANDLE_HANGUP.rawValue),
        { _, _, _, context in ConsoleSession.of(context).onInput() }, context, nil))
    defer { virEventRemoveHandle(inputWatch) }
    let timer = try checked(virEventAddTimeout(Self.pulse, { _, _ in }, nil, nil))
    defer { virEventRemoveTimeout(timer) }
    while !isOver.load(ordering: .relaxed) { try checked(virEventRunDefaultImpl()) }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> ConsoleSession {
    guard let context else { preconditionFailure("libvirt gives back what it was given") }
    return Unmanaged.fromOpaque(context).takeUnretainedValue()
  }

  private static func streamEvents(writable: Bool) -> Int32 {
    let events =
      VIR_STREAM_EVENT_READABLE.rawValue | VIR_STREAM_EVENT_ERROR.rawValue
      | VIR_STREAM_EVENT_HANGUP.rawValue
      | (writable ? VIR_STREAM_EVENT_WRITABLE.rawValue : 0)
    return Int32(events)
  }

  private func onStream(_ events: Int32) {
    if events & Int32(VIR_STREAM_EVENT_READABLE.rawValue) != 0 { receive() }
    if events & Int32(VIR_STREAM_EVENT_WRITABLE.rawValue) != 0 { sendRest() }
    if events & Int32(VIR_STREAM_EVENT_ERROR.rawValue | VIR_STREAM_EVENT_HANGUP.rawValue) != 0 {
      stop()
    }
  }

  private func receive() {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = virStreamRecv(stream, &buffer, buffer.count)
    // -2: nothing there after all.
    guard count != -2 else { return }
    guard count > 0 else { return stop() }
    var rest = buffer[..<Int(count)]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR || errno == EAGAIN { continue }
      guard written > 0 else { return stop() }
      rest = rest.dropFirst(written)
    }
  }

  private func onInput() {
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = read(input, &buffer, buffer.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return }
    guard count > 0 else { return stop() }
    let typed = buffer[..<count]
    let text = typed.prefix { $0 != end }
    unsent += text
    sendRest()
    if text.count < typed.count || unsent.count > Self.mostUnsent { stop() }
  }

  private func sendRest() {
    while !unsent.isEmpty {
      let sent = unsent.withUnsafeBytes {
        virStreamSend(stream, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
      }
      if sent == -2 { break }
      guard sent > 0 else { return stop() }
      unsent.removeFirst(Int(sent))
    }
    virStreamEventUpdateCallback(stream, Self.streamEvents(writable: !unsent.isEmpty))
  }
}
