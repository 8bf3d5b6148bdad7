import LabResults

/// The numbers of a key agreement as rows, to be read from top to bottom; of every form of the report.
struct NumberRows {
  struct Row: Equatable {
    /// `alice sends`
    var label: String
    /// `x = G^a mod P = 5^6 mod 23 = 8 (0x8)`
    var formula: String
    /// How it is computed; empty where the numbers are too large for a pencil.
    var steps: [String] = []
  }

  private let numbers: KeyAgreementNumbers
  /// Large numbers are cut in the middle.
  private let isShort: Bool
  private(set) var rows: [Row] = []

  init(_ numbers: KeyAgreementNumbers, isShort: Bool = false) {
    self.numbers = numbers
    self.isShort = isShort
    let (sender, receiver) = (numbers.sender, numbers.receiver)
    rows.append(
      Row(
        label: "Everybody knows",
        formula: "P = \(show(numbers.prime)), \(numbers.bits) bits; G = \(show(numbers.generator))")
    )
    rows += side(sender, exponent: "a", value: "x") + side(receiver, exponent: "b", value: "y")
    if let shared = numbers.shared {
      rows += secret(shared, own: sender, "a", peer: receiver, "y")
      rows += secret(shared, own: receiver, "b", peer: sender, "x")
      rows += key(shared)
    }
    if let block = numbers.block { rows += self.block(block) }
    if let withheld = numbers.withheld { rows.append(Row(label: "Not shown", formula: withheld)) }
    rows.append(attack)
  }
}

// MARK: - The agreement

extension NumberRows {
  private func side(
    _ side: KeyAgreementNumbers.Side, exponent: String, value: String
  ) -> [Row] {
    var rows: [Row] = []
    if let number = side.exponent {
      let found = side.source == .found ? "; drawn by the board, and found by trying" : ""
      rows.append(
        Row(label: "\(side.board) keeps secret", formula: "\(exponent) = \(show(number))\(found)"))
    }
    guard let publicValue = side.publicValue else { return rows }
    let power = self.power(numbers.generator, side.exponent)
    let middle = side.exponent == nil ? "" : "G^\(exponent) mod P = "
    rows.append(
      Row(
        label: "\(side.board) sends",
        formula: "\(value) = \(middle)\(power.map { words($0) } ?? "")\(show(publicValue))",
        steps: Self.steps(power)))
    return rows
  }

  private func secret(
    _ shared: KeyAgreementNumbers.Shared, own: KeyAgreementNumbers.Side, _ exponent: String,
    peer: KeyAgreementNumbers.Side, _ value: String
  ) -> [Row] {
    guard own.exponent != nil, let publicValue = peer.publicValue else { return [] }
    let power = self.power(publicValue, own.exponent)
    return [
      Row(
        label: "\(own.board) computes",
        formula: "Z = \(value)^\(exponent) mod P = \(power.map { words($0) } ?? "")"
          + show(shared.secret),
        steps: Self.steps(power))
    ]
  }

  private func key(_ shared: KeyAgreementNumbers.Shared) -> [Row] {
    let count = shared.secretBytes.count / 2
    let what = count == 1 ? "the byte" : "the \(count) bytes"
    var rows = [
      Row(
        label: "Both hash Z",
        formula:
          "padded to the length of P it is \(what) \(cut(shared.secretBytes)); its SHA-256 is \(shared.sha256)"
      )
    ]
    if let key = shared.key {
      rows.append(
        Row(label: "Both take the AES key", formula: "\(key), the first 16 bytes of the hash"))
    } else {
      rows.append(
        Row(
          label: "Both derive the keys",
          formula: "by HKDF from Z and all that was said before (docs/protocol.md)"))
    }
    return rows
  }

