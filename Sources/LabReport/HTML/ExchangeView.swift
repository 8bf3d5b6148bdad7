import LabResults

/// One exchange as the page shows it.
struct ExchangeView {
  var id: String
  var name: String
  var verdict: String
  var sentence: String
  var profile: String
  var cipher: String
  var identified: String
  var repeatShare: String
  var wireTime: String
  var failure: FailureView?
  var hasLogs: Bool
  var logs: [LogEnd]
  var hasWarnings: Bool
  var warnings: [String]
  var facts: [FactView]
  var showsFigures: Bool
  var hasPictures: Bool
  var figures: [FigureView]
  /// Two in a row.
  var isWide: Bool
  var blocks: String
  /// On the picture's file; nil where there is nothing to say of it.
  var pixels: String?
  var hasHashes: Bool
  var hashes: [HashView]
  var hasResults: Bool
  var boards: [String]
  var keyConfirmation: String
  var transcripts: [HashView]
  var publicValues: [HashView]
  var numbers: NumbersView?
  var sequence: SequenceView?
  var timelines: [TimelineView]
  var phases: [PhaseView]
  var steps: [StepView]
  var wire: WireView?
  var hasProtected: Bool
  var protected: [Protection.Point]
  var notProtected: [Protection.Point]

  init(
    _ exchange: ExchangeResult, files: ExchangeFiles, id: String, sharedClock: Bool,
    showsFigures: Bool, areaLimit: Int
  ) {
    let results = exchange.results
    let findings = BlockFindings(files)
    let protection = Protection(exchange)
    self.id = id
    name = Human.printable(exchange.name)
    verdict = exchange.verdict.rawValue
    sentence = Human.printable(Self.sentence(exchange))
    profile = Human.printable(exchange.profile)
    cipher = Human.printable(exchange.cipher)
    identified = exchange.hasProvenPeers ? "yes, by pre-shared key" : "no"
    repeatShare = findings.share
    wireTime = Self.wireTime(exchange)
    failure = exchange.failure.map(FailureView.init)
    logs = LogEnd.all(exchange, folder: files.folder)
    hasLogs = !logs.isEmpty
    hasWarnings = !exchange.warnings.isEmpty
    warnings = exchange.warnings.map(Human.printable)
    facts = Self.facts(exchange)
    // Of an exchange that failed there may be nothing to compare.
    hasPictures = exchange.verdict != .failed || files.encrypted != nil
    self.showsFigures = showsFigures && hasPictures
    figures = Self.figures(
      exchange, files: files, repeatShare: findings.share, maker: FigureMaker(areaLimit: areaLimit))
    isWide = figures.count > 3
    blocks = findings.sentence
    pixels = SentPixels.explanation(exchange, original: files.original).map(Human.printable)
    hashes = Self.hashes(exchange)
    hasHashes = !hashes.isEmpty
    hasResults = !results.isEmpty
    boards = results.map { Human.printable("\($0.board) (\($0.role))") }
    keyConfirmation = Human.printable(exchange.keyConfirmation)
    transcripts = Self.transcripts(exchange)
    publicValues = Self.publicValues(exchange)
    numbers = exchange.numbers.map(NumbersView.init)
    sequence = SequenceView(exchange, id: "\(id)-sequence")
    timelines = Timeline.make(results, sharedClock: sharedClock).enumerated().map { index, line in
      TimelineView(line, id: "\(id)-timeline-\(index + 1)", isShared: sharedClock)
    }
    phases = PhaseView.all(results)
    steps = StepView.all(results)
    wire = exchange.capture.map(WireView.init)
    hasProtected = !protection.protected.isEmpty
    protected = protection.protected
    notProtected = protection.notProtected
  }
}

// MARK: - Texts

extension ExchangeView {
  private static func sentence(_ exchange: ExchangeResult) -> String {
    let path = "\(exchange.sender) sent \(exchange.image.name) to \(exchange.receiver)."
    switch exchange.verdict {
    case .identical, .different: return "\(path) \(Wording.verdict(exchange))"
    case .failed:
      let place = exchange.failure.map { " in \(Wording.place($0))" } ?? ""
      return "\(exchange.sender) was to send \(exchange.image.name) to \(exchange.receiver)."
        + " The exchange ended with an error\(place)."
    }
  }

  private static func facts(_ exchange: ExchangeResult) -> [FactView] {
    var facts = [
      FactView("Image", "\(exchange.image.name), \(Wording.size(exchange.image))"),
      FactView("Pixels of", exchange.image.source.map(SentPixels.source) ?? ""),
      FactView("Sent as", exchange.image.source.map(SentPixels.sent) ?? ""),
      FactView("Profile", exchange.profile),
      FactView("Group", "\(exchange.group), \(exchange.groupBits) bits"),
      FactView("Cipher", exchange.cipher),
      FactView("Authentication", Wording.authentication(exchange)),
      FactView("Key", exchange.keyConfirmation),
    ]
    facts.removeAll { $0.value.isEmpty }
    if let rate = wireRate(exchange) {
      facts.append(FactView("Rate on the wire, measured once", rate))
    }
    if !exchange.results.isEmpty {
      let memory = exchange.results.map { "\($0.board) \(Human.bytes($0.peakResidentBytes))" }
      facts.append(FactView("Peak memory", memory.joined(separator: ", ")))
    }
    return facts
  }

