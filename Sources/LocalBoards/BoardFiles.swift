import Foundation
import HostKit
import LabCore

/// A board whose working folder lies on this machine.
package protocol FolderBoard: FileSharing, ScriptRunner {
  var files: BoardFiles { get }

  /// What runs programs on the board, as people want them run.
  func process(step: String) async throws(LabError) -> BoardProcess
}

extension FolderBoard {
  package var localFolder: String? { files.folder }

  package func exec(_ command: ExecCommand) async throws(LabError) -> CommandStatus {
    let process = try await process(step: "exec")
    let program = try files.executable(command.program, searchPath: ExecCommand.searchPath)
    return try await process.exec(program, command)
  }

  package func output(
    of command: ExecCommand, limit: Int
  ) async throws(LabError) -> CommandOutput {
    let process = try await process(step: "exec")
    let program = try files.executable(command.program, searchPath: ExecCommand.searchPath)
    return try await process.output(of: program, command, limit: limit)
  }

  package func detach(_ command: ExecCommand) async throws(LabError) -> Int32 {
    var command = command
    // Which says more of what is wrong with a program than a shell on the board can.
    command.program = try files.executable(
      command.program, searchPath: ExecCommand.searchPath)
    return try await start(command)
  }

  /// Runs a shell script on the board, and returns what it printed.
  package func collect(
    _ script: String, _ arguments: [String], step: String
  ) async throws(LabError) -> Tool.Outcome {
    let collected = Collected()
    let status = try await process(step: step).run(
      "/bin/sh", ["-c", script, "pilab"] + arguments, gracePeriod: .seconds(2),
      onLine: collected.add)
    return collected.outcome(status)
  }

  package func put(_ file: String, to path: BoardPath, access: FileAccess)
    async throws(LabError)
  {
    try files.put(file, to: path, access: access)
  }

  package func get(_ path: BoardPath, to destination: String) async throws(LabError) {
    try files.get(path, to: destination)
  }

  package func share(_ file: String, as path: BoardPath) async throws(LabError) {
    try files.share(file, as: path)
  }
}

