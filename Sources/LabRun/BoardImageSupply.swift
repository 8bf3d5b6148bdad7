import LabBackends
import LabImage

/// The image that virtual machines boot, made where it is missing.
struct BoardImageSupply: Sendable {
  let observer: RunObserver

  func image() async throws(RunError) -> BootImage {
    let builder = ImageBuilder()
    if let image = builder.find() { return BootImage(image) }
    observer(.note("the board image is not there yet, or apt knows newer packages; making it"))
    let observer = observer
    do {
      return BootImage(
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
