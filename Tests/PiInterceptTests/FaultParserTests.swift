import PiCrypto
import PiExchange
import Testing

@testable import PiIntercept

@Suite struct FaultParserTests {
  private let parser = FaultParser(group: .ffdhe2048)

  private func action(_ spec: String) throws -> Fault.Action {
    try parser.parse(spec, number: 0).action
  }

  @Test func places() throws {
    let fault = try parser.parse("sender@HELLO=cut", number: 3)
    #expect(fault.number == 3 && fault.spec == "sender@HELLO=cut" && fault.from == .sender)
    #expect(fault.position == .part(.hello) && !fault.isAfter)
    let byte = try parser.parse("sender@byte:100000:after=flip:1", number: 0)
    #expect(byte.position == .byte(100_000) && byte.isAfter && byte.action == .flipBits(1))
    let before = try parser.parse("receiver@RECEIPT:before=reset", number: 0)
    #expect(before.from == .receiver && !before.isAfter && before.action == .reset)
    for part in StreamPart.positions where part != .receipt {
      #expect(try parser.parse("sender@\(part.rawValue)=cut", number: 0).position == .part(part))
    }
  }

  @Test func actions() throws {
    #expect(try action("sender@HELLO=flip:nonce") == .flipField(.nonce))
    #expect(try action("sender@HELLO=flip:9") == .flipBits(9))
    #expect(try action("sender@END=append:1073741824") == .append(1 << 30))
    #expect(try action("sender@HELLO=drop") == .drop(nil))
    #expect(try action("sender@IMAGE=drop") == .drop(nil))
    #expect(try action("sender@byte:5=drop") == .drop(1))
    #expect(try action("sender@byte:5=swap:16400") == .swap(16400))
    #expect(try action("sender@CONFIRM:after=duplicate:3") == .duplicate(3))
    #expect(try action("sender@HELLO=swap") == .swap(nil))
    #expect(try action("receiver@HELLO=reflect") == .reflect)
    #expect(try action("sender@PREAMBLE=replay:/a:b=c") == .replay("/a:b=c"))
    #expect(try action("sender@CONFIRM:before=hold:4s") == .hold(.seconds(4)))
    #expect(try action("sender@IMAGE=drip:5ms") == .drip(.milliseconds(5)))
    #expect(try action("sender@byte:200000=pause") == .pause)
  }