  /// The receiver's time from the image's first to its last byte, else the sender's.
  private static func wire(_ exchange: ExchangeResult) -> (bytes: UInt64, nanoseconds: UInt64)? {
    let phase = Phase(from: "firstByte", to: "lastByte", name: "")
    for result in [exchange.receiverResult, exchange.senderResult] {
      if let result, let range = phase.range(in: result) {
        return (result.ciphertextBytes, range.upperBound - range.lowerBound)
      }
    }
    return nil
  }

  private static func wireTime(_ exchange: ExchangeResult) -> String {
    wire(exchange).map { Human.duration(nanoseconds: $0.nanoseconds) } ?? "–"
  }

  private static func wireRate(_ exchange: ExchangeResult) -> String? {
    wire(exchange).flatMap { Human.rate(bytes: $0.bytes, nanoseconds: $0.nanoseconds) }
  }

  private static func hashes(_ exchange: ExchangeResult) -> [HashView] {
    let rows: [(String, String, Check.ID?, String)] = [
      ("original", "Original on \(exchange.sender)", nil, ""),
      ("senderEncrypted", "Encrypted on \(exchange.sender)", nil, ""),
      (
        "receiverEncrypted", "Encrypted on \(exchange.receiver)", .ciphertextArrived,
        "the sender's encrypted file"
      ),
      ("receiverDecrypted", "Decrypted on \(exchange.receiver)", .imageHash, "the original"),
    ]
    let source = exchange.image.source.map {
      [HashView("\($0.name), of which the pixels are", $0.sha256)]
    }
    return (source ?? [])
      + rows.compactMap { key, name, check, what in
        exchange.sha256[key].map {
          HashView(
            name, $0, path: exchange.files[key], check: check.flatMap(exchange.check), called: what)
        }
      }
  }

  private static func transcripts(_ exchange: ExchangeResult) -> [HashView] {
    exchange.results.enumerated().map { index, result in
      HashView(
        "Transcript hash of \(result.board)", result.transcript,
        check: index == 1 ? exchange.check(.transcriptsEqual) : nil,
        called: "\(Human.printable(exchange.results[0].board))'s")
    }
  }

  private static func publicValues(_ exchange: ExchangeResult) -> [HashView] {
    exchange.results.map { result in
      let isSender = result.role == "sender"
      let peer = exchange.results.first { $0.role != result.role }
      return HashView(
        "\(isSender ? "x" : "y"), sent by \(result.board), hexadecimal", result.publicValue,
        check: exchange.check(isSender ? .publicValueX : .publicValueY),
        called: "what \(Human.printable(peer?.board ?? result.peer)) received")
    }
  }
}

// MARK: - Pictures

extension ExchangeView {
  private static func figures(
    _ exchange: ExchangeResult, files: ExchangeFiles, repeatShare: String,
    maker: FigureMaker
  ) -> [FigureView] {
    let missing = ReportFigure.absent("This file was not stored.")
    let image = exchange.image.name
    let figures = [
      FigureView(
        files.original.map(maker.clear) ?? missing, title: "Original",
        alt: "The original image \(image)"),
      FigureView(
        files.encrypted.map { maker.encrypted(path: $0, originalPath: files.original) }
          ?? missing,
        title: "Encrypted",
        alt: "The encrypted image, its bytes drawn as pixels; repeated blocks: \(repeatShare)"),
      FigureView(
        files.decrypted.map(maker.clear) ?? missing, title: "Decrypted",
        alt: "The image as \(exchange.receiver) decrypted it"),
    ]
    guard exchange.usesECB, let encrypted = files.encrypted,
      let original = files.original,
      let repeats = maker.repeats(path: encrypted, originalPath: original)
    else { return figures }
    return figures + [
      FigureView(
        repeats, title: "Repeated blocks",
        alt: "The original \(image) in grey, and in orange the blocks that occur more than once")
    ]
  }
}

/// Repeated blocks of the encrypted file beside those of the original.
struct BlockFindings {
  var sentence: String
  /// "61 %", "none" or "–".
  var share: String

  init(_ files: ExchangeFiles) {
    guard let path = files.encrypted else {
      sentence = "No encrypted file was stored, so its blocks could not be compared."
      share = "–"
      return
    }
    do {
      let encrypted = try BlockStatistics(path: path)
      let original = try files.original.map(BlockStatistics.init(path:))
      sentence = Human.unbroken(Wording.blocks(encrypted, original: original))
      share = Human.percent(encrypted.repeated, of: encrypted.examined).map(Human.unbroken) ?? "–"
      if encrypted.repeated == 0, encrypted.examined > 0 { share = "none" }
    } catch {
      sentence = Human.printable("The blocks could not be compared: \(error)")
      share = "–"
    }
  }
}
