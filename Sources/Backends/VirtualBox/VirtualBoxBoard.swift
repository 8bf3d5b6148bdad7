import Foundation
import GuestSSH
import LabCore
import VMKit

/// One virtual machine of a lab. What happens inside of it goes by SSH; the rest is VBoxManage's.
struct VirtualBoxBoard: SSHReached {
  let ssh: SSHBoard
  /// From 1, in the order of the record.
  let number: Int
  let uuid: String
  let record: LabRecord
  let host: VirtualBoxHost
  let mark: VirtualBoxMark

  var names: VirtualBoxNames { VirtualBoxNames(record) }
  var folder: VirtualBoxFolder { VirtualBoxFolder(record) }

  init(
    _ board: LabRecord.Board, number: Int, record: LabRecord, host: VirtualBoxHost,
    mark: VirtualBoxMark
  ) throws(LabError) {
    self.number = number
    uuid = try record.machine(number)
    self.record = record
    self.host = host
    self.mark = mark
    let target = SSHTarget(
      board: board.name, lab: record.id, port: mark.port, user: mark.user,
      folder: SSHTarget.folder(of: record))
    ssh = SSHBoard(
      board,
      connection: try SSHConnection(
        target, timing: mark.engine.timing, tools: host.manage.tools),
      folder: mark.folderOnBoard, macAddress: VirtualBoxNames(record).mac(.lab, number))
  }

  /// A call of VBoxManage about this board.
  @discardableResult
  func virtualBox<Value: Sendable>(
    _ code: LabError.Code, _ message: String, step: String,
    _ body: () async throws(VBoxError) -> Value
  ) async throws(LabError) -> Value {
    do { return try await body() } catch {
      throw error.failure(code, message, board: name, step: step)
    }
  }

  func condition(step: String) async throws(LabError) -> MachineCondition {
    try await virtualBox(.commandFailed, "cannot ask for its state", step: step) {
      () throws(VBoxError) in try await host.condition(uuid)
    }
  }

  /// Waits for the board's SSH server.
  /// - Throws: `.bootFailed` with the last lines of the serial console.
  func waitUntilReady(_ timeout: Duration, step: String) async throws(LabError) {
    let (host, uuid, path) = (host, uuid, folder.consoleLog(number))
    let wait = BootWait(
      ssh: ssh, timeout: timeout, step: step, timeoutKey: "virtualbox", look: .seconds(2),
      end: {
        let condition = try await host.condition(uuid)
        return condition.isOn && condition != .stuck ? nil : condition.trouble
      },
      console: { ConsoleFile.tail(path, 16 << 10) })
    try await wait.run(until: .now + timeout)
  }

  /// Gives a board of the user's own disk its address and all boards' names; boards of our image have them from the
  /// start.
  func configure(prefixLength: Int) async throws(LabError) {
    guard mark.hasUserDisk else { return }
    try await ssh.files.makeFolder()
    try await ssh.assignAddress("\(address)/\(prefixLength)", mac: names.mac(.lab, number))
    try await ssh.assignNames(record.boards)
  }
}

extension VirtualBoxEngine {
  /// What an interpreted board needs for a key exchange, or to say that it is alive.
  var timing: SSHTiming {
    self == .driver
      ? SSHTiming() : SSHTiming(connect: 60, aliveInterval: 30, aliveCount: 6, idle: 600)
  }

  /// From switching on to the first answer, where nobody says otherwise.
  var bootTimeout: Duration { self == .driver ? .seconds(180) : .seconds(1200) }
}

/// A file that a serial port writes to.
enum ConsoleFile {
  /// The last bytes; empty where there is none.
  static func tail(_ path: String, _ limit: Int) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    let size = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: size - min(size, UInt64(limit)))
    let bytes = (try? file.read(upToCount: limit)) ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }
}
