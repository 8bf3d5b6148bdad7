import LabResults

/// The stored encrypted image is what crossed the wire.
struct CiphertextClaim: Claim {
  static let id = Check.ID.ciphertextIdentical
  static let sentence = "The stored encrypted image is what crossed the wire."

  let found: ExchangeStreams.Found

  func judged() -> Check {
    switch found.streams {
    case .failure(let notFound): notProvable(notFound.reason)
    case .success(let streams): judged(streams)
    }
  }

  private func judged(_ streams: ExchangeStreams) -> Check {
    guard let comparison = streams.sender.inspector.comparison,
      let announced = streams.said.ciphertextBytes, let offset = streams.said.imageOffset
    else { return notProvable(streams.lack ?? "the exchange ended before the image was sent") }
    let counts = [
      "announcedBytes": announced, "comparedBytes": comparison.compared, "streamOffset": offset,
    ]
    if let failure = comparison.failure { return notProvable(failure, counts) }
    if let difference = comparison.firstDifference {
      return claim(
        .refuted,
        "What crossed the wire differs from the stored file from byte"
          + " \(Human.count(difference)) of the encrypted image on.", counts)
    }
    if let stored = comparison.storedBytes, stored != announced {
      return claim(
        .refuted,
        "The stored file has \(Human.count(stored)) bytes, the one on the wire"
          + " \(Human.count(announced)).", counts)
    }
    guard comparison.compared == announced else {
      let agreeing = "the \(Human.count(comparison.compared)) bytes that are there agree"
      return notProvable(
        "\(streams.lack ?? "the connection ended within the image"); \(agreeing)", counts)
    }
    return claim(
      .proved,
      "All \(Human.count(announced)) bytes of the stored file stand in one piece in what the sender"
        + " sent, from byte \(Human.count(offset)) of its stream on.", counts)
  }
}

/// What the blocks of the encrypted image on the wire give away.
struct BlockClaim: Claim {
  static let id = Check.ID.blockPattern
  static let sentence = "The encrypted image has the block pattern of its cipher."

  let found: ExchangeStreams.Found
  let cipher: String

  func judged() -> Check {
    switch found.streams {
    case .failure(let notFound): notProvable(notFound.reason)
    case .success(let streams): judged(streams)
    }
  }

  private func judged(_ streams: ExchangeStreams) -> Check {
    guard let pattern = streams.sender.inspector.pattern,
      let announced = streams.said.ciphertextBytes
    else { return notProvable(streams.lack ?? "the exchange ended before the image was sent") }
    if let failure = pattern.failure { return notProvable(failure) }
    let judgement = pattern.isECB ? ecb(pattern) : others(pattern)
    guard judgement.verdict == .proved, pattern.counts.blocks < announced / 16 else {
      return judgement
    }
    return notProvable(
      "\(Human.count(announced / 16 - pattern.counts.blocks)) of \(Human.count(announced / 16))"
        + " blocks are not in the capture; the others have that pattern", judgement.counts)
  }

  private func ecb(_ pattern: BlockPattern) -> Check {
    let (counts, shared) = (pattern.counts, pattern.sharedCiphertexts)
    let numbers = [
      "blocks": counts.blocks, "examinedBlocks": counts.examined,
      "distinctPlaintextBlocks": pattern.distinct, "equalPairs": counts.equalPairs,
      "unequalPairs": counts.unequal, "sharedCiphertexts": shared, "sampling": pattern.every,
    ]
    guard counts.unequal == 0, shared == 0 else {
      return claim(
        .refuted,
        "\(Human.count(counts.unequal)) blocks of the image became another ciphertext than an equal"
          + " block before them, and \(Human.count(shared)) different blocks share a ciphertext:"
          + " this is not Electronic Codebook mode of this image.", numbers)
    }
    return claim(
      .proved,
      "Equal blocks of the image gave equal blocks of ciphertext, and different ones different ones:"
        + " \(Human.count(pattern.distinct)) kinds of block in \(examined(pattern)),"
        + " \(Human.count(counts.equalPairs)) of which repeat an earlier one. An eavesdropper sees this"
        + " pattern without any key.", numbers)
  }

  private func others(_ pattern: BlockPattern) -> Check {
    let counts = pattern.counts
    let numbers = [
      "blocks": counts.blocks, "examinedBlocks": counts.examined,
      "repeatedBlocks": counts.repeated, "sampling": pattern.every,
    ]
    let what = examined(pattern)
    return counts.repeated == 0
      ? claim(.proved, "No block of ciphertext repeats among \(what).", numbers)
      : claim(
        .refuted,
        "\(Human.count(counts.repeated)) of \(what) repeat an earlier one; with"
          + " \(cipher) none should.", numbers)
  }

  private func examined(_ pattern: BlockPattern) -> String {
    let blocks = "\(Human.count(pattern.counts.examined)) blocks of 16 bytes"
    return pattern.every == 1
      ? blocks
      : "\(blocks), a sample of one in \(pattern.every) by value, of \(Human.count(pattern.counts.blocks))"
  }
}
