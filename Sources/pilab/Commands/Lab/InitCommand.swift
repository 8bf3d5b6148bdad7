import ArgumentParser
import Backends
import Foundation
import HostKit
import LabCore
import LabManifest
import LabRun
import PiExchange

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented manifest that works at once.",
    discussion: """
      Without --image a sample picture is drawn beside the manifest. Its flat areas show what \
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

  @Flag(help: "Replace an existing manifest.")
  var force = false

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let manifest = URL(fileURLWithPath: file)
      try refuseExisting(manifest)
      let name = try labName(for: manifest)
      try requireImage()
      let folder = try Self.folder(of: manifest)
      let picture = image.map { URL(fileURLWithPath: $0) } ?? folder.appending(path: "sample.ppm")
      let drawsPicture = image == nil && !FileManager.default.fileExists(atPath: picture.path)
      let drawn = drawsPicture ? try write(SamplePicture.ppm(), to: picture) : nil
      let text = ManifestTemplate.text(
        name: name, image: Self.path(of: picture, from: folder),
        modes: Backends.grammar.modes)
      do {
        // What is written must work at once, so it is read before it gets its name.
        let place = folder.appending(path: manifest.lastPathComponent)
        _ = try Backends.grammar.parse(text, path: place.path)
        try write(Array(text.utf8), to: manifest)
      } catch {
        if let drawn, drawn.kind == .absent {
          try FileManager.default.removeItem(atPath: drawn.path)
        }
        throw error
      }
      try tell(picture: drawn == nil ? nil : picture.lastPathComponent, manifest)
    }
  }

  /// A manifest that went into a pipe or a terminal has no place, and nothing is put between its lines.
  private func tell(picture: String?, _ manifest: URL) throws(LabError) {
    guard try Self.isFile(manifest) else {
      if let picture { Console.tell("wrote \(picture)\n") }
      return
    }
    let drawn = picture.map { " and \($0) beside it" } ?? ""
    try Console.print("wrote \(file)\(drawn); next: pilab run \(file)\n")
  }

  /// Where the sample picture goes: beside the manifest, and where that is no file, here.
  private static func folder(of manifest: URL) throws(LabError) -> URL {
    try isFile(manifest)
      ? manifest.deletingLastPathComponent()
      : URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
  }

  /// It is a regular file, or will be one.
  private static func isFile(_ url: URL) throws(LabError) -> Bool {
    do throws(OutputFailure) {
      let kind = try OutputPlace(url.path).kind
      return kind == .file || kind == .absent
    } catch {
      throw Self.refused(url, SystemFault(error, path: url.path, .write))
    }
  }

  private func labName(for manifest: URL) throws(LabError) -> String {
    let text = name ?? manifest.deletingPathExtension().lastPathComponent
    guard let name = BoardName(text) else {
      throw LabError(
        .usage, "'\(text)' is not a name for a lab",
        hint: "lower-case letters, digits and hyphens, for example: --lab my-lab")
    }
    return name.text
  }

  private func requireImage() throws(LabError) {
    guard let image, !FileManager.default.isReadableFile(atPath: image) else { return }
    throw LabError(
      .imageMissing, "there is no readable image \(image)")
  }

  private func refuseExisting(_ manifest: URL) throws(LabError) {
    guard !force, FileManager.default.fileExists(atPath: manifest.path) else { return }
    throw LabError(
      .outputRefused, "\(file) exists already",
      hint: "use --force to replace it, or name another")
  }

  @discardableResult
  private func write(_ bytes: [UInt8], to url: URL) throws(LabError) -> OutputPlace {
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw Self.refused(url, SystemFault(error, path: url.path, .write))
    }
    do throws(OutputFailure) { return try OutputFile.write(bytes, to: url.path) } catch {
      throw Self.refused(url, SystemFault(error, path: url.path, .write))
    }
  }

  private static func refused(_ url: URL, _ fault: SystemFault) -> LabError {
    LabError(.outputRefused, "cannot write \(url.path)", fault)
  }

  /// Relative where the image lies in the manifest's folder or below, else absolute.
  private static func path(of image: URL, from folder: URL) -> String {
    let image = image.standardizedFileURL.path
    let prefix = folder.standardizedFileURL.path + "/"
    return image.hasPrefix(prefix) ? String(image.dropFirst(prefix.count)) : image
  }
}
