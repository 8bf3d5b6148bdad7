import PiCrypto
import PiExchange
import PiIntercept
import PiTransfer

extension InterceptorEvent {
  var json: JSON {
    switch self {
    case .listening(let address): Self.event("listening", Self.place(address))
    case .connected(let session, let address):
      Self.event(
        "connected", [("session", .number(session))] + (address.map(Self.place) ?? []))
    case .unconnected(let session, let error):
      Self.event(
        "unconnected",
        [
          ("session", .number(session)), ("code", .string(error.code.name)),
          ("message", .string(error.message)),
        ])
    case .frame(let session, let from, let type, let bytes):
      Self.event(
        "frame",
        [
          ("session", .number(session)), ("from", .string(from.name)), ("type", .string(type)),
          ("bytes", .number(bytes)),
        ])
    case .fault(let fault, let session, let from, let position, let passed, let nanoseconds):
      Self.event(
        "fault",
        [
          ("fault", .number(fault)), ("session", .number(session)), ("from", .string(from.name)),
          ("position", .string(position)), ("passed", .number(passed)),
          ("nanoseconds", .number(nanoseconds)),
        ])
    case .held(let fault): Self.event("held", [("fault", .number(fault))])
    case .released(let fault): Self.event("released", [("fault", .number(fault))])
    }
  }

  private static func event(_ name: String, _ members: [(String, JSON)]) -> JSON {
    .object([("event", .string(name))] + members)
  }

  private static func place(_ address: SocketAddress) -> [(String, JSON)] {
    [("address", .string(address.host)), ("port", .number(UInt64(address.port)))]
  }
}

extension JSON {
  fileprivate static func number(_ value: Int) -> JSON { .number(UInt64(max(0, value))) }

  fileprivate static func hex(_ bytes: [UInt8]) -> JSON { .string(Hex.encode(bytes)) }

  /// Members without a value are left out.
  fileprivate static func members(_ members: [(String, JSON?)]) -> JSON {
    .object(members.compactMap { name, value in value.map { (name, $0) } })
  }
}

extension InterceptorResult {
  var json: JSON {
    .members([
      ("program", .string("pi-interceptor")),
      ("version", .string(pilabVersion)),
      ("board", .string(name.text)),
      ("attack", attack.map { .string($0.word) }),
      ("seed", .number(seed)),
      ("sessions", .number(sessions)),
      ("frames", .array(frames.map { $0.json })),
      ("framesLeftOut", framesLeftOut > 0 ? .number(framesLeftOut) : nil),
      ("hellos", .array(hellos.map { $0.json })),
      ("faults", .array(faults.map { $0.json })),
      ("bytes", traffic.json),
      ("legs", .array(legs.map { $0.json })),
      ("obtained", obtained?.json ?? .null),
      ("withheld", withheld.map { .string($0) }),
      ("recorded", recorded?.json),
      ("unparsed", .array(unparsed.map { $0.json })),
      ("peakResidentBytes", .number(PeakMemory.bytes)),
    ])
  }
}

extension InterceptorResult.SeenFrame {
  fileprivate var json: JSON {
    .object([
      ("session", .number(session)), ("from", .string(from.name)), ("type", .string(type)),
      ("bytes", .number(bytes)), ("nanoseconds", .number(nanoseconds)),
      ("changed", .bool(isChanged)),
    ])
  }
}

extension InterceptorResult.SeenHello {
  fileprivate var json: JSON {
    .object([
      ("session", .number(session)), ("from", .string(from.name)), ("name", .string(name.text)),
      ("role", .string(role.name)), ("profile", .string(profile.name)),
      ("authentication", .string(authentication.name)), ("cipher", .string(cipher.name)),
      ("groupIdentifier", .hex(groupIdentifier)), ("nonce", .hex(nonce)),
      ("publicValue", .hex(publicValue)),
    ])
  }
}

extension InterceptorResult.FaultReport {
  fileprivate var json: JSON {
    .members([
      ("fault", .number(fault)), ("spec", .string(spec)), ("fired", .number(fired)),
      ("session", session.map { .number($0) }), ("from", .string(from.name)),
      ("position", .string(position)), ("passed", passed.map { .number($0) }),
      ("nanoseconds", nanoseconds.map { .number($0) }), ("detail", detail.map { .string($0) }),
    ])
  }
}

extension InterceptorResult.Traffic {
  fileprivate var json: JSON {
    .object([
      ("fromSender", .number(fromSender)), ("toReceiver", .number(toReceiver)),
      ("fromReceiver", .number(fromReceiver)), ("toSender", .number(toSender)),
    ])
  }
}

extension InterceptorResult.Leg {
  fileprivate var json: JSON {
    let error = error.map { error in
      JSON.object([
        ("code", .string(error.code.name)), ("step", .string(error.step.rawValue)),
        ("message", .string(error.message)),
      ])
    }
    return .members([
      ("session", .number(session)), ("with", .string(with.name)),
      ("publicValue", .hex(publicValue)), ("peerPublicValue", peerPublicValue.map { .hex($0) }),
      ("transcript", transcript.map { .hex($0) }), ("confirmed", .bool(isConfirmed)),
      ("error", error),
    ])
  }
}

extension InterceptorResult.Obtained {
  fileprivate var json: JSON {
    .members([
      ("bytes", .number(bytes)), ("sha256", .hex(sha256)), ("file", file.map { .string($0) }),
    ])
  }
}

extension InterceptorResult.Recorded {
  fileprivate var json: JSON {
    .object([
      ("session", .number(session)), ("bytes", .number(bytes)), ("complete", .bool(isComplete)),
      ("file", .string(file)),
    ])
  }
}

extension InterceptorResult.Unparsed {
  fileprivate var json: JSON {
    .object([
      ("session", .number(session)), ("from", .string(from.name)), ("at", .number(at)),
    ])
  }
}
