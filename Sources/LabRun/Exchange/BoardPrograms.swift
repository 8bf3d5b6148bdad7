import Foundation
import HostKit
import LabCore

/// The programs that run on the boards, as files of this machine.
public struct BoardPrograms: Sendable, Equatable {
  public static let variable = "PILAB_BOARD_PROGRAMS"

  public private(set) var sender: String
  public private(set) var receiver: String
  /// The attacker's, which only scenarios need.
  public let interceptor: String

  /// Looks in `folder` where one is named, else where `PILAB_BOARD_PROGRAMS` says, else beside pilab itself.
  /// - Throws: `board_programs_missing`.
  public init(folder: String?, environment: [String: String]) throws(LabError) {
    let place = try Self.place(folder, environment)
    sender = "\(place)/pi-sender"
    receiver = "\(place)/pi-receiver"
    interceptor = "\(place)/pi-interceptor"
    for program in [sender, receiver] { try Self.check(program) }
  }

  public var folder: String { (sender as NSString).deletingLastPathComponent }

  /// Sender and receiver in another folder.
  func copied(to folder: String) -> Self {
    var copies = self
    (copies.sender, copies.receiver) = ("\(folder)/pi-sender", "\(folder)/pi-receiver")
    return copies
  }

  /// - Throws: `board_programs_missing`.
  func requireInterceptor() throws(LabError) { try Self.check(interceptor) }

  private static func check(_ program: String) throws(LabError) {
    guard let status = FileStatus(program), status.isRegular else {
      throw missing("there is no \(program)")
    }
    guard access(program, X_OK) == 0 else {
      throw LabError(
        .boardProgramsMissing, "\(program) is not executable",
        SystemFault(path: program, .run), step: "prepare")
    }
  }

  private static func place(
    _ folder: String?, _ environment: [String: String]
  ) throws(LabError) -> String {
    if let named = folder ?? environment[variable], !named.isEmpty {
      return URL(fileURLWithPath: named).path
    }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { throw missing("cannot find where pilab itself is") }
    let executable = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (executable as NSString).deletingLastPathComponent
  }

  private static func missing(_ message: String) -> LabError {
    LabError(
      .boardProgramsMissing, message,
      step: "prepare",
      hint: "build them with: swift build -c release; "
        + "or say where they are with --board-programs or \(variable)")
  }
}
