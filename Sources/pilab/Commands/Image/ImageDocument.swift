import BootImage
import LabResults

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
