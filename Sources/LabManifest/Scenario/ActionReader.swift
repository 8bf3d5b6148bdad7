import HostKit
import LabValues

// What a step does.
extension StepReader {
  /// Nil where it is wrong.
  mutating func action(_ field: Value.Field) -> StepAction? {
    let value = field.value
    guard !value.isInvalid else { return nil }
    switch field.key {
    case "exec": return command(value).map(StepAction.exec)
    case "service": return command(value).map { .service($0, ready: readiness(value["ready"])) }
    case "stop": return stop(value)
    case "copy": return copy(value)
    case "wait": return wait(value)
    case "parallel": return parallel(value)
    case "heal": return heal(value)
    default: return labAction(field.key, value)
    }
  }

  private mutating func labAction(_ key: String, _ value: Value) -> StepAction? {
    switch key {
    case "kill": return board(value).map(StepAction.kill)
    case "reboot": return board(value).map(StepAction.reboot)
    case "capture": return board(value["link"]).map { .capture(board: $0) }
    case "link":
      return board(value["on"]).map { .link(board: $0, isUp: value["state"]?.text == "up") }
    case "impair":
      guard let board = board(value["link"]) else { return nil }
      let impairment = ImpairmentReader.read(value, into: &diagnostics)
      guard let impairment else {
        diagnostics.report(
          value.place, "the impairment is empty",
          hint: "for example: impair: { link: \(board), loss: 1% }; 'heal:' makes links good again")
        return nil
      }
      return .impair(board: board, impairment)
    case "snapshot":
      guard let name = value.text else { return nil }
      snapshots.insert(name)
      return .snapshot(name)
    case "restore": return restore(value)
    case "clock":
      guard let board = board(value["on"]), let text = value["offset"]?.text,
        let offset = try? OffsetText.parse(text)
      else { return nil }
      return .clock(board: board, offset: offset)
    default: return nil
    }
  }

  mutating func command(_ value: Value?) -> CommandStep? {
    guard let value, !value.isInvalid else { return nil }
    let board = board(value["on"])
    let words: [String]
    switch (value["run"], value["sh"]) {
    case (let run?, nil): words = run.elements.compactMap(\.text)
    case (nil, let text?): words = ["sh", "-c", text.text ?? ""]
    case (nil, nil), (_?, _?):
      diagnostics.report(
        value.place, "a command takes either 'run' or 'sh'",
        hint: "run: [ls, -l], or sh: \"ls -l | wc -l\"")
      return nil
    }
    return board.map { CommandStep(board: $0, words: words) }
  }

  private mutating func readiness(_ value: Value?) -> Readiness? {
    guard let value, !value.isInvalid else { return nil }
    guard value.fields.count == 1, let field = value.fields.first, let text = field.value.text
    else {
      if !value.fields.contains(where: { $0.value.isInvalid }) {
        diagnostics.report(
          value.place, "'ready' takes one of 'stdout', 'tcp' and 'file'",
          hint: "for example: ready: { tcp: 8080 }")
      }
      return nil
    }
    switch field.key {
    case "tcp": return UInt16(text).map(Readiness.port)
    case "file": return .file(text)
    default: return (try? RegularExpression(text)).map(Readiness.output)
    }
  }

  private mutating func stop(_ value: Value) -> StepAction? {
    let service = value.text == nil ? value["service"] : value
    return earlier(service, "a service") { $0.isService }
      .map { .stop(service: $0, signal: value["signal"]?.text ?? "TERM") }
  }

  private mutating func copy(_ value: Value) -> StepAction? {
    guard let from = place(value["from"]), let to = place(value["to"]) else { return nil }
    if case .local(let path) = from {
      guard case .board = to else {
        diagnostics.report(
          value.place, "'copy' is from, to or between boards", hint: "write a board as alice:path")
        return nil
      }
      checkFile(path, value["from"])
    }
    return .copy(from: from, to: to)
  }

  private mutating func checkFile(_ path: String, _ value: Value?) {
    guard names.checksFiles, let value else { return }
    do throws(RegularFile.Problem) { _ = try RegularFile(path) } catch {
      diagnostics.reportMissingFile(
        value.place, "the file '\(value.text ?? path)' \(error.message)",
        hint: "paths begin at the manifest's folder: \(path)")
    }
  }

  /// `board:path`, or a file of this machine.
  private mutating func place(_ value: Value?) -> FilePlace? {
    guard let value, let text = value.text else { return nil }
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
      return .local(absolutePath(text, in: names.directory))
    }
    let name = String(text[..<colon])
    let path = String(text[text.index(after: colon)...])
    guard names.boards.contains(name) else {
      diagnostics.report(
        value.place, "there is no board '\(name)'",
        hint: Suggestion.hint(for: name, among: names.boards, listing: "boards"))
      return nil
    }
    do throws(FormatError) { try Format.checkBoardPath(path) } catch {
      diagnostics.report(value.place, error.message, hint: error.hint)
      return nil
    }
    return .board(name, path)
  }

  private mutating func wait(_ value: Value) -> StepAction? {
    switch (value["for"], value["until"]) {
    case (let length?, nil):
      diagnostics.warn(
        value.place, "a wait for a length of time is too short on a slow machine, or too long",
        hint: "say what it waits for: wait: { until: { exec: …, expect: … } }")
      return duration(length).map(StepAction.wait)
    case (nil, let condition?):
      guard !condition.isInvalid, let command = command(condition["exec"]) else { return nil }
      return .waitUntil(command, commandExpectation(condition["expect"]))
    default:
      diagnostics.report(
        value.place, "'wait' takes either 'for' or 'until'", hint: "for example: wait: { for: 2s }")
      return nil
    }
  }

  private mutating func parallel(_ value: Value) -> StepAction? {
    let steps = value.elements.compactMap { step($0) }
    var seen: Set<String?> = []
    for step in steps {
      guard case .exchange(let exchange) = step.action else { continue }
      guard seen.insert(exchange.exchange).inserted else {
        diagnostics.report(
          value.place, "two steps at once are the same exchange",
          hint: "its files would be in each other's way: name another exchange")
        return nil
      }
    }
    return steps.isEmpty ? nil : .parallel(steps)
  }

  private mutating func heal(_ value: Value) -> StepAction? {
    if case .scalar(_, .null) = value.content { return .heal }
    diagnostics.report(value.place, "'heal' takes no value", hint: "write '- heal:'")
    return nil
  }

  private mutating func restore(_ value: Value) -> StepAction? {
    guard let name = value.text else { return nil }
    if !snapshots.contains(name) {
      diagnostics.report(
        value.place, "the scenario has made no snapshot '\(name)' before",
        hint: snapshots.isEmpty
          ? "make it in an earlier step: '- snapshot: \(name)'"
          : Suggestion.hint(for: name, among: snapshots.sorted(), listing: "snapshots"))
      return nil
    }
    return .restore(name)
  }
}
