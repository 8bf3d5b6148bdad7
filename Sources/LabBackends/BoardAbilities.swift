//  What boards of some backends can do beyond RunningBoard; BackendCapabilities says which.

/// A board whose network link can be taken down, as if its cable were pulled.
public protocol LinkControl: RunningBoard {
  func setLink(up: Bool) async throws(BackendError)
}

/// A board whose link can be made worse.
public protocol Impairing: RunningBoard {
  /// What this machine can do to the link. The others throw `.unsupported`.
  func possibleImpairments() async throws(BackendError) -> Set<Impairment.Kind>

  /// Puts the whole value on what the board sends, in place of any earlier one.
  func impair(_ impairment: Impairment) async throws(BackendError)

  /// Makes the link good again. May be repeated.
  func clearImpairment() async throws(BackendError)
}

/// A board that can record what passes its interface.
public protocol Capturing: RunningBoard {
  /// Records every frame from the moment of return; `file` must not exist.
  func startCapture(to file: String) async throws(BackendError) -> any PacketCapture
}

/// A capture that runs.
public protocol PacketCapture: Sendable {
  /// The file that it writes, pcapng or pcap.
  var file: String { get }

  /// Ends the capture; on return every captured frame is in the file. May be repeated.
  func stop() async throws(BackendError)
}
