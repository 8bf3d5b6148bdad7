import HostKit
import LabCore
import LabTestSupport
import Testing

@testable import LabRun

/// Where files go, by the room that boards say they have.
struct StoragePlacementTests {
  private static let need = StoragePlacement.Need(
    board: "alice", fixed: 10, movable: 100, files: [ExchangePlan.boardPath("images/0.ppm")])

  private func room(_ boards: any RunningBoard...) -> StoragePlacement {
    StoragePlacement(lab: SpaciousLab(boards: boards), exchange: "first")
  }

  private func refusal(_ room: StoragePlacement, _ needs: [StoragePlacement.Need]) async
    -> LabError?
  {
    do throws(LabError) { _ = try await room.folders(for: needs) } catch { return error }
    return nil
  }

  @Test func whatFitsStaysInMemory() async throws {
    #expect(try await room(DiskBoard(memory: 110)).folders(for: [Self.need]).isEmpty)
    #expect(try await room(MemoryBoard(memory: 110)).folders(for: [Self.need]).isEmpty)
  }

  @Test func whatDoesNotFitGoesToTheDisk() async throws {
    let folders = try await room(DiskBoard(memory: 109)).folders(for: [Self.need])
    #expect(folders == ["alice": ExchangePlan.boardPath("disk")])
  }

  @Test func withoutADiskTheBoardIsFull() async {
    for board in [MemoryBoard(memory: 109), DiskBoard(memory: 109, disk: nil)]
      as [any RunningBoard]
    {
      let error = await refusal(room(board), [Self.need])
      #expect(error?.code.name == "board_full")
      #expect(error?.board == "alice")
      #expect(error?.hint?.contains("memory:") == true)
    }
    // The program has to be in memory.
    #expect(await refusal(room(DiskBoard(memory: 9)), [Self.need])?.code.name == "board_full")
  }

  @Test func fullDisksAreNamed() async {
    let full = await refusal(room(DiskBoard(memory: 20, disk: 99)), [Self.need])
    #expect(full?.code.name == "board_full")
    #expect(full?.message.contains("disk") == true)
    // Each disk by itself would have room.
    var other = Self.need
    other.board = "bob"
    let boards = room(
      DiskBoard(memory: 20, machine: 199), DiskBoard(name: "bob", memory: 20, machine: 199))
    #expect(await refusal(boards, [Self.need]) == nil)
    #expect(await refusal(boards, [Self.need, other])?.code.name == "disk_full")
  }

  @Test func everyFileOfTheBoardGoesToItsFolder() {
    let plan = ExchangePlan(
      exchange: .sample(), image: ExchangePlan.boardPath("disk/images/0.ppm"),
      folders: ["bob": ExchangePlan.boardPath("disk")])
    let paths = plan.artifacts.map(\.path.description)
    #expect(
      paths == [
        "disk/images/0.ppm", "first.encrypted.bin", "disk/first.encrypted.bin",
        "disk/first.decrypted.ppm",
      ])
    let receiver = plan.receiverArguments(connect: "10.77.0.1", port: 1)
    #expect(receiver.contains("disk/first.decrypted.ppm"))
  }
}

private struct SpaciousLab: RunningLab {
  let boards: [any RunningBoard]

  var record: LabRecord { LabRecord(mode: .fake, lab: "lab", folder: "/", boards: []) }

  func board(_ name: String) throws(LabError) -> any RunningBoard {
    guard let board = boards.first(where: { $0.name == name }) else {
      throw LabError(.noSuchBoard, name, step: "find")
    }
    return board
  }

}

/// A board that can say what room it has, and nothing else.
private protocol RoomBoard: StorageBound {}

extension RoomBoard {
  var address: String { "10.77.0.1" }
  private func cannot() -> LabError { LabError(.unsupported, "no", step: "run") }

  func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus { throw cannot() }
  func exec(_ command: ExecCommand) async throws(LabError) -> CommandStatus { throw cannot() }
  func detach(_ command: ExecCommand) async throws(LabError) -> Int32 { throw cannot() }
  func detached() async throws(LabError) -> [DetachedCommand] { throw cannot() }
  func output(
    of command: ExecCommand, limit: Int
  ) async throws(LabError) -> CommandOutput { throw cannot() }
  func stop(detached process: Int32, signal: String) async throws(LabError) { throw cannot() }
  func put(_ file: String, to path: BoardPath, access: FileAccess) async throws(LabError) {
    throw cannot()
  }
  func get(_ path: BoardPath, to destination: String) async throws(LabError) { throw cannot() }
}

private struct MemoryBoard: RoomBoard {
  var name = "alice"
  var memory: UInt64

  func freeSpace(
    in folder: BoardPath?, replacing files: [BoardPath]
  ) async throws(LabError) -> UInt64 { memory }
}

private struct DiskBoard: RoomBoard, DiskBacked {
  var name = "alice"
  var memory: UInt64
  var disk: UInt64? = 1000
  var machine: UInt64 = 1000

  func freeSpace(
    in folder: BoardPath?, replacing files: [BoardPath]
  ) async throws(LabError) -> UInt64 {
    #expect(files.allSatisfy { $0.description.hasPrefix("disk/") == (folder != nil) })
    return folder == nil ? memory : disk ?? 0
  }

  func diskFolder() async throws(LabError) -> BoardPath? {
    disk.flatMap { _ in BoardPath("disk") }
  }

  func roomForDisks() async throws(LabError) -> UInt64 { machine }
}
