import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabTestSupport
import LabValues
import PiExchange
import Synchronization
import TestSupport
import Testing

@testable import LabRun

/// A run of one exchange on a `FakeBackend`, whose programs tell of an exchange as the real ones do.
struct FakeRun {
  static let picture: [UInt8] = [1, 2, 3]
  static let ciphertext = [UInt8](repeating: 7, count: 16)

  let folder: String
  let backend: FakeBackend
  let manifest: LabManifest
  let exchange: Exchange
  let programs: BoardPrograms

  static func with(
    machines: Bool = false, sender: FakeBackend.Program? = nil,
    receiver: FakeBackend.Program? = nil,
    fault: @escaping @Sendable (FakeBackend.Step) -> LabError? = { _ in nil },
    _ body: (FakeRun) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let image = "\(folder)/picture.ppm"
      try Data(picture).write(to: URL(filePath: image))
      for name in ["pi-sender", "pi-receiver"] {
        let created = FileManager.default.createFile(
          atPath: "\(folder)/\(name)", contents: Data(), attributes: [.posixPermissions: 0o755])
        #expect(created)
      }
      let isDone = SharedValue(false)
      let receiver = receiver ?? self.receiver(decrypted: picture)
      let backend = FakeBackend(
        machines: machines,
        programs: [
          "pi-sender": sender ?? self.sender(until: isDone),
          "pi-receiver": { board, arguments, onLine throws(LabError) in
            let status = try await receiver(board, arguments, onLine)
            isDone.update { $0 = true }
            return status
          },
        ], fault: fault)
      let boards = ["alice", "bob"].enumerated().map { index, name in
        Board(name: name, address: IPv4Address(value: 0x0A4D_0001 + UInt32(index)))
      }
      let exchange = Exchange.sample(image: image)
      let manifest = LabManifest(
        name: "test", mode: .fake, network: LabNetwork(), boards: boards,
        exchanges: [exchange])
      try await body(
        FakeRun(
          folder: folder, backend: backend, manifest: manifest, exchange: exchange,
          programs: try BoardPrograms(folder: folder, environment: [:])))
    }
  }

  var plan: LabPlan {
    LabPlan(manifest, in: LabFolder(of: "test", in: "\(folder)/.pilab"), for: .fake)
  }

  /// - Parameters:
  ///   - further: done after the exchanges.
  ///   - others: backends beside the run's own.
  func finish(
    _ manifest: LabManifest? = nil, further: [any Experiment] = [], others: [FakeBackend] = []
  ) async throws -> LabRunner.Finished {
    let request = try RunRequest(
      manifest: manifest ?? self.manifest, root: "\(folder)/.pilab", programs: programs)
    var runner = LabRunner(
      request, catalog: BackendCatalog([backend] + others), page: { _, _ in "" })
    runner.further = further
    return try await runner.run()
  }

  var keeper: LabKeeper {
    LabKeeper(root: "\(folder)/.pilab", catalog: BackendCatalog([backend]))
  }

  // MARK: Programs

  /// Listens, and has sent its picture when its receiver is done.
  private static func sender(until isDone: SharedValue<Bool>) -> FakeBackend.Program {
    { board, arguments, onLine throws(LabError) in
      onLine(OutputLine(.standardError, #"{"event":"listening","port":4000}"#))
      while !isDone.value, !Task.isCancelled { await pause(.milliseconds(2)) }
      if Task.isCancelled { return .signalled(SIGTERM) }
      store(ciphertext, "--store-encrypted", arguments, on: board)
      return end(.sender, on: board, onLine)
    }
  }

  static func receiver(decrypted: [UInt8]) -> FakeBackend.Program {
    { board, arguments, onLine throws(LabError) in
      onLine(OutputLine(.standardError, #"{"event":"confirmed"}"#))
      store(ciphertext, "--store-encrypted", arguments, on: board)
      store(decrypted, "--store-decrypted", arguments, on: board)
      return end(.receiver, on: board, onLine)
    }
  }

  /// Says nothing until it is told to stop.
  static let silent: FakeBackend.Program = { _, _, _ throws(LabError) in
    while !Task.isCancelled { await pause(.milliseconds(2)) }
    return .signalled(SIGTERM)
  }

  /// Ends with an error as the board programs print it.
  static func failing(_ code: String, step: String, _ status: Int32) -> FakeBackend.Program {
    { _, _, onLine throws(LabError) in
      onLine(
        OutputLine(
          .standardOutput,
          #"{"error":{"code":"\#(code)","step":"\#(step)","message":"\#(code)"}}"#))
      return .exited(status)
    }
  }

  private static func pause(_ duration: Duration) async {
    do { try await Task.sleep(for: duration) } catch {
      // Cancelled: whoever waits looks at that itself.
    }
  }

  private static func store(
    _ bytes: [UInt8], _ option: String, _ arguments: [String], on board: FakeBoard
  ) {
    guard let index = arguments.firstIndex(of: option) else { return }
    board.write(bytes, to: arguments[index + 1])
  }

  private static func end(
    _ role: Role, on board: FakeBoard, _ onLine: (OutputLine) -> Void
  ) -> CommandStatus {
    let result: Data
    do { result = try JSONEncoder().encode(BoardResult.sample(role, board: board.name)) } catch {
      Issue.record(error)
      return .exited(70)
    }
    onLine(OutputLine(.standardOutput, String(decoding: result, as: UTF8.self)))
    return .exited(0)
  }
}
