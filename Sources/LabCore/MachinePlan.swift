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

/// How virtual machines are made.
public struct VirtualizationPlan: Sendable, Equatable {
  /// libvirt's connection URI; nil takes libvirt's own choice for this user.
  public var uri: String?
  public var engine: EngineChoice
  /// From switching on to the first answer by SSH.
  public var bootTimeout: Duration
  /// VirtualBox's VBoxManage, by its path or its name; nil looks for it.
  public var command: String?
  /// How VirtualBox starts machines.
  public var start = StartChoice.auto
  /// VirtualBox's machines' time from switching on to the first answer; nil is what their engine needs.
  public var virtualBoxTimeout: Duration?

  public init(
    uri: String? = nil, engine: EngineChoice = .auto, bootTimeout: Duration = .seconds(120)
  ) {
    self.uri = uri
    self.engine = engine
    self.bootTimeout = bootTimeout
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
