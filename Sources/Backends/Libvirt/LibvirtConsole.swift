import HostKit
import LabCore

extension LibvirtBoard {
  func consoleLog(limit: Int) async throws(LabError) -> String {
    try await reliably(step: "console") { board throws(LabError) in
      let (record, host, name) = (board.record, board.host, board.name)
      return try await board.libvirt(
        .noConsole, "cannot read what it wrote to its console", step: "console"
      ) { () throws(LibvirtError) in
        guard let storage = try LibvirtStorage.find(record, on: host) else { return "" }
        return try storage.consoleLog(name, limit: UInt64(limit))
      }
    }
  }

  func console(input: Int32, output: Int32, end: UInt8) async throws(LabError) {
    let (uri, domainName) = (host.uri, domain.name)
    guard try await isOn(step: "console") else { throw switchedOff(step: "console") }
    let session = ConsoleSession(input: input, output: output, end: end)
    do {
      try await withTaskCancellationHandler {
        try await LibvirtConnection.blocking { () throws(LibvirtError) in
          try session.run(uri, domainName)
        }
      } onCancel: {
        session.stop()
      }
    } catch {
      throw LabError(
        .noConsole, "cannot open its console", board: name, step: "console",
        cause: ErrorWords.words(of: error))
    }
  }
}
