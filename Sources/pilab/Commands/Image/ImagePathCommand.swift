import ArgumentParser

struct ImagePathCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Print the path of the board image, or of one of its files.")

  enum File: String, ExpressibleByArgument, CaseIterable {
    case kernel, initramfs, iso
    case plainISO = "plain-iso"
  }

  @Argument(help: "kernel, initramfs, iso or plain-iso; the folder of all where none is named.")
  var file: File?

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let image = try ImageCommand.current()
      let path =
        switch file {
        case .kernel: image.kernel
        case .initramfs: image.initramfs
        case .iso: image.iso
        case .plainISO: image.plainISO
        case nil: image.folder
        }
      try Console.print(path + "\n")
    }
  }
}
