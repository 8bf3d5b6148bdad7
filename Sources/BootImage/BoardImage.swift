import Foundation
import HostKit
import LabCore

/// A board image in the cache: kernel and initramfs for direct boot, and two ISOs that hold the same.
public struct BoardImage: Sendable, Equatable, Codable {
  /// A Debian package that the image was made from.
  public struct Package: Sendable, Equatable, Codable {
    public var name: String
    public var version: String
    /// SHA-256 of the package file, in hex.
    public var sha256: String
  }

  /// What is in the image.
  package struct Contents: Sendable, Equatable, Codable {
    package var sha256: String
    package var bytes: UInt64
  }

  /// Discs that boot under BIOS from a CD drive and from a disk.
  enum Disc: CaseIterable {
    /// Its initramfs is that for direct boot.
    case compressed
    /// As it is, because an interpreted processor takes minutes to unpack it.
    case plain

    var file: String { self == .compressed ? "board.iso" : "board-plain.iso" }

    var kernelArguments: [String] {
      BoardImage.kernelArguments + (self == .plain ? BoardImage.interpretedArguments : [])
    }
  }

  package static let names = (kernel: "vmlinuz", initramfs: "initramfs", description: "image.json")
  static let fileNames = [names.kernel, names.initramfs] + Disc.allCases.map(\.file)

  /// SHA-256 of the inputs, in hex: packages, guest files, the way they are put together.
  public var digest: String
  /// The folder of all files, absolute.
  public internal(set) var folder = ""
  public var kernelVersion: String
  public var packages: [Package]
  package var files: [String: Contents]

  public var kernel: String { "\(folder)/\(Self.names.kernel)" }
  /// Compressed, and a multiple of four bytes long, so that `BoardIdentity.archive()` may follow it.
  public var initramfs: String { "\(folder)/\(Self.names.initramfs)" }
  /// Boots from a CD drive and from a disk, under BIOS.
  public var iso: String { "\(folder)/\(Disc.compressed.file)" }
  /// The same for machines whose processor is interpreted: nothing in it is compressed but the kernel.
  public var plainISO: String { "\(folder)/\(Disc.plain.file)" }

  /// Bytes of kernel and initramfs.
  public var size: UInt64 {
    (files[Self.names.kernel]?.bytes ?? 0) + (files[Self.names.initramfs]?.bytes ?? 0)
  }
  public var isoSize: UInt64 { files[Disc.compressed.file]?.bytes ?? 0 }
  public var plainISOSize: UInt64 { files[Disc.plain.file]?.bytes ?? 0 }

  /// The kernel's command line for direct boot.
  ///
  /// `mitigations=off`: a board runs nobody's code but its owner's, and emulation pays dearly for them.
  /// `panic=-1`: a kernel that fails restarts at once, which ends a machine that is told not to restart.
  /// No IPv6: a lab has none, and its neighbour discovery would be in every capture. `cryptomgr.notests`: the
  /// kernel's tests of its own ciphers, which no board uses, take a tenth of the boot under emulation.
  public static let kernelArguments = [
    "console=ttyS0", "quiet", "mitigations=off", "random.trust_cpu=on", "panic=-1",
    "ipv6.disable=1", "cryptomgr.notests",
  ]

  public var kernelArguments: [String] { Self.kernelArguments }

  /// More of them where all is interpreted: they spare self-tests, patches of the kernel's code and checks of its
  /// memory, which are most of the time until the first program there.
  static let interpretedArguments = [
    "rodata=off", "noreplace-smp", "nokaslr", "lsm=", "nowatchdog",
  ]

  // The folder may be moved; whoever reads the description knows where it lies.
  package enum CodingKeys: CodingKey { case digest, kernelVersion, packages, files }

  /// Whether every file is there in its full length.
  package var isComplete: Bool {
    files.allSatisfy { name, contents in
      FileKind.regularSize("\(folder)/\(name)") == contents.bytes
    }
  }

  /// As a lab's plan has them.
  public var bootFiles: BootFiles {
    BootFiles(
      kernel: kernel, initramfs: initramfs, commandLine: kernelArguments.joined(separator: " "),
      iso: iso, plainISO: plainISO)
  }

  /// Writes an initramfs for one board: the image's with the identity behind it. Mode 0600, because the
  /// board's host key is in it; appears by rename.
  public func writeInitramfs(
    for identity: BoardIdentity, to path: String
  ) throws(LabError) {
    let archive = try identity.archive()
    try CacheFile.write(path) { output throws(SystemFault) in
      try output.write(contentsOf: initramfs)
      try output.write(archive)
    }
  }
}
