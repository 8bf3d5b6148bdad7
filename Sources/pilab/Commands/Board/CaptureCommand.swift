import ArgumentParser
import Foundation
import Glibc
import HostKit
import LabCore
import LabRun

struct CaptureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Record what passes a board's network interface.",
    discussion: """
      Records for --seconds, or until Ctrl-C or SIGTERM, which is no error. The file can be read by tcpdump and \
      Wireshark. With '-w -' packets go to standard output as pcapng while they arrive, with '-w FIFO' into the \
      FIFO; the recording then also ends, without error, when the reader does.

      Examples:
        pilab capture bob -w exchange.pcap
        pilab capture bob -w exchange.pcap --seconds 5 & pilab run
        pilab capture bob -w - | wireshark -k -i -
        pilab capture bob -w - --seconds 10 | tshark -r -
      """)

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @Option(
    name: [.customShort("w"), .customLong("write")],
    help: "The file to write, which must not exist; a FIFO; or - for standard output.",
    completion: .file())
  var file: String

  @Option(help: "End after this many seconds.")
  var seconds: Double?

  @OptionGroup var options: LabOptions

  func validate() throws {
    if let seconds, !(0...86_400).contains(seconds) {
      throw ValidationError("--seconds goes from 0 to 86400")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let lab = try options.resolve()
      if file == "-" {
        guard !Console.isTerminal(STDOUT_FILENO) else {
          throw LabError(
            .usage, "packets cannot be shown on a terminal",
            hint: "pilab capture \(board) -w - | tshark -r -")
        }
        return try await stream(lab) { () throws(LabError) in STDOUT_FILENO }
      }
      if FileType(file) == .pipe {
        let file = file
        return try await stream(lab) { () throws(LabError) in try await FIFO.open(file) }
      }
      let (board, seconds) = (board, seconds)
      let path = URL(fileURLWithPath: file).path
      try Self.checkFree(path, named: file)
      let outcome = await Interruption().run { () throws(LabError) in
        try await LabRoot.keeper().attach(lab).capture(board, to: path, seconds: seconds) {
          Console.tell("capturing on board '\(board)'; end it with Ctrl-C\n")
        }
      }
      try outcome.get()
      let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
      try Console.print("wrote \(file), \(bytes) bytes\n")
    }
  }

  /// What the tool that records would say in its own words, before it is begun.
  private static func checkFree(_ path: String, named file: String) throws(LabError) {
    func refused(_ fault: SystemFault) -> LabError {
      LabError(
        .outputRefused, "cannot write \(file)", fault,
        step: "capture", hint: "name another with -w")
    }
    let place: OutputPlace
    do throws(OutputFailure) { place = try OutputPlace(path) } catch {
      throw refused(SystemFault(error, path: path, .make))
    }
    guard place.kind == .absent else {
      throw LabError(
        .outputRefused, "\(file) exists already", hint: "name another with -w")
    }
    let folder = (place.path as NSString).deletingLastPathComponent
    do throws(SystemFault) {
      guard try Folder.exists(folder) else { throw SystemFault(ENOENT, path: folder, .read) }
      try Folder.checkUsable(folder)
    } catch { throw refused(error) }
  }

  /// Nothing but packets goes where they go, so all words go to standard error.
  private func stream(
    _ lab: String, into sink: @escaping @Sendable () async throws(LabError) -> Int32
  ) async throws {
    let (board, seconds) = (board, seconds)
    let outcome = await Interruption().run { () throws(LabError) in
      // A FIFO's reader may let one wait.
      let sink = try await sink()
      try await LabRoot.keeper().attach(lab).capture(board, into: sink, seconds: seconds) {
        Console.tell("capturing on board '\(board)'; end it with Ctrl-C\n")
      }
    }
    try outcome.get()
  }
}

/// What a path leads to.
private enum FileType {
  case pipe, other

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self = status.st_mode & S_IFMT == S_IFIFO ? .pipe : .other
  }
}

/// A pipe with a name.
private enum FIFO {
  /// Waits for a reader until the calling task is cancelled.
  static func open(_ path: String) async throws(LabError) -> Int32 {
    while true {
      let descriptor = Glibc.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      if descriptor >= 0 { return descriptor }
      guard errno == ENXIO || errno == EINTR else {
        throw LabError(
          .outputRefused, "cannot write into the FIFO \(path)",
          SystemFault(path: path, .write))
      }
      do { try await Task.sleep(for: .milliseconds(50)) } catch { throw LabError.cancelled }
    }
  }
}
