import Foundation
import Glibc
import HostKit
import LabCore
import PiCrypto
import Synchronization
import SystemPackage

/// How far a file has come; `total` is its size in bytes.
package typealias CopyProgress = @Sendable (_ done: Int64, _ total: Int64) -> Void

/// Files of a board that is reached by SSH. Needs no more of the board than sh, cat and sha256sum.
package struct SSHFiles: Sendable {
  let connection: SSHConnection
  /// Working folder on the board, absolute.
  let folder: String

  private static let progressPause = Duration.milliseconds(100)

  private var session: SSHSession { SSHSession(connection: connection) }

  /// Makes the board's working folder, for its user alone.
  package func makeFolder() async throws(LabError) {
    try await command(
      "mkdir -p \"$1\" && chmod 700 \"$1\"", [folder], "cannot make its folder \(folder)",
      step: "create")
  }

  /// Removes the working folder with all that was put there and that programs left.
  func removeFolder() async throws(LabError) {
    try await command(
      "rm -rf \"$1\"", [folder], "cannot remove its folder \(folder)", step: "destroy")
  }

  private func command(
    _ script: String, _ arguments: [String], _ message: String, step: String
  ) async throws(LabError) {
    try await connection.open(step: step)
    try await connection.translated(step: step) {
      let outcome = try await session.collect(RemoteShell.command(script, arguments))
      guard outcome.succeeded else {
        throw LabError(
          .commandFailed, message, board: connection.target.board, step: step,
          cause: outcome.errors)
      }
    }
  }

  /// Arguments: folder, path, temporary path, mode, SHA-256. The file appears when it is whole.
  private static let putScript = """
    cd "$1" || exit 30
    d=./${2%/*}
    case $2 in */*) mkdir -p "$d" || exit 30 ;; esac
    fail() { rm -f "./$3"; exit "$c"; }
    [ ! -d "./$2" ] || { echo "a folder of this name is there" >&2; exit 30; }
    (umask 077; cat >"./$3") || { c=31; fail "$@"; }
    s=$(sha256sum <"./$3") || { c=31; fail "$@"; }
    [ "${s%% *}" = "$5" ] || { c=33; fail "$@"; }
    chmod "$4" "./$3" && mv -f "./$3" "./$2" || { c=31; fail "$@"; }
    """
  private static let mismatch: Int32 = 33

  /// Copies a file to the board and has the board hash what arrived.
  package func put(
    _ file: String, to path: BoardPath, access: FileAccess, progress: CopyProgress? = nil
  ) async throws(LabError) {
    let message = "cannot put \(file) on the board as \(path)"
    try await connection.open(step: "put")
    try await copying(message, step: "put") {
      let source = try RegularFile(file)
      let expected = try source.sha256()
      let temporary = "\(path).\(LabRecord.newID()).part"
      let command = RemoteShell.command(
        Self.putScript,
        [folder, "\(path)", temporary, String(access.rawValue, radix: 8), expected])
      let outcome = try await withProgress(of: source, progress) {
        try await session.collect(
          command, input: FileDescriptor(rawValue: source.descriptor))
      }
      guard outcome.status != .exited(Self.mismatch) else {
        throw error(message, step: "put", cause: "what arrived has another SHA-256 hash")
      }
      guard outcome.succeeded else { throw error(message, step: "put", cause: outcome.errors) }
    }
  }

  /// The shared descriptor's position is how much ssh has read.
  private func withProgress<Value: Sendable>(
    of source: RegularFile, _ progress: CopyProgress?,
    _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let progress else { return try await body() }
    @Sendable func report() {
      progress(Int64(lseek(source.descriptor, 0, SEEK_CUR)), source.size)
    }
    let watch = Task {
      while !Task.isCancelled {
        report()
        try await Task.sleep(for: Self.progressPause)
      }
    }
    defer { watch.cancel() }
    let value = try await body()
    report()
    return value
  }

  /// Arguments: folder, path. Says size and hash.
  private static let lookScript = """
    cd "$1" || exit 30
    [ -f "./$2" ] || { echo "no such file" >&2; exit 34; }
    wc -c <"./$2" && sha256sum <"./$2"
    """

  /// Brings a file of the board; `destination` must not exist, and appears when it is whole.
  func get(
    _ path: BoardPath, to destination: String, progress: CopyProgress? = nil
  ) async throws(LabError) {
    let message = "cannot copy \(path) from the board to \(destination)"
    try await connection.open(step: "get")
    try await copying(message, step: "get") {
      guard !FileManager.default.fileExists(atPath: destination) else {
        throw SystemError(number: EEXIST)
      }
      let look = try await session.collect(
        RemoteShell.command(Self.lookScript, [folder, "\(path)"]))
      let words = look.output.split(whereSeparator: \.isWhitespace)
      guard look.succeeded, words.count >= 2, let size = Int64(words[0]), size >= 0 else {
        throw error(message, step: "get", cause: look.errors)
      }
      let file = try NewFile(TemporaryName.beside(destination))
      defer { unlink(file.path) }
      let digest = try await receive(path, into: file.descriptor, size, progress, message)
      guard digest == words[1] else {
        throw error(
          message, step: "get",
          cause: "what arrived has another SHA-256 hash, or the file was changed meanwhile")
      }
      try FileCopy.link(from: file.path, to: destination)
    }
  }

  /// - Returns: SHA-256 of what came.
  private func receive(
    _ path: BoardPath, into file: Int32, _ size: Int64, _ progress: CopyProgress?,
    _ message: String
  ) async throws -> String {
    let sink = Mutex(HashingSink())
    let outcome = try await session.stream(
      RemoteShell.command("exec cat \"$1\"", ["\(folder)/\(path)"])
    ) { piece in
      try sink.withLock { sink in
        sink.count += Int64(piece.count)
        // A file that grows would fill this machine's disk.
        guard sink.count <= size else { throw SystemError(number: EFBIG) }
        sink.hash.update(piece)
        try Descriptor.write(piece, to: file)
        progress?(sink.count, size)
      }
    }
    guard outcome.succeeded else { throw error(message, step: "get", cause: outcome.errors) }
    return sink.withLock { $0.digest() }
  }

  private func copying(
    _ message: String, step: String, _ body: () async throws -> Void
  ) async throws(LabError) {
    try await connection.translated(step: step) {
      do { try await body() } catch let cause as any ErrnoCarrying {
        throw error(message, step: step, cause: ErrorWords.words(of: cause))
      }
    }
  }

  private func error(_ message: String, step: String, cause: String) -> LabError {
    LabError(
      .fileNotCopied, message, board: connection.target.board, step: step, cause: cause)
  }
}

private struct HashingSink: ~Copyable {
  var hash = SHA256()
  var count: Int64 = 0

  /// Of all that came; begins anew.
  mutating func digest() -> String {
    var whole = SHA256()
    swap(&whole, &hash)
    return Hex.encode(whole.finalize())
  }
}
