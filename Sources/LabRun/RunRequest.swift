import Foundation
import HostKit
import LabCore
import LabManifest
import LabValues

/// What the user wants to run.
public struct RunRequest: Sendable {
  public var manifest: LabManifest
  public var mode: LabMode
  /// The exchanges to run, in the manifest's order; never empty.
  public internal(set) var exchanges: [Exchange]
  /// Folder for the run instead of the lab's own; nil takes `<root>/<lab>/runs/<time>`.
  public var output: String?
  /// Folder of all labs: `.pilab`.
  public var root: String
  public var programs: BoardPrograms
  /// The file of the manifest.
  public var source: ManifestSource?
  /// Leave the lab up that the run has brought up.
  public var keepsLab: Bool
  /// Record each exchange on the wire, and try claims on what was recorded.
  public var captures: Bool
  /// How many exchanges are run at once, where they are of different boards.
  public var parallel = 1
  public static let mostParallel = 8
  /// The manifest's, unless the user wants none.
  public let sweep: Sweep?
  /// Whose boards and settings the sweep's measurements have.
  let sweepBase: Exchange?
  /// In which the sweep is measured; the last of them on the lab of the exchanges.
  let sweepModes: [LabMode]
  /// Go on with the sweep that was interrupted.
  public let resumes: Bool
  /// Board programs that the sweep's own are compared with.
  public internal(set) var others: OtherPrograms?
  /// What goes on with a sweep that is interrupted, as the user may type it.
  public var resumption = "pilab run --resume"

  /// Words of a command line, quoted where a shell needs it, with --resume.
  public mutating func resume(by words: [String]) {
    resumption = (words + (words.contains("--resume") ? [] : ["--resume"]))
      .map(ShellWord.asNeeded).joined(separator: " ")
  }
  /// Scenarios that are tried instead of all else.
  var tests: TestPlanned?

  /// - Parameters:
  ///   - mode: instead of the manifest's.
  ///   - image: absolute path, instead of every exchange's image.
  ///   - pixels: instead of what the manifest says of pixels.
  ///   - names: exchanges to run; empty runs all.
  /// - Throws: `no_such_exchange`, `image_missing`.
  public init(
    manifest: LabManifest, mode: LabMode? = nil, image: String? = nil,
    pixels: PixelSettings? = nil, exchanges names: [String] = [],
    output: String? = nil, root: String, programs: BoardPrograms,
    source: ManifestSource? = nil, keepsLab: Bool = false, captures: Bool = false,
    sweeps: Bool = true, resumes: Bool = false
  ) throws(LabError) {
    self.manifest = manifest
    let sweep = sweeps ? manifest.sweep : nil
    self.sweep = sweep
    sweepBase = sweep.flatMap { manifest.exchange(named: $0.exchange) }
    let chosen = mode ?? sweep?.modes.last ?? manifest.mode
    self.mode = chosen
    let wanted = sweep?.modes ?? []
    sweepModes = mode != nil || wanted.isEmpty ? [chosen] : wanted
    self.resumes = resumes
    if resumes, sweep == nil {
      throw LabError(
        .noSweep, "the manifest has no sweep to resume",
        hint: "leave --resume out")
    }
    self.output = output
    self.root = root
    self.programs = programs
    self.source = source
    self.keepsLab = keepsLab
    self.captures = captures
    exchanges = try Self.select(names, from: manifest.exchanges).map { exchange in
      var exchange = exchange
      if let image { exchange.image = image }
      if let pixels { exchange.pixels = pixels }
      return exchange
    }
    guard !exchanges.isEmpty else { throw Self.nothing(in: manifest) }
    for exchange in exchanges { try Self.checkImage(exchange.image) }
  }

  init(
    _ manifest: LabManifest, mode: LabMode, output: String?, root: String,
    programs: BoardPrograms, source: ManifestSource?, keepsLab: Bool, tests: TestPlanned
  ) {
    self.manifest = manifest
    self.mode = mode
    self.output = output
    self.root = root
    self.programs = programs
    self.source = source
    self.keepsLab = keepsLab
    self.tests = tests
    let names = tests.plan.exchangeNames
    exchanges = manifest.exchanges.filter { names.contains($0.name) }
    captures = false
    sweep = nil
    sweepBase = nil
    sweepModes = []
    resumes = false
  }

