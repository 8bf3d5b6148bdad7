import Foundation
import HostKit

/// `report.json`: pretty, keys sorted, written by atomic rename, and read back.
public enum ReportFile {
  /// The report as JSON with a last newline. Beside the stored values it carries the `verdict`.
  public static func encode(_ report: RunResult) throws(ReportFileError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      var data = try encoder.encode(report)
      data.append(UInt8(ascii: "\n"))
      return data
    } catch {
      throw .notEncodable(ErrorWords.words(of: error))
    }
  }

  /// Reads what `encode` wrote; unknown keys are ignored, another schema version is refused.
  public static func decode(_ data: Data) throws(ReportFileError) -> RunResult {
    do {
      let version = try JSONDecoder().decode(SchemaVersion.self, from: data).schemaVersion
      guard version == 1 else { throw ReportFileError.unsupportedSchema(version) }
      return try JSONDecoder().decode(RunResult.self, from: data)
    } catch let error as ReportFileError {
      throw error
    } catch {
      throw .notAReport(ErrorWords.words(of: error))
    }
  }

  /// Writes report.json: whole or not at all.
  public static func write(_ report: RunResult, to path: String) throws(ReportFileError) {
    try write(encode(report), to: path)
  }

  /// Writes any rendering of a report: whole or not at all, where a regular file can be that.
  public static func write(_ text: String, to path: String) throws(ReportFileError) {
    try write(Data(text.utf8), to: path)
  }

  /// Reads a regular file of any earlier version.
  public static func read(_ path: String) throws(ReportFileError) -> RunResult {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .unreadable(path: path, fault: SystemFault(path: path, .read))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .unreadable(path: path, fault: SystemFault(EISDIR, path: path, .read))
    default: throw .notRegular(path: path)
    }
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw .unreadable(path: path, fault: SystemFault(error, path: path, .read))
    }
    return try decode(data)
  }

  private static func write(_ data: Data, to path: String) throws(ReportFileError) {
    do throws(OutputFailure) { try OutputFile.write(Array(data), to: path) } catch {
      throw .unwritable(path: path, fault: SystemFault(error, path: path, .write))
    }
  }

  private struct SchemaVersion: Decodable {
    var schemaVersion: Int
  }
}

/// Why a report could not be read or written.
public enum ReportFileError: ErrnoCarrying, Equatable, CustomStringConvertible {
  case notEncodable(String)
  case notAReport(String)
  case unsupportedSchema(Int)
  /// A FIFO, a socket or a device: reading it could wait for ever.
  case notRegular(path: String)
  case unreadable(path: String, fault: SystemFault)
  case unwritable(path: String, fault: SystemFault)

  public var errorNumber: Int32? {
    switch self {
    case .unreadable(_, let fault), .unwritable(_, let fault): fault.number
    case .notEncodable, .notAReport, .unsupportedSchema, .notRegular: nil
    }
  }

  public var description: String {
    switch self {
    case .notEncodable(let reason):
      "The report cannot be written as JSON: \(reason)"
    case .notAReport(let reason):
      "This is not a pilab report: \(reason)"
    case .unsupportedSchema(let version):
      "The report has schema version \(version); this pilab reads version 1. Use a newer pilab."
    case .notRegular(let path):
      "\(path) is not a regular file"
    case .unreadable(let path, let fault):
      "The report \(path) cannot be read: \(fault)"
    case .unwritable(let path, let fault):
      "The report \(path) cannot be written: \(fault)"
    }
  }
}