/// The files of a board whose working folder lies on this machine.
package struct BoardFiles: Sendable {
  package let board: String
  package let folder: String

  /// The working folder of a board below that of its lab.
  package static func folder(of board: String, in record: LabRecord) -> String {
    "\(boardsFolder(of: record))/\(board)"
  }

  /// The folder of all boards of a lab.
  package static func boardsFolder(of record: LabRecord) -> String { "\(record.folder)/boards" }

  package init(board: String, of record: LabRecord) {
    self.board = board
    folder = Self.folder(of: board, in: record)
  }

  package var exists: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Where a file of the board lies on this machine.
  package func place(of path: BoardPath) -> String { "\(folder)/\(path)" }

  /// Makes the board's folder. May be repeated.
  package func make() throws(LabError) {
    do throws(SystemFault) { try Folder.make(folder) } catch {
      throw LabError(
        .boardNotCreated, "cannot make its folder \(folder)", error, board: board, step: "create")
    }
  }

  /// - Throws: `.broken`, naming the boards whose folders are missing.
  package static func checkAll(of record: LabRecord) throws(LabError) {
    try record.check("the folders of these boards") { BoardFiles(board: $0, of: record).exists }
  }

  /// Removes the folders of all boards of a lab.
  package static func remove(_ record: LabRecord) throws(LabError) {
    let folder = boardsFolder(of: record)
    guard FileManager.default.fileExists(atPath: folder) else { return }
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      throw LabError(
        .boardNotRemoved, "cannot remove the boards' folder \(folder)",
        SystemFault(error, path: folder, .make), step: "destroy",
        hint: "remove it by hand: rm -r '\(folder)'")
    }
  }

  package func put(_ file: String, to path: BoardPath, access: FileAccess) throws(LabError) {
    let destination = place(of: path)
    do {
      try makeFolder(for: destination)
      try FileCopy.copy(from: file, to: destination, permissions: access.rawValue, replace: true)
    } catch {
      throw fileError(
        "cannot put \(file) on the board as \(path)", step: "put", error, destination)
    }
  }

  package func share(_ file: String, as path: BoardPath) throws(LabError) {
    let destination = place(of: path)
    do {
      try makeFolder(for: destination)
      guard unlink(destination) == 0 || errno == ENOENT else { throw SystemError.last }
      try FileCopy.link(from: file, to: destination)
    } catch {
      throw fileError("cannot put \(file) on the board as \(path)", step: "put", error, destination)
    }
  }

  private func makeFolder(for file: String) throws {
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent,
      withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  package func get(_ path: BoardPath, to destination: String) throws(LabError) {
    do {
      try FileCopy.link(from: place(of: path), to: destination)
    } catch {
      throw fileError(
        "cannot copy \(path) from the board to \(destination)", step: "get", error, destination)
    }
  }

  /// Refuses a program that is not there, or may not be run.
  package func checkExecutable(_ program: BoardPath) throws(LabError) {
    guard faccessat(AT_FDCWD, place(of: program), X_OK, AT_EACCESS) == 0 else {
      throw LabError(
        .commandFailed, "there is no executable \(program) on the board",
        SystemFault(path: place(of: program), .run), board: board, step: "run")
    }
  }

  /// What the kernel would refuse, shells and other launchers take for a script of /bin/sh, and run it line by
  /// line.
  package func checkFormat(_ program: BoardPath) throws(LabError) {
    let head = FileHandle(forReadingAtPath: place(of: program)).flatMap {
      try? $0.read(upToCount: 20)
    }
    let bytes = [UInt8](head ?? Data())
    let isScript = bytes.starts(with: Array("#!".utf8))
    // elf.h: magic, class 32 or 64 bits, and at 16 the type, executable or shared object.
    let isELF =
      bytes.count == 20 && bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46])
      && [1, 2].contains(bytes[4]) && [2, 3].contains(bytes[16])
    guard !isScript, !isELF else { return }
    throw LabError(
      .commandFailed, "\(program) is not a program: it is neither ELF nor starts with #!",
      board: board, step: "run")
  }

  /// Where a command's program lies: in the board's folder, or in `searchPath` where it has no slash.
  package func executable(_ program: String, searchPath: String) throws(LabError) -> String {
    let candidates: [String]
    if program.contains("/") {
      candidates = [program.hasPrefix("/") ? program : "\(folder)/\(program)"]
    } else {
      candidates = searchPath.split(separator: ":").map { "\($0)/\(program)" }
    }
    var isFolder: ObjCBool = false
    for candidate in candidates
    where FileManager.default.isExecutableFile(atPath: candidate)
      && FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder)
      && !isFolder.boolValue
    {
      try checkInterpreter(of: candidate, named: program)
      return candidate
    }
    // A path says why; of a name that is looked up there may be several reasons.
    if program.contains("/"), let number = Self.refusal(candidates[0]), number != ENOENT {
      throw LabError(
        .commandFailed, "cannot run '\(program)' on the board",
        SystemFault(number, path: candidates[0], .run), board: board, step: "exec")
    }
    throw LabError(
      .commandFailed, "there is no program '\(program)' on the board", board: board, step: "exec",
      hint: program.contains("/") ? nil : "programs are looked up in \(searchPath)")
  }

  /// Why a path cannot be run; nil where it can.
  private static func refusal(_ path: String) -> Int32? {
    guard faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 else { return errno }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? EISDIR : nil
  }

  /// Of a script whose interpreter is not there the kernel says that the script is not, and so do launchers, in words of
  /// their own.
  private func checkInterpreter(of script: String, named program: String) throws(LabError) {
    // The kernel looks no further, either.
    let longest = 256
    guard let file = FileHandle(forReadingAtPath: script) else { return }
    guard let head = try? file.read(upToCount: longest), head.starts(with: Array("#!".utf8)) else {
      return
    }
    let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    let words = String(decoding: line, as: UTF8.self).split(whereSeparator: { " \t\r".contains($0) }
    )
    guard let interpreter = words.first.map(String.init), interpreter.hasPrefix("/") else { return }
    guard access(interpreter, F_OK) != 0 else { return }
    throw LabError(
      .commandFailed, "cannot run '\(program)' on the board: its interpreter is not there",
      SystemFault(path: interpreter, .read), board: board, step: "exec")
  }

  private func fileError(
    _ message: String, step: String, _ cause: any Error, _ destination: String
  ) -> LabError {
    LabError(
      .fileNotCopied, message, SystemFault(cause, path: destination, .make), board: board,
      step: step)
  }
}