  private func block(_ block: KeyAgreementNumbers.Block) -> [Row] {
    let plain = Row(label: "First block of the image", formula: block.plaintext)
    guard let counter = block.counter, let stream = block.keyStream else {
      return [plain, Row(label: "\(block.cipher) makes it", formula: block.ciphertext)]
    }
    return [
      plain,
      Row(label: "AES encrypts the counter", formula: "\(counter) to the key stream \(stream)"),
      Row(label: "\(block.cipher) adds both", formula: "\(block.ciphertext), bit by bit (XOR)"),
    ]
  }
}

// MARK: - The attack

extension NumberRows {
  private var attack: Row {
    let estimate = AttackEstimate(
      bits: numbers.bits, isBreakable: numbers.isBreakable ?? false,
      factorBits: numbers.orderFactorBits
    ).sentence
    guard let search = numbers.search, let generator = numbers.generator.small,
      let prime = numbers.prime.small,
      let value = numbers.sender.publicValue?.small ?? numbers.receiver.publicValue?.small
    else { return Row(label: "Attack", formula: estimate) }
    let time = Human.duration(nanoseconds: search.nanoseconds)
    let tries = search.tries == 1 ? "one try" : "\(search.tries) tries"
    return Row(
      label: "Attack",
      formula:
        "Whoever listens knows P, G, x and y, and tries exponents. \(generator)^\(search.exponent) mod "
        + "\(prime) is \(value): found after \(tries), here in \(time). With it Z and the key are computed as the "
        + "boards do it.",
      steps: self.tries(search, generator, prime))
  }

  /// The first powers that were tried, and the last.
  private func tries(
    _ search: ExponentSearch, _ generator: UInt64, _ prime: UInt64
  ) -> [String] {
    let shown: [UInt64] =
      search.exponent <= 12
      ? Array(1...search.exponent) : Array(1...4) + [search.exponent - 1, search.exponent]
    var lines: [String] = []
    for exponent in shown {
      if exponent == search.exponent - 1, search.exponent > 12 { lines.append("…") }
      guard let power = SmallPower(generator, exponent, modulo: prime) else { return [] }
      lines.append("\(generator)^\(exponent) mod \(prime) = \(power.result)")
    }
    return lines
  }
}

// MARK: - Numbers as text

extension NumberRows {
  private func show(_ number: KeyAgreementNumbers.Number) -> String {
    let hex = "0x" + cut(number.hex)
    return number.decimal.map { "\(cut($0)) (\(hex))" } ?? hex
  }

  private func cut(_ digits: String) -> String {
    guard isShort, digits.count > 40 else { return digits }
    return "\(digits.prefix(16))…\(digits.suffix(16))"
  }

  private func power(
    _ base: KeyAgreementNumbers.Number, _ exponent: KeyAgreementNumbers.Number?
  ) -> SmallPower? {
    guard let base = base.small, let exponent = exponent?.small, let prime = numbers.prime.small
    else { return nil }
    return SmallPower(base, exponent, modulo: prime)
  }

  private func words(_ power: SmallPower) -> String {
    "\(power.base)^\(power.exponent) mod \(power.modulus) = "
  }

  /// Nobody follows more digits than these.
  private static let pencil: UInt64 = 1 << 16

  private static func steps(_ power: SmallPower?) -> [String] {
    guard let power, power.modulus < pencil, power.exponent < pencil else { return [] }
    let bits = String(power.exponent, radix: 2)
    func reduced(_ value: UInt64) -> String {
      value < power.modulus ? "\(value)" : "\(value) ≡ \(value % power.modulus)"
    }
    return [
      "\(power.exponent) is \(bits) in binary. For each digit from the left: square, and for a 1 multiply by "
        + "\(power.base)."
    ]
      + power.steps.map { step in
        let square = "\(step.from)² = \(reduced(step.square))"
        let product = step.product.map {
          ", \(step.square % power.modulus)·\(power.base) = \(reduced($0))"
        }
        return "\(step.isOne ? "1" : "0"): \(square)\(product ?? "")"
      }
  }
}
