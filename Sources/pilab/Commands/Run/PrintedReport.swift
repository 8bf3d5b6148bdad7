import ArgumentParser
import Foundation
import HostKit
import LabCore
import LabReport
import LabResults

/// What `pilab report --format` takes.
enum PrintedForm: ExpressibleByArgument, Equatable {
  case form(ReportForm)
  case pdf
  /// One drawing of it.
  case svg

  init?(argument: String) {
    if argument == "pdf" {
      self = .pdf
    } else if argument == "svg" {
      self = .svg
    } else if let form = ReportForm(rawValue: argument) {
      self = .form(form)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] { ReportForm.allCases.map(\.rawValue) + ["pdf", "svg"] }

  var defaultValueDescription: String {
    switch self {
    case .form(let form): form.rawValue
    case .pdf: "pdf"
    case .svg: "svg"
    }
  }
}

/// A report.html as an installed Chromium prints it.
struct PrintedReport {
  private static let browsers = [
    "chromium", "chromium-browser", "google-chrome-stable", "google-chrome",
  ]
  private static let patience = Duration.seconds(120)
  private static let signature = Data("%PDF-".utf8)

  let page: String

  /// The document's bytes.
  /// - Throws: `not_printed`.
  func render() async throws(LabError) -> Data {
    let tool = Tool(searchPath: Tool.standardSearchPath, inheritsEnvironment: true)
    guard let browser = Self.browsers.lazy.compactMap({ tool.path(of: $0) }).first else {
      throw LabError(
        .notPrinted, "no Chromium is installed, which prints the page",
        hint: Remedy.install(["chromium"])
          + "; or open report.html in a browser of yours, and print it there")
    }
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "pilab-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch { throw failure(ErrorWords.words(of: error)) }
    defer {
      do { try FileManager.default.removeItem(at: folder) } catch {
        Console.tell("pilab: cannot remove \(folder.path): \(ErrorWords.words(of: error))\n")
      }
    }
    return try await printed(by: browser, tool, folder)
  }

  private func printed(
    by browser: String, _ tool: Tool, _ folder: URL
  ) async throws(LabError) -> Data {
    let document = folder.appending(path: "report.pdf")
    var words = [
      browser, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
      "--user-data-dir=\(folder.appending(path: "profile").path)",
      "--print-to-pdf=\(document.path)",
    ]
    // Chromium refuses to be root's in its sandbox; the page loads nothing and has no scripts.
    if geteuid() == 0 { words.append("--no-sandbox") }
    do {
      let outcome = try await tool.run(
        words + [URL(fileURLWithPath: page).absoluteString], standing: .ownSession,
        gracePeriod: .seconds(5), keepsOutput: false, timeout: Self.patience)
      guard outcome.succeeded else { throw failure("Chromium ended: \(outcome.status)") }
      let data = try Data(contentsOf: document)
      guard data.starts(with: Self.signature) else { throw failure("what it wrote is not a PDF") }
      return data
    } catch let error as LabError {
      throw error
    } catch is CancellationError {
      throw .cancelled
    } catch { throw failure(ErrorWords.words(of: error)) }
  }

  private func failure(_ cause: String) -> LabError {
    LabError(.notPrinted, "\(page) could not be printed", cause: cause)
  }
}
