import BootImage
import LabCore

/// The image that virtual machines boot, made where it is missing.
struct BoardImageSupply: Sendable {
  let observer: RunObserver

  func image() async throws(LabError) -> BootFiles {
    let builder = ImageBuilder()
    if let image = builder.find() { return image.bootFiles }
    observer(.note("the board image is not there yet, or apt knows newer packages; making it"))
    let observer = observer
    return try await builder.build { step in
      observer(.note("board image: \(step.description)"))
    }.bootFiles
  }
}
