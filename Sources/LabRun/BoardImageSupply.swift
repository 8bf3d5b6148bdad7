import BootImage
import LabCore
import VMKit

/// The image that virtual machines boot, made where it is missing.
struct BoardImageSupply: Sendable {
  let observer: RunObserver

  func image() async throws(RunError) -> BootFiles {
    let builder = ImageBuilder()
    if let image = builder.find() { return BootFiles(image) }
    observer(.note("the board image is not there yet, or apt knows newer packages; making it"))
    let observer = observer
    do {
      return BootFiles(
        try await builder.build { step in observer(.note("board image: \(step.description)")) })
    } catch { throw RunError(error) }
  }
}

extension RunError {
  public init(_ error: ImageError) {
    self.init(
      error.code.rawValue, error.message, hint: error.hint, step: "image", cause: error.cause,
      status: error.code == .cancelled ? .interrupted : .environmentUnfit)
  }
}
