import Glibc
import PiCrypto
import PiExchange
import PiTransfer

/// Writes whole lines; another thread's line never comes in between (pipes take up to PIPE_BUF bytes at once).
enum Output {
  static func line(_ text: String, to descriptor: Int32) {
    let bytes = Array((text + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress! + written, bytes.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      // Nobody listens any more; the exit code still tells.
      guard count > 0 else { return }
      written += count
    }
  }
}

extension TransferEvent {
  var json: JSON {
    switch self {
    case .listening(let address): Self.event("listening", address)
    case .connected(let address): Self.event("connected", address)
    case .confirmed: .object([("event", .string("confirmed"))])
    case .refused(let address, let error): Self.refused(address, error)
    case .progress(let bytes, let total):
      .object([
        ("event", .string("progress")), ("bytes", .number(bytes)), ("total", .number(total)),
      ])
    }
  }

  private static func refused(_ address: SocketAddress?, _ error: ExchangeError) -> JSON {
    let place: [(String, JSON)] =
      address.map {
        [("address", .string($0.host)), ("port", .number(UInt64($0.port)))]
      } ?? []
    return .object(
      [("event", .string("refused"))] + place + [
        ("code", .string(error.code.name)), ("step", .string(error.step.rawValue)),
        ("message", .string(error.message)),
      ])
  }

  private static func event(_ name: String, _ address: SocketAddress) -> JSON {
    .object([
      ("event", .string(name)), ("address", .string(address.host)),
      ("port", .number(UInt64(address.port))),
    ])
  }
}

extension TransferResult {
  func json(program: String) -> JSON {
    let group = configuration.group
    let kinds = DigestKind.allCases.filter { digests[$0] != nil }
    return .object([
      ("program", .string(program)),
      ("version", .string(pilabVersion)),
      ("role", .string(configuration.role.name)),
      ("board", .string(configuration.name.text)),
      ("peer", .string(peer.text)),
      ("profile", .string(configuration.profile.name)),
      ("group", .string(group.name)),
      ("groupBits", .number(UInt64(group.bits))),
      ("cipher", .string(configuration.cipher.name)),
      ("authentication", .string(configuration.authentication.name)),
      ("plaintextBytes", .number(plaintextBytes)),
      ("ciphertextBytes", .number(ciphertextBytes)),
      ("sha256", .object(kinds.map { ($0.rawValue, .string(Hex.encode(digests[$0] ?? []))) })),
      ("keyConfirmed", .bool(true)),
      ("transcript", .string(Hex.encode(transcript))),
      ("publicValue", .string(Hex.encode(publicValue))),
      ("peerPublicValue", .string(Hex.encode(peerPublicValue))),
      ("nonce", .string(Hex.encode(nonce))),
      ("insecure", .array(insecure.map { .string($0) })),
      ("nanoseconds", times.json(of: configuration.role)),
      ("marks", marks.json),
      ("peakResidentBytes", .number(PeakMemory.bytes)),
    ])
  }
}

extension StepTimes {
  /// The steps that the role has, those that took no time too.
  fileprivate func json(of role: Role) -> JSON {
    let own: [Step] = role == .sender ? [.read, .encrypt, .send] : [.receive, .decrypt]
    let steps = [.keyGeneration, .exchange, .secret] + own + [.hash, .store, .total]
    return .object(steps.map { ($0.rawValue, .number(nanoseconds[$0] ?? 0)) })
  }
}

extension Marks {
  fileprivate var json: JSON {
    .object([
      ("start", .number(start)), ("connected", .number(connected)), ("hello", .number(hello)),
      ("confirmed", .number(confirmed)), ("firstByte", .number(firstByte)),
      ("lastByte", .number(lastByte)), ("end", .number(end)),
    ])
  }
}

extension ExchangeError {
  func json(program: String) -> JSON {
    var error: [(String, JSON)] = [
      ("code", .string(code.name)), ("step", .string(step.rawValue)), ("message", .string(message)),
    ]
    if let hint { error.append(("hint", .string(hint))) }
    return .object([
      ("program", .string(program)), ("version", .string(pilabVersion)),
      ("error", .object(error)), ("exitCode", .number(UInt64(code.exitCode))),
    ])
  }
}

/// Peak resident memory of this process image: VmHWM of /proc/self/status (proc(5)). getrusage(2) would count what
/// the parent had before it called exec.
enum PeakMemory {
  /// 0 where /proc is not mounted.
  static var bytes: UInt64 {
    let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = read(descriptor, &buffer, buffer.count)
    let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        .flatMap({ UInt64($0) })
    else { return 0 }
    return kibibytes * 1024
  }
}
