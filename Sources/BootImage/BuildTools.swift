import HostKit
import LabCore

/// The programs of this machine that a build needs.
extension Tool {
  private static let longestError = 2000

  /// Programs of a build have this process's variables: apt finds its proxy by them.
  static func building(searchPath: String = standardSearchPath) -> Tool {
    Tool(searchPath: searchPath, inheritsEnvironment: true, longestOutput: 8 << 20)
  }

  /// - Throws: `.toolMissing`, naming the packages that bring what is missing.
  func require(_ names: [String]) throws(LabError) {
    let missing = names.filter { path(of: $0) == nil }
    guard !missing.isEmpty else { return }
    throw LabError(
      .toolMissing, "missing to build the board image: \(missing.joined(separator: ", "))",
      step: "image",
      hint: Self.remedy(missing))
  }

  /// Where apt is missing, its package would not help: the system has none of Debian's package lists.
  static func remedy(_ missing: [String], on family: SystemFamily? = .here) -> String {
    let needsApt = missing.contains { $0.hasPrefix("apt-") }
    return needsApt && family != .debian ? onDebian : Remedy.install(missing, on: family)
  }

  /// What helps where apt knows no packages.
  static func listsRemedy(on family: SystemFamily? = .here) -> String {
    family == .debian || family == nil
      ? "as root: apt-get update (the image is made from Debian's packages for amd64)" : onDebian
  }

  private static let onDebian =
    "make it on Debian, from whose packages for amd64 it is made, or give the boards disks of your own: "
    + "see docs/boards.md"

  /// Runs a program whose failure means something. Of its errors the end is kept.
  func attempt(
    _ arguments: [String], in folder: String, environment: [String: String] = [:]
  ) async throws(LabError) -> Outcome {
    try require([arguments[0]].filter { !$0.hasPrefix("/") })
    do {
      var outcome = try await run(arguments, in: folder, environment: environment)
      try Task.checkCancellation()
      outcome.errors = String(outcome.errors.suffix(Self.longestError))
      return outcome
    } catch {
      if error is CancellationError || Task.isCancelled {
        throw LabError(.cancelled, "told to stop", step: "image")
      }
      throw LabError(
        .buildFailed, "cannot run \(arguments[0])",
        SystemFault(error, path: path(of: arguments[0]) ?? arguments[0], .run), step: "image")
    }
  }

  /// Runs a program whose failure ends the build.
  @discardableResult
  func build(
    _ arguments: [String], in folder: String, environment: [String: String] = [:]
  ) async throws(LabError) -> String {
    let outcome = try await attempt(arguments, in: folder, environment: environment)
    guard outcome.succeeded else {
      throw LabError(
        .buildFailed, "\(arguments[0]) failed", step: "image",
        hint: ToolWords.hint(outcome.errors, path: folder), cause: outcome.errors)
    }
    return outcome.output
  }
}
