import BootImage
import LabCore

extension BootFiles {
  package init(_ image: BoardImage) {
    self.init(
      kernel: image.kernel, initramfs: image.initramfs,
      commandLine: image.kernelArguments.joined(separator: " "), iso: image.iso,
      plainISO: image.plainISO)
  }
}
