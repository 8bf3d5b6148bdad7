import ArgumentParser
import BootImage
import LabCore
import LabRun

struct ImageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image",
    abstract: "Build and look after the board image that virtual machines boot.",
    discussion: """
      The image is made from Debian's packages by this machine's apt, without root, and kept in \
      ~/.cache/pilab (or XDG_CACHE_HOME). 'pilab up' makes it when it is missing. Docs: docs/boards.md.

      Examples:
        pilab image build
        pilab image show --format json
        qemu-system-x86_64 -m 128 -cdrom $(pilab image path iso)
        pilab image prune
      """,
    subcommands: [
      ImageBuildCommand.self, ImageShowCommand.self, ImagePathCommand.self, ImagePruneCommand.self,
    ])
}

extension ImageCommand {
  static func current() throws(LabError) -> BoardImage {
    guard let image = ImageBuilder().find() else {
      throw LabError(
        .bootImageMissing, "there is no board image for the packages that apt knows now",
        hint: "make it: pilab image build")
    }
    return image
  }
}
