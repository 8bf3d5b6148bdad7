import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import PiExchange

extension ExchangeFacts {
  /// - Parameters:
  ///   - files: hash by the manifest's name, nil for one that is absent; those that are not known are left out.
  ///   - original: hash of the image.
  init(
    _ plan: ExchangePlan, _ ends: [ProgramEnd], files: [String: String?], original: String,
    nanoseconds: UInt64
  ) {
    let exchange = plan.exchange
    let results = ends.compactMap(\.result)
    let receiver = results.first { $0.role == Role.receiver.name }
    // Whether both agree on what they said is not asked: between two that are content somebody may sit.
    let decrypted = files[StoredFile.receiverDecrypted.rawValue] ?? receiver?.sha256["plaintext"]
    let verdict: Outcome =
      results.count < 2 ? .failed : decrypted == original ? .identical : .different
    self.init(
      exchange: exchange.name, profile: exchange.profile.name, verdict: verdict,
      sender: SideFacts(ends, .sender, on: exchange.sender),
      receiver: SideFacts(ends, .receiver, on: exchange.receiver), nanoseconds: nanoseconds)
    for (name, hash) in files {
      // What the sender has encrypted is what should arrive; what it should be nobody else can say.
      let wanted =
        name == StoredFile.receiverDecrypted.rawValue
        ? original : files[StoredFile.senderEncrypted.rawValue] ?? hash
      self.files[name] =
        hash.map { FileFacts($0 == wanted ? .original : .other, sha256: $0) }
        ?? FileFacts(.absent)
    }
  }
}

extension ExchangeResult {
  /// What both programs told.
  mutating func fill(from ends: [ProgramEnd]) {
    senderResult = ends.first { $0.role == .sender }?.result
    receiverResult = ends.first { $0.role == .receiver }?.result
    failure = FailureCause.select(ends)?.failure
  }
}

extension SideFacts {
  init(_ ends: [ProgramEnd], _ role: Role, on board: String) {
    let end = ends.first { $0.role == role }
    switch end?.outcome {
    case .done(let result):
      self.init(board: board, code: Self.done)
      publicValue = result.publicValue
      transcript = result.transcript
      nonce = result.nonce
    case .failed(let error), .lost(let error):
      self.init(board: board, code: error.code.name)
      step = error.step
      message = error.told
    case .stopped:
      self.init(board: board, code: "stopped")
      message = "pilab ended it, since its peer had ended"
    case .notStarted, nil:
      self.init(board: board, code: "not_started")
      message = "its peer ended before there was anything to connect to"
    }
  }

  /// What the attacker has seen of the side.
  mutating func add(_ facts: AttackerFacts, from side: String) {
    guard let hello = facts.hellos.last(where: { $0.from == side }) else { return }
    nonce = nonce ?? hello.nonce
    publicValue = publicValue ?? hello.publicValue
  }
}

/// Hashes of the images that are sent, each taken once.
actor Originals {
  private var known: [String: String] = [:]

  func sha256(of path: String) throws(LabError) -> String {
    if let hash = known[path] { return hash }
    let hash = try Evidence.sha256(of: path)
    known[path] = hash
    return hash
  }
}

extension LabInUse {
  /// Gives the image a second place in the run's folder.
  func bringOriginal(_ exchange: Exchange, to place: String) throws(LabError) -> Bool {
    do {
      try FileManager.default.createDirectory(
        atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try FileCopy.link(from: exchange.image, to: place)
      return true
    } catch {
      throw LabError(
        .fileNotCopied, "cannot keep \(place)", step: "get", cause: ErrorWords.words(of: error))
    }
  }
}
