import Foundation
import GuestSSH
import LabCore
import LabValues
import VMKit

/// One virtual machine of a lab. What happens inside of it goes by SSH; the rest is VBoxManage's.
struct VirtualBoxBoard: GuestMachine {
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
      folder: mark.folderOnBoard, macAddress: "\(VirtualBoxNames(record).mac(.lab, number))")
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

  /// The same for what VMKit asks of any machine.
  func virtualBox(
    _ deed: MachineDeed, _ body: () async throws(VBoxError) -> Void
  ) async throws(LabError) {
    try await virtualBox(deed.code, deed.message, step: deed.step, body)
  }

  func condition(step: String) async throws(LabError) -> MachineCondition {
    try await virtualBox(.commandFailed, "cannot ask for its state", step: step) {
      () throws(VBoxError) in try await host.condition(uuid)
    }
  }

  // MARK: What GuestMachine asks

  var hasUserDisk: Bool { mark.hasUserDisk }
  var labMAC: MACAddress { names.mac(.lab, number) }
  var settingsKey: String { "virtualbox" }
  var look: Duration { .seconds(2) }

  var prefixLength: Int {
    get throws(LabError) { try record.virtualBox.prefixLength }
  }

  func end() async throws -> String? {
    let condition = try await host.condition(uuid)
    return condition.isOn && condition != .stuck ? nil : condition.trouble
  }

  func trouble(step: String) async throws(LabError) -> MachineTrouble? {
    try await condition(step: step).trouble.map { MachineTrouble($0) }
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
