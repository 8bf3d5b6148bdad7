import ArgumentParser
import Foundation
import LabImage
import LabResults
import LabRun

struct ImageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image",
    abstract: "Build and look after the board image that virtual machines boot.",
    discussion: """
      The image is made from Debian packages of this machine's apt configuration, without root, and kept in \
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

struct ImageBuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Make the board image, or find that it is made.",
    discussion: """
      An image is named after the hash of all that it is made from, so there is nothing to do until apt's \
      package lists or pilab change.
      """)

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let builder = ImageBuilder()
      let found = builder.find()
      let isQuiet = quiet
      let image = try await Interruption.guarding { () async throws(RunError) in
        try await RunError.of { () async throws(ImageError) in
          try await builder.build { step in
            if !isQuiet { Console.tell("image: \(step.description)\n") }
          }
        }
      }
      let document = ImageDocument(image, built: found == nil)
      try Console.print(format == .json ? document.encoded() : document.text)
    }
  }
}

struct ImageShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the board image: its files, sizes, kernel and packages.")

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let document = ImageDocument(try ImageCommand.current())
      try Console.print(
        format == .json ? document.encoded() : document.text + document.packageTable)
    }
  }
}

struct ImagePathCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Print where the board image lies, or one of its files.")

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

struct ImagePruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove images that no 'pilab up' would take any more, and their package files.",
    discussion: "Labs that are up keep running: their boards have read the image already.")

  @Flag(help: "The current image too.")
  var all = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let removesAll = all
      let removed = try await RunError.of { () async throws(ImageError) in
        try await ImageBuilder().prune(all: removesAll)
      }
      switch format {
      case .json: try Console.print(removed.encoded())
      case .text:
        let text = removed.paths.map { "removed \($0)\n" }.joined()
        try Console.print(text + "\(Human.bytes(removed.bytes)) freed\n")
      }
    }
  }
}

extension ImageCommand {
  static func current() throws(RunError) -> BoardImage {
    guard let image = ImageBuilder().find() else {
      throw RunError(
        "image_missing", "there is no board image for the packages that apt knows now",
        hint: "make it: pilab image build", status: .inputMissing)
    }
    return image
  }
}

extension RunError {
  /// Runs work on the board image, its errors as those of a run.
  static func of<Value: Sendable>(
    _ body: () async throws(ImageError) -> Value
  ) async throws(RunError) -> Value {
    do throws(ImageError) { return try await body() } catch { throw RunError(error) }
  }
}

/// The image as `--format json` and the terminal show it.
struct ImageDocument: Encodable {
  var digest: String
  var kernelVersion: String
  var kernel: String
  var initramfs: String
  var iso: String
  var plainISO: String
  /// Of kernel and initramfs.
  var bytes: UInt64
  var isoBytes: UInt64
  var plainISOBytes: UInt64
  var kernelArguments: [String]
  var packages: [BoardImage.Package]
  /// Whether this command made it; nil where none was asked to.
  var built: Bool?

  init(_ image: BoardImage, built: Bool? = nil) {
    digest = image.digest
    kernelVersion = image.kernelVersion
    (kernel, initramfs) = (image.kernel, image.initramfs)
    (iso, plainISO) = (image.iso, image.plainISO)
    (bytes, isoBytes, plainISOBytes) = (image.size, image.isoSize, image.plainISOSize)
    kernelArguments = image.kernelArguments
    packages = image.packages
    self.built = built
  }

  var text: String {
    let state = built.map { $0 ? "image built\n" : "the image is there already\n" } ?? ""
    return state + """
      kernel      \(kernel)  (\(kernelVersion))
      initramfs   \(initramfs)  (with the kernel \(Human.bytes(bytes)))
      iso         \(iso)  (\(Human.bytes(isoBytes)))
      plain iso   \(plainISO)  (\(Human.bytes(plainISOBytes)))
      arguments   \(kernelArguments.joined(separator: " "))

      """
  }

  var packageTable: String {
    "\n"
      + TextTable.render(
        [["package", "version", "sha256"]]
          + packages.map { [$0.name, $0.version, String($0.sha256.prefix(16))] })
  }
}
