import ArgumentParser
import Foundation
import LabManifest
import LabRun
import PiExchange

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented manifest that works at once.",
    discussion: """
      Where no image is named, a sample picture is drawn beside the manifest. Its flat areas show what \
      Electronic Codebook mode leaves visible.

      Examples:
        pilab init && pilab run
        pilab init lab/photo.yaml --image photo.png
      """)

  @Argument(help: "The manifest to write.", completion: .file())
  var file = ManifestPath.defaults[0]

  @Option(help: "The image that the boards exchange.", completion: .file())
  var image: String?

  @Option(
    name: LabName.option,
    help: ArgumentHelp(
      "The lab's name; the manifest's file name where none is given.", valueName: "name"))
  var name: String?

  @Flag(help: "Replace a manifest that is there.")
  var force = false

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let manifest = URL(fileURLWithPath: file)
      try refuseExisting(manifest)
      let name = try labName(for: manifest)
      try requireImage()
      let folder = manifest.deletingLastPathComponent()
      let picture = image.map { URL(fileURLWithPath: $0) } ?? folder.appending(path: "sample.ppm")
      let drawsPicture = image == nil && !FileManager.default.fileExists(atPath: picture.path)
      if drawsPicture { try write(Data(SamplePicture.ppm()), to: picture) }
      let text = ManifestTemplate.text(name: name, image: Self.path(of: picture, from: folder))
      do {
        // What is written must work at once, so it is read before it gets its name.
        _ = try LabManifest.parse(text, path: manifest.path)
        try write(Data(text.utf8), to: manifest)
      } catch {
        if drawsPicture { try FileManager.default.removeItem(at: picture) }
        throw error
      }
      let drawn = drawsPicture ? " and \(picture.lastPathComponent) beside it" : ""
      try Console.print("wrote \(file)\(drawn); next: pilab run \(file)\n")
    }
  }

  private func labName(for manifest: URL) throws(RunError) -> String {
    let text = name ?? manifest.deletingPathExtension().lastPathComponent
    guard let name = BoardName(text) else {
      throw RunError(
        "usage", "'\(text)' is not a name for a lab",
        hint: "lower-case letters, digits and hyphens, for example: --lab my-lab", status: .usage)
    }
    return name.text
  }

  private func requireImage() throws(RunError) {
    guard let image, !FileManager.default.isReadableFile(atPath: image) else { return }
    throw RunError(
      "image_missing", "there is no readable image \(image)", status: .inputMissing)
  }

  private func refuseExisting(_ manifest: URL) throws(RunError) {
    guard !force, FileManager.default.fileExists(atPath: manifest.path) else { return }
    throw RunError(
      "output_refused", "\(file) exists already",
      hint: "use --force to replace it, or name another",
      status: .outputRefused)
  }

  private func write(_ data: Data, to url: URL) throws(RunError) {
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: url, options: .atomic)
    } catch {
      throw RunError(
        "output_refused", "cannot write \(url.path)", cause: error.localizedDescription,
        status: .outputRefused)
    }
  }

  /// Relative where the image lies in the manifest's folder or below, else absolute.
  private static func path(of image: URL, from folder: URL) -> String {
    let image = image.standardizedFileURL.path
    let prefix = folder.standardizedFileURL.path + "/"
    return image.hasPrefix(prefix) ? String(image.dropFirst(prefix.count)) : image
  }
}
