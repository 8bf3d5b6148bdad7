import LabValues
import PiCrypto
import PiExchange

/// A lab: boards on one private network and the exchanges they run, as its YAML manifest describes them.
public struct LabManifest: Sendable, Equatable {
  public var name: String
  public var mode: LabMode
  public var network: LabNetwork
  /// What it says to each backend that has keys of its own.
  public var settings: [LabMode: BackendSettings] = [:]
  /// In the order of the manifest, two or more, names and addresses unique.
  public var boards: [Board]
  /// In the order of the manifest, names unique.
  public var exchanges: [Exchange]
  public var sweep: Sweep?
  /// In the order of the manifest, names unique.
  public var scenarios: [Scenario] = []
  /// What its reader should know though it is valid, in the order of the file.
  public var warnings: [Diagnostic] = []

  public init(
    name: String, mode: LabMode, network: LabNetwork, boards: [Board], exchanges: [Exchange],
    sweep: Sweep? = nil
  ) {
    self.sweep = sweep
    self.name = name
    self.mode = mode
    self.network = network
    self.boards = boards
    self.exchanges = exchanges
  }

  /// The board of that name; nil where there is none.
  public func board(named name: String) -> Board? { boards.first { $0.name == name } }

  /// The exchange of that name; nil where there is none.
  public func exchange(named name: String) -> Exchange? { exchanges.first { $0.name == name } }
}

/// The private network of the lab.
public struct LabNetwork: Sendable, Equatable {
  /// Addresses of the boards lie in it, network and broadcast address excepted.
  public var subnet: IPv4Subnet
  /// Of what each board sends; nil where the links are as good as they can be.
  public var impairment: LinkImpairment?

  public init(subnet: IPv4Subnet = defaultSubnet, impairment: LinkImpairment? = nil) {
    self.subnet = subnet
    self.impairment = impairment
  }

  /// 10.77.0.0/24.
  public static let defaultSubnet = IPv4Subnet(
    containing: IPv4Address(value: 10 << 24 | 77 << 16), prefixLength: 24)
}

/// One machine of the lab.
public struct Board: Sendable, Equatable {
  public var name: String
  public var address: IPv4Address
  /// Of a virtual machine: its memory in bytes, and its processors.
  public var memory: UInt64
  public var processors: Int
  /// A disk image of the user's, where the board does not boot pilab's.
  public var disk: UserDisk?
  /// It sits between the two sides of exchanges, and makes faults.
  public var isAttacker = false
  public var setup = BoardSetup()

  public static let defaultMemory: UInt64 = 128 << 20
  static let mostProcessors = 64

  public init(
    name: String, address: IPv4Address, memory: UInt64 = defaultMemory, processors: Int = 1,
    disk: UserDisk? = nil
  ) {
    self.name = name
    self.address = address
    self.memory = memory
    self.processors = processors
    self.disk = disk
  }
}

/// A disk image of the user's with an operating system and an SSH server. It is read and never written to.
public struct UserDisk: Sendable, Equatable {
  /// Absolute path on this machine.
  public var path: String
  public var user: String
  /// Absolute path of the user's private key.
  public var key: String

  public init(path: String, user: String, key: String) {
    self.path = path
    self.user = user
    self.key = key
  }
}

/// One key exchange and image transfer between two boards.
public struct Exchange: Sendable, Equatable {
  public var name: String
  public var sender: String
  public var receiver: String
  public var profile: Profile
  public var group: GroupChoice
  public var cipher: Cipher
  public var authentication: Authentication
  /// Absolute path of the image on this machine; manifests give it relative to themselves.
  public var image: String
  /// How the image becomes pixels; nil sends the file as it is.
  public var pixels: PixelSettings?
  /// TCP port of the sender; nil takes a free one.
  public var port: UInt16?
  public var store: Set<StoredFile>
  public var digest: Set<Digest>
  /// Stored files outlast a power failure.
  public var isDurable = false
  /// Pace of the sender's socket.
  public var rate: BitRate?
  public var timeouts: Timeouts
  /// Board name to fixed private exponent (decimal or 0x…), for teaching; flagged insecure in every result.
  public var privateExponents: [String: String]
  /// `all-pairs`, where it is one of those; nil for one that the manifest names.
  public var set: String?

  /// Everything beyond the three required values has the profile's default.
  public init(
    name: String, sender: String, receiver: String, image: String, profile: Profile = .classic
  ) {
    self.name = name
    self.sender = sender
    self.receiver = receiver
    self.profile = profile
    self.group = .named(profile.defaultGroupName)
    self.cipher = profile.defaultCipher
    self.authentication = profile.defaultAuthentication
    self.image = image
    self.port = nil
    self.store = Set(StoredFile.allCases)
    self.digest = []
    self.rate = nil
    self.timeouts = Timeouts()
    self.privateExponents = [:]
  }
}

extension Profile {
  /// The first of its `ciphers`.
  public var defaultCipher: Cipher { self == .classic ? .aes128ECB : .cobblestone128 }

  /// Authentications that the profile allows, its default first.
  public var authentications: [Authentication] {
    self == .classic ? [.none] : [.preSharedKey, .none]
  }

  public var defaultAuthentication: Authentication {
    self == .classic ? .none : .preSharedKey
  }
}

/// A group of RFC 7919 by name, or P and G as given (decimal or 0x…).
public enum GroupChoice: Sendable, Equatable {
  case named(String)
  case custom(prime: String, generator: String)

  /// The numbers themselves.
  public func group() throws(GroupError) -> DHGroup {
    switch self {
    case .named(let name):
      guard let group = DHGroup.named(name) else { throw .notANumber("group", name) }
      return group
    case .custom(let prime, let generator):
      return try .custom(prime: prime, generator: generator)
    }
  }
}

/// A file that an exchange leaves on a board.
public enum StoredFile: String, Sendable, CaseIterable {
  case senderEncrypted = "sender-encrypted"
  case receiverEncrypted = "receiver-encrypted"
  case receiverDecrypted = "receiver-decrypted"
}

/// What is hashed while it passes by.
public enum Digest: String, Sendable, CaseIterable {
  case plaintext, ciphertext
}

/// How long the board programs wait.
public struct Timeouts: Sendable, Equatable {
  public var connect: Duration = .seconds(10)
  public var handshake: Duration = .seconds(10)
  public var idle: Duration = .seconds(30)

  public init() {}
}