  /// - Throws: `nothing_to_compare`.
  public mutating func compare(with others: OtherPrograms) throws(LabError) {
    guard sweep != nil else {
      throw LabError(
        .nothingToCompare, "only a sweep's measurements are compared, and this run has none",
        hint: "add to the manifest: sweep: { sizes: [256KiB, 4MiB], repeats: 10 }")
    }
    self.others = others
  }

  private static func nothing(in manifest: LabManifest) -> LabError {
    LabError(
      .nothingToRun, "there is nothing to run: the manifest has no exchanges",
      hint: manifest.scenarios.isEmpty
        ? "its boards come up with: pilab up" : "its scenarios are tried by: pilab test")
  }

  private static func select(
    _ names: [String], from exchanges: [Exchange]
  ) throws(LabError) -> [Exchange] {
    for name in names where !exchanges.contains(where: { $0.name == name }) {
      throw LabError(
        .noSuchExchange, "the manifest has no exchange '\(name)'",

        hint: Suggestion.hint(
          for: name, among: exchanges.map(\.name), listing: "its exchanges are"))
    }
    return names.isEmpty ? exchanges : exchanges.filter { names.contains($0.name) }
  }

  static func checkImage(_ path: String) throws(LabError) {
    let hint = "name another with --image FILE, or change `image` in the manifest"
    func unreadable(_ words: String) -> LabError {
      let fault = SystemFault(path: path, .read)
      // What is simply not there needs no explanation.
      let isKnown = fault.number == ENOENT && FileStatus(path, followsLinks: false)?.isLink != true
      return LabError(
        .imageMissing, "cannot \(words) the image \(path)",
        hint: isKnown ? hint : fault.hint ?? hint, cause: fault.description)
    }
    guard let status = FileStatus(path) else { throw unreadable("find") }
    guard status.isRegular else {
      throw LabError(
        .imageMissing, "the image \(path) is not a regular file", hint: hint)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable("read") }
    defer { close(descriptor) }
    // Files of /proc, and some of FUSE, say that they are empty and are not: nobody can tell what is all of them.
    var byte: UInt8 = 0
    let count = pread(descriptor, &byte, 1, 0)
    guard count >= 0 else { throw unreadable("read") }
    guard status.bytes > 0 || count == 0 else {
      throw LabError(
        .imageUnsized, "the system does not tell the size of the image \(path), which has bytes",
        hint: "send a copy of it: cat '\(path)' > FILE")
    }
  }

  var lab: LabRequest {
    LabRequest(manifest: manifest, source: source, mode: mode, root: root)
  }

  /// Bytes that the run's files will take: each image once as it is, each kept file of each exchange, its
  /// capture, and the programs on every board.
  var bytesNeeded: UInt64 {
    let images = Set(exchanges.map(\.image)).map { FileStatus($0)?.bytes ?? 0 }
    let kept = exchanges.map { bytesSent($0) * UInt64($0.store.count + ($0.pixels == nil ? 0 : 1)) }
    // On every board, and a sweep's with its run.
    let installed = [programs.sender, programs.receiver].map {
      (FileStatus($0)?.bytes ?? 0) * UInt64(manifest.boards.count + (sweep == nil ? 0 : 1))
    }
    // Headers are about a twentieth of what crosses the wire.
    let captured = exchanges.map { bytesSent($0) / 20 * (captures ? 21 : 0) }
    // On this machine, and on the board that sends them.
    let swept = (sweep?.sizes ?? []).map { $0 * 2 }
    return (images + kept + captured + installed + swept).reduce(0, +)
  }

  /// Of pixels a guess: that the picture is no higher than wide.
  private func bytesSent(_ exchange: Exchange) -> UInt64 {
    if let width = exchange.pixels?.width { return UInt64(width * width * 3) }
    return FileStatus(exchange.image)?.bytes ?? 0
  }
}
