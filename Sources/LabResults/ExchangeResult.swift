import LabCore

/// One exchange of the run.
public struct ExchangeResult: Codable, Sendable, Equatable {
  public var name: String
  public var sender: String
  public var receiver: String
  public var profile: String
  public var group: String
  public var groupBits: Int
  public var cipher: String
  public var authentication: String
  public var image: ImageReport
  /// Follows from the checks; failed until the exchange is judged.
  public internal(set) var verdict = Outcome.failed
  /// What was judged of it, but for the claims on a capture, which has its own.
  public internal(set) var checks: [Check] = []
  public var failure: LabError?
  /// SHA-256, lower-case hexadecimal, taken from the files after the timed exchange. Keys: `original`,
  /// `senderEncrypted`, `receiverEncrypted`, `receiverDecrypted`.
  public var sha256: [String: String]
  /// Paths relative to the report's folder, same keys.
  public var files: [String: String]
  /// What the two programs printed; nil where a program ended with an error.
  public var senderResult: BoardResult?
  public var receiverResult: BoardResult?
  /// Plain sentences that the reader must see (textbook group, fixed exponent, ...).
  public var warnings: [String]
  /// What a capture of the traffic shows; nil where none was taken.
  public var capture: CaptureResult?
  /// The key agreement in numbers; nil where a side did not come so far, and in results of earlier versions.
  public var numbers: KeyAgreementNumbers?
  /// `all-pairs`, where it is one of those; nil for one that the manifest names.
  public var set: String?

  public init(
    name: String, sender: String, receiver: String, profile: String, group: String,
    groupBits: Int, cipher: String, authentication: String, image: ImageReport,
    failure: LabError? = nil, sha256: [String: String] = [:],
    files: [String: String] = [:], senderResult: BoardResult? = nil,
    receiverResult: BoardResult? = nil, warnings: [String] = [], capture: CaptureResult? = nil
  ) {
    self.name = name
    self.sender = sender
    self.receiver = receiver
    self.profile = profile
    self.group = group
    self.groupBits = groupBits
    self.cipher = cipher
    self.authentication = authentication
    self.image = image
    self.failure = failure
    self.sha256 = sha256
    self.files = files
    self.senderResult = senderResult
    self.receiverResult = receiverResult
    self.warnings = warnings
    self.capture = capture
  }
}

extension ExchangeResult {
  /// Results of earlier versions have no checks; theirs are made from what they hold.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func text(_ key: CodingKeys) throws -> String { try values.decode(String.self, forKey: key) }
    self.init(
      name: try text(.name), sender: try text(.sender), receiver: try text(.receiver),
      profile: try text(.profile), group: try text(.group),
      groupBits: try values.decode(Int.self, forKey: .groupBits), cipher: try text(.cipher),
      authentication: try text(.authentication),
      image: try values.decode(ImageReport.self, forKey: .image),
      failure: try values.decodeIfPresent(LabError.self, forKey: .failure),
      sha256: try values.decode([String: String].self, forKey: .sha256),
      files: try values.decode([String: String].self, forKey: .files),
      senderResult: try values.decodeIfPresent(BoardResult.self, forKey: .senderResult),
      receiverResult: try values.decodeIfPresent(BoardResult.self, forKey: .receiverResult),
      warnings: try values.decode([String].self, forKey: .warnings),
      capture: try values.decodeIfPresent(CaptureResult.self, forKey: .capture))
    set = try values.decodeIfPresent(String.self, forKey: .set)
    numbers = try values.decodeIfPresent(KeyAgreementNumbers.self, forKey: .numbers)
    verdict = try values.decode(Outcome.self, forKey: .verdict)
    if let checks = try values.decodeIfPresent([Check].self, forKey: .checks) {
      self.checks = checks
    } else {
      recoverChecks(from: verdict)
    }
  }

  /// The sender's, then the receiver's, as far as they exist.
  public var results: [BoardResult] { [senderResult, receiverResult].compactMap { $0 } }
}

/// The user's picture, where its pixels are sent in its place.
public struct PictureSource: Codable, Sendable, Equatable {
  public var name: String
  /// `JPEG`, `PNG`, …
  public var format: String
  public var bytes: UInt64
  public var sha256: String
  public var width: Int
  public var height: Int
  /// Of what is sent.
  public var sentWidth: Int
  public var sentHeight: Int
  /// That were left at most; nil for all.
  public var colours: Int?

  public init(
    name: String, format: String, bytes: UInt64, sha256: String, size: (width: Int, height: Int),
    sent: (width: Int, height: Int), colours: Int?
  ) {
    self.name = name
    self.format = format
    self.bytes = bytes
    self.sha256 = sha256
    (width, height) = size
    (sentWidth, sentHeight) = sent
    self.colours = colours
  }
}

/// The picture that an exchange sends.
public struct ImageReport: Codable, Sendable, Equatable {
  /// What became of the file while the run used it; what was sent is the file as it was when the run began.
  public enum SourceChange: String, Codable, Sendable {
    case changed
    /// Or renamed.
    case removed
  }

  public var name: String
  public var bytes: UInt64
  /// The picture that these pixels were made of; nil where the file was sent as it is.
  public var source: PictureSource?
  /// Nil where the file was the same at the end.
  public var sourceChange: SourceChange?

  public init(name: String, bytes: UInt64, sourceChange: SourceChange? = nil) {
    self.name = name
    self.bytes = bytes
    self.sourceChange = sourceChange
  }
}
