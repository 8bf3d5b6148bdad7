import Foundation
import Glibc
import GuestSSH
import HostKit
import LabCore

//  What goes into a board. An interpreted processor decrypts and hashes a hundred kilobytes a second, so large files come
//  on a disc, which VirtualBox puts into the board's third drive while it runs.

extension VirtualBoxBoard {
  /// What takes a disc as long as SSH does.
  private static let smallest = 128 << 10

  func put(_ file: String, to path: BoardPath, access: FileAccess) async throws(LabError) {
    do throws(LabError) {
      var status = stat()
      guard mark.engine == .driverless, !mark.hasUserDisk, stat(file, &status) == 0,
        status.st_size >= Self.smallest
      else { return try await ssh.put(file, to: path, access: access) }
      try await DiscDelivery(board: self, file: file, path: path, access: access).run()
    } catch { throw await explained(error) }
  }
}

/// Brings a file to a board that runs, on a disc.
struct DiscDelivery: Sendable {
  let board: VirtualBoxBoard
  let file: String
  let path: BoardPath
  let access: FileAccess

  /// Unlike any before, so that the board cannot take another disc for it.
  private let label = "PILAB_" + LabRecord.newID().uppercased()

  private var disc: String { "\(board.folder.path)/\(label).iso" }

  func run() async throws(LabError) {
    let source: RegularFile
    let hash: String
    do {
      source = try RegularFile(file)
      hash = try source.sha256()
    } catch { throw failure(ErrorWords.words(of: error)) }
    if try await isThere(hash) { return }
    try await makeDisc()
    defer { unlink(disc) }
    try await insert(disc)
    let result: Result<Void, LabError>
    do throws(LabError) {
      try await copy(size: source.size, hash)
      result = .success(())
    } catch { result = .failure(error) }
    // The drive is needed again.
    let ejection: Result<Void, LabError>
    do throws(LabError) {
      try await uncancelled { () throws(LabError) in try await eject() }
      ejection = .success(())
    } catch { ejection = .failure(error) }
    try result.get()
    try ejection.get()
  }

  // MARK: On the board

  /// What was brought is noted beside: to hash it again takes minutes.
  private static let note = "/run/pilab-discs"

  /// Arguments: folder, path, hash, permissions. Prints `same` where the file is there; any other of the name is
  /// removed, for memory has no room for two.
  private static let lookScript = """
    cd "$1" || exit 1
    [ -f "./$2" ] && [ ! "./$2" -nt \(note) ] && grep -qxF "$3 $(wc -c <"./$2") $2" \(note) 2>/dev/null &&
      chmod "$4" "./$2" && echo same && exit
    rm -f "./$2"
    """

  private func isThere(_ hash: String) async throws(LabError) -> Bool {
    let outcome = try await board.ssh.tool(
      Self.lookScript, [board.ssh.folder, "\(path)", hash, permissions], step: "put")
    return outcome.output.hasPrefix("same")
  }

  private var permissions: String { String(access.rawValue, radix: 8) }

  /// Arguments: folder, path, temporary path, permissions, size, label, hash.
  private static let copyScript = """
    cd "$1" || exit 30
    case $2 in */*) mkdir -p "./${2%/*}" || exit 30 ;; esac
    place=/run/disc
    mkdir -p $place
    tries=0 found=
    while [ -z "$found" ]; do
      for drive in /dev/sr[0-9]; do
        [ "$(dd if="$drive" bs=1 skip=32808 count=${#6} 2>/dev/null)" != "$6" ] || found=$drive
      done
      tries=$((tries + 1))
      [ -n "$found" ] || [ "$tries" -lt 100 ] || { echo "the disc does not appear" >&2; exit 31; }
      [ -n "$found" ] || sleep 0.2
    done
    mount -t iso9660 -o ro,nosuid,nodev,noexec "$found" $place || exit 32
    (umask 077; cat $place/file >"./$3")
    c=$?
    umount $place
    [ $c = 0 ] && [ "$(wc -c <"./$3")" = "$5" ] && chmod "$4" "./$3" && mv -f "./$3" "./$2" ||
      { rm -f "./$3"; exit 33; }
    echo "$7 $5 $2" >>\(note)
    """

  private func copy(size: Int64, _ hash: String) async throws(LabError) {
    let outcome = try await board.ssh.tool(
      Self.copyScript,
      [
        board.ssh.folder, "\(path)", "\(path).\(LabRecord.newID()).part", permissions, "\(size)",
        label, hash,
      ], step: "put")
    guard outcome.succeeded else {
      throw failure(outcome.errors.isEmpty ? "\(outcome.status)" : outcome.errors)
    }
  }

  // MARK: On this machine

  private func makeDisc() async throws(LabError) {
    let tree = "\(board.folder.path)/\(label)"
    defer { try? FileManager.default.removeItem(atPath: tree) }
    do {
      try FileManager.default.createDirectory(
        atPath: tree, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      try FileCopy.copy(from: file, to: "\(tree)/file", permissions: 0o600)
      let outcome = try await board.host.manage.tools.run([
        "xorriso", "-as", "mkisofs", "-quiet", "-V", label, "-o", disc, tree,
      ])
      guard outcome.succeeded else { throw VBoxError(.other, outcome.errors) }
    } catch { throw failure(ErrorWords.words(of: error)) }
  }

  private func insert(_ medium: String) async throws(LabError) {
    try await board.virtualBox(.fileNotCopied, message, step: "put") { () throws(VBoxError) in
      try await board.host.manage.change(
        ["storageattach", board.uuid] + BoardMachine.deliveryDrive + ["--medium", medium])
    }
  }

  private func eject() async throws(LabError) {
    try await insert("emptydrive")
    try await board.virtualBox(.fileNotCopied, message, step: "put") { () throws(VBoxError) in
      try await board.host.manage.change(["closemedium", "dvd", disc])
    }
  }

  private var message: String { "cannot put \(file) on the board as \(path)" }

  private func failure(_ cause: String) -> LabError {
    LabError(.fileNotCopied, message, board: board.name, step: "put", cause: cause)
  }
}
