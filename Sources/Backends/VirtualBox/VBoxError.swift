import HostKit
import LabCore

/// What VBoxManage refused, in its own words.
struct VBoxError: Error, CustomStringConvertible {
  enum Kind: Sendable, Equatable {
    case objectNotFound
    /// VirtualBox cannot read the machine's settings.
    case inaccessible
    /// Somebody else has the machine's lock, or it is being let go of; passes.
    case busy
    /// VBoxSVC is starting or ending; passes.
    case serviceStarting
    /// The machine is in no state for it: off, say.
    case wrongState
    /// No answer in the time it has.
    case noAnswer
    /// The program itself cannot be run.
    case notRun
    case cancelled
    case other
  }

  var kind: Kind
  /// `VBOX_E_OBJECT_NOT_FOUND`, `NS_ERROR_FAILURE`; empty where none was told.
  var code = ""
  var description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// - Parameter text: all that VBoxManage has written.
  init?(output text: String, succeeded: Bool) {
    var (messages, code) = ([String](), "")
    for line in text.split(whereSeparator: \.isNewline) {
      // VBoxManage on Linux and macOS, VBoxManage.exe on Windows.
      guard let words = line.firstMatch(of: /VBoxManage(?:\.exe)?: error: (.*)/)?.output.1 else {
        continue
      }
      if code.isEmpty, let found = words.firstMatch(of: /code ([A-Z][A-Za-z_0-9]*) \(0x/)?.output.1
      {
        code = String(found)
      }
      if !words.hasPrefix("Details:"), !words.hasPrefix("Context:") {
        messages.append(String(words))
      }
    }
    guard !messages.isEmpty || !succeeded else { return nil }
    let rest = VBoxText.answer(text).split(whereSeparator: \.isNewline).suffix(3)
    self.code = code
    description =
      messages.isEmpty
      ? (rest.isEmpty ? "it gave no reason" : rest.joined(separator: "; "))
      : messages.joined(separator: "; ")
    kind = Self.kind(code, description)
  }

  private static func kind(_ code: String, _ words: String) -> Kind {
    func says(_ texts: [String]) -> Bool { texts.contains { words.contains($0) } }
    if says([
      "already locked", "being unlocked", "is locked for", "already has a lock request",
      "object is not ready", "is not mutable", "Failed to get a console object",
      "session is currently open", "close it first",
    ]) {
      return .busy
    }
    if code == "CO_E_SERVER_EXEC_FAILURE" || code == "NS_ERROR_CALL_FAILED"
      || says(["Failed to create the VirtualBox object", "Failed to initialize COM"])
    {
      return .serviceStarting
    }
    if says(["object functionality is limited"]) { return .inaccessible }
    switch code {
    case "VBOX_E_OBJECT_NOT_FOUND": return .objectNotFound
    case "VBOX_E_INVALID_VM_STATE", "VBOX_E_INVALID_OBJECT_STATE": return .wrongState
    default: return says(["not currently running", "Invalid machine state"]) ? .wrongState : .other
    }
  }

  var passes: Bool { kind == .busy || kind == .serviceStarting }
}

extension VBoxError {
  /// - Parameter message: what could not be done.
  func failure(
    _ code: LabError.Code, _ message: String, board: String? = nil, step: String
  ) -> LabError {
    if kind == .cancelled {
      return LabError(.cancelled, "told to stop", board: board, step: step)
    }
    return LabError(
      kind == .notRun || kind == .noAnswer ? .unavailable : code, message, board: board,
      step: step, hint: hint, cause: description)
  }

  private var hint: String? {
    switch kind {
    case .noAnswer:
      return
        "VirtualBox's service VBoxSVC hangs: end it when none of your machines runs, and try again"
    case .busy: return "another program holds the machine: close VirtualBox's windows for it"
    case .serviceStarting:
      return "VirtualBox's service VBoxSVC does not start: try VBoxManage list vms"
    default: break
    }
    return ToolWords.hint(description)
  }
}
