import CGMP

/// A natural number of any size (GMP's mpz_t), wiped when it dies.
struct Natural: ~Copyable, @unchecked Sendable {
  // Sendable: owned by this value alone. On the heap because deinit cannot pass a stored property as inout.
  let z: UnsafeMutablePointer<__mpz_struct>

  init() {
    _ = wipingMemoryFunctions
    z = .allocate(capacity: 1)
    z.initialize(to: __mpz_struct())
    __gmpz_init(z)
  }

  init(_ value: UInt) {
    self.init()
    __gmpz_set_ui(z, value)
  }

  /// Big-endian bytes; none is zero.
  init(bigEndian bytes: UnsafeRawBufferPointer) {
    self.init()
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    __gmpz_import(z, bytes.count, 1, 1, 1, 0, base)
  }

  init(bigEndian bytes: [UInt8]) {
    self.init()
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress, !raw.isEmpty else { return }
      __gmpz_import(z, raw.count, 1, 1, 1, 0, base)
    }
  }

  /// Decimal digits, or hexadecimal ones after `0x`; nil for anything else.
  static func parse(_ text: String) -> Natural? {
    let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
    let digits = isHex ? text.dropFirst(2) : text[...]
    guard !digits.isEmpty,
      digits.utf8.allSatisfy({ isHex ? Hex.value(of: $0) != nil : (48...57).contains($0) })
    else { return nil }
    let result = Natural()
    guard __gmpz_set_str(result.z, String(digits), isHex ? 16 : 10) == 0 else { return nil }
    return result
  }

  /// The same of text that is secret; no copy of it stays.
  static func parse(secret text: borrowing SecretBytes) -> Natural? {
    text.withUnsafeBytes { text in
      let isHex = text.starts(with: "0x".utf8) || text.starts(with: "0X".utf8)
      let digits = UnsafeRawBufferPointer(rebasing: text[(isHex ? 2 : 0)...])
      guard !digits.isEmpty,
        digits.allSatisfy({ isHex ? Hex.value(of: $0) != nil : (48...57).contains($0) })
      else { return nil }
      // GMP wants a zero at the end.
      let terminated = SecretBytes(count: digits.count + 1) { $0.copyMemory(from: digits) }
      let result = Natural()
      let isNumber = terminated.withUnsafeBytes {
        __gmpz_set_str(
          result.z, $0.baseAddress?.assumingMemoryBound(to: CChar.self), isHex ? 16 : 10)
      }
      guard isNumber == 0 else { return nil }
      return .some(result)
    }
  }

  deinit {
    __gmpz_clear(z)
    z.deallocate()
  }

  var bitWidth: Int { z.pointee._mp_size == 0 ? 0 : __gmpz_sizeinbase(z, 2) }
  var byteCount: Int { (bitWidth + 7) / 8 }
  var isZero: Bool { z.pointee._mp_size == 0 }
  var isOdd: Bool { __gmpz_tstbit(z, 0) == 1 }

  static func compare(_ a: borrowing Natural, _ b: borrowing Natural) -> Int32 {
    __gmpz_cmp(a.z, b.z)
  }

  func isLess(than value: UInt) -> Bool { __gmpz_cmp_ui(z, value) < 0 }

  func subtracting(_ value: UInt) -> Natural {
    let result = Natural()
    __gmpz_sub_ui(result.z, z, value)
    return result
  }

  func halved() -> Natural {
    let result = Natural()
    __gmpz_tdiv_q_2exp(result.z, z, 1)
    return result
  }

  /// GMP's mpz_probab_prime_p with 32 repetitions: the Baillie-PSW test, then 8 rounds of Miller-Rabin with random
  /// bases. No composite is known that passes the first; each round lets at most one in four pass.
  var isProbablyPrime: Bool { __gmpz_probab_prime_p(z, 32) > 0 }

  /// The product of all prime factors below `bound`, each as often as it divides.
  func smoothPart(below bound: UInt) -> Natural {
    let rest = subtracting(0)
    let smooth = Natural(1)
    var factor: UInt = 2
    while factor < bound, rest.z.pointee._mp_size != 0 {
      // What divides is prime: smaller factors are gone already.
      while __gmpz_divisible_ui_p(rest.z, factor) != 0 {
        __gmpz_divexact_ui(rest.z, rest.z, factor)
        __gmpz_mul_ui(smooth.z, smooth.z, factor)
      }
      factor += factor == 2 ? 1 : 2
    }
    return smooth
  }

  /// Whether self^exponent mod modulus is 1; for public numbers, in time that depends on them.
  func isOne(raisedTo exponent: borrowing Natural, modulo modulus: borrowing Natural) -> Bool {
    let result = Natural()
    __gmpz_powm(result.z, z, exponent.z, modulus.z)
    return __gmpz_cmp_ui(result.z, 1) == 0
  }

  /// The Legendre symbol (self / p) for an odd prime p.
  func legendre(over p: borrowing Natural) -> Int32 { __gmpz_jacobi(z, p.z) }

  /// self^exponent mod modulus in time and memory accesses that depend on the sizes alone (mpz_powm_sec).
  ///
  /// The modulus must be odd and the exponent positive, else GMP raises SIGFPE; callers have validated both.
  func power(secret exponent: borrowing Natural, modulo modulus: borrowing Natural) -> Natural {
    precondition(modulus.isOdd && !exponent.isZero)
    let result = Natural()
    __gmpz_powm_sec(result.z, z, exponent.z, modulus.z)
    return result
  }

  /// Writes the number big-endian into the whole of `buffer`, zeros on the left; it must fit.
  func write(leftPadded buffer: UnsafeMutableRawBufferPointer) {
    precondition(byteCount <= buffer.count)
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    guard !isZero else { return }
    __gmpz_export(buffer.baseAddress! + buffer.count - byteCount, nil, 1, 1, 1, 0, z)
  }

  /// Big-endian bytes, left-padded to `count`.
  func bytes(count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { write(leftPadded: $0) }
    return bytes
  }

  var bytes: [UInt8] { bytes(count: byteCount) }
}
