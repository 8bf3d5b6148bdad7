import LabManifest

//  What a board that is a machine of its own is made of. Boards without a kernel of their own have no use for it.

/// A board's machine.
public struct MachinePlan: Sendable, Equatable {
  /// Bytes.
  public var memory: UInt64
  public var processors: Int
  /// nil boots the lab's board image.
  public var disk: UserDisk?

  public init(
    memory: UInt64 = Board.defaultMemory, processors: Int = 1, disk: UserDisk? = nil
  ) {
    self.memory = memory
    self.processors = processors
    self.disk = disk
  }
}

/// What boards without a disk of their own boot, as files of this machine.
public struct BootFiles: Sendable, Equatable {
  public var kernel: String
  public var initramfs: String
  public var commandLine: String
  /// Holds the same, for machines that boot from a CD.
  public var iso: String?
  /// The same uncompressed, for machines whose processor is interpreted.
  public var plainISO: String?

  public init(
    kernel: String, initramfs: String, commandLine: String, iso: String? = nil,
    plainISO: String? = nil
  ) {
    self.iso = iso
    self.plainISO = plainISO
    self.kernel = kernel
    self.initramfs = initramfs
    self.commandLine = commandLine
  }
}