  @Test func values() throws {
    let group = DHGroup.ffdhe2048
    func value(_ text: String) throws -> FieldValue? {
      if case .set(_, let value) = try action("sender@\(text)") { value } else { nil }
    }
    #expect(try value("HELLO=set:profile:sealed") == .bytes([2]))
    #expect(try value("HELLO=set:cipher:aes-128-ctr") == .bytes([2]))
    #expect(try value("HELLO=set:authentication:psk") == .bytes([1]))
    #expect(try value("HELLO=set:role:receiver") == .bytes([2]))
    #expect(try value("HELLO=set:role:255") == .bytes([255]))
    #expect(try value("HELLO=set:type:0x7f") == .bytes([0x7F]))
    #expect(try value("HELLO=set:length:1") == .bytes([0, 0, 0, 1]))
    #expect(try value("HELLO=set:name:Eve") == .bytes(Array("Eve".utf8)))
    #expect(try value("HELLO=set:nonce:random") == .random)
    #expect(try value("HELLO=set:public-value:P") == .bytes(group.prime))
    #expect(try value("HELLO=set:public-value:longer") == .longer)
    #expect(try value("HELLO=set:public-value:own") == .own)
    let zeros = [UInt8](repeating: 0, count: 255)
    #expect(try value("HELLO=set:public-value:1") == .bytes(zeros + [1]))
    // P = 7 mod 8, so 2 is a square, and -1 and the smallest non-residue are not.
    guard case .bytes(let residue)? = try value("HELLO=set:public-value:non-residue") else {
      Issue.record("no bytes")
      return
    }
    #expect(throws: PublicValueError.outsideSubgroup) {
      try PublicValue(validating: residue, in: group)
    }
    #expect(try value("HELLO=set:public-value:P-1") == .bytes(group.prime.dropLast() + [0xFE]))
    #expect(
      try value("HELLO=set:public-value:P+1")
        == .bytes([UInt8](repeating: 0xFF, count: 0) + next(group.prime)))
    #expect(try value("HEADER=set:image-length:256") == .bytes([0, 0, 0, 0, 0, 0, 1, 0]))
    #expect(try value("PREAMBLE=set:version:2") == .bytes([2]))
  }

  private func next(_ number: [UInt8]) -> [UInt8] {
    var number = number
    for index in number.indices.reversed() {
      number[index] &+= 1
      if number[index] != 0 { break }
    }
    return number
  }

  @Test(arguments: [
    ("", "it has no '=ACTION'"), ("sender@HELLO", "it has no '=ACTION'"),
    ("HELLO=cut", "it has no 'FROM@POSITION'"), ("alice@HELLO=cut", "'alice' is not sender or"),
    ("sender@hello=cut", "'hello' is not one of PREAMBLE, HELLO"),
    ("sender@ALERT=cut", "'ALERT' is not one of"),
    ("sender@RECEIPT=cut", "the sender sends no RECEIPT"),
    ("receiver@TRAILER=cut", "the receiver sends no TRAILER"),
    ("receiver@byte:1=cut", "the receiver sends no image"),
    ("sender@byte=cut", "'byte' needs a number"), ("sender@byte:-1=cut", "'byte' needs a number"),
    ("sender@byte:99999999999999999999=cut", "'byte' needs a number"),
    ("sender@HELLO:behind=cut", "'behind' is not before or after"),
    ("sender@HELLO:after:after=cut", "'after' is not before or after"),
    ("sender@HELLO=explode", "'explode' is not an action"),
    ("sender@HELLO=cut:1", "'cut' takes no value"),
    ("sender@HELLO=reflect:1", "'reflect' takes no value"),
    ("sender@HELLO:after=reflect", "'reflect' needs a frame"),
    ("sender@byte:1=reflect", "'reflect' needs a frame"),
    ("sender@HELLO=flip", "'flip' needs a value"),
    ("sender@HELLO=flip:0", "'flip' needs a number from 1 to 8192"),
    ("sender@HELLO=flip:8193", "'flip' needs a number from 1 to 8192"),
    ("sender@HELLO=flip:mac", "HELLO has no field 'mac': it has type"),
    ("sender@IMAGE=flip:mac", "IMAGE has no field 'mac'"),
    ("sender@HELLO:after=flip:nonce", "'nonce' needs a frame"),
    ("sender@HELLO=set:nonce", "'set' needs FIELD:VALUE"),
    ("sender@HELLO=set:nonce:P", "'nonce' cannot be set to 'P'"),
    ("sender@HELLO=set:role:256", "'256' does not fit into the 1 bytes of 'role'"),
    ("sender@HELLO=set:name:", "a name has 1 to 63 bytes"),
    ("sender@HELLO=set:public-value:Q", "'public-value' cannot be set to 'Q'"),
    ("sender@HELLO=append:0", "'append' needs a number from 1 to 1073741824"),
    ("sender@HELLO=append", "'append' needs a number"),
    ("sender@byte:1=swap:67108865", "'swap' needs a number from 1 to 67108864"),
    ("sender@IMAGE=swap", "'swap' needs a number of bytes there"),
    ("sender@HELLO:after=drop", "'drop' needs a number of bytes there"),
    ("sender@END=drop:1", "there are no bytes at the end of the stream for 'drop'"),
    ("sender@HELLO=hold", "'hold' needs a duration"),
    ("sender@HELLO=hold:0s", "'hold' needs a duration"),
    ("sender@HELLO=hold:25h", "'hold' needs a duration of at most a day"),
    ("sender@HELLO=replay:", "'replay' needs a file"),
  ])
  func badOnesAreTold(_ spec: String, _ expected: String) {
    let error = #expect(throws: ExchangeError.self) { try parser.parse(spec, number: 0) }
    #expect(error?.code == .usage)
    #expect(
      error?.message.hasPrefix("--fault '\(spec)': \(expected)") == true, "\(error?.message ?? "")")
  }
}
