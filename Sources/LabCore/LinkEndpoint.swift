import LabValues

/// A board's place on the lab's network, known before any board is made. A backend realises it, impairment included.
public struct LinkEndpoint: Sendable, Equatable {
  /// What joins a board with the others.
  public enum Carrier: Sendable, Equatable {
    /// An address of this machine: nothing lies between the boards.
    case thisMachine
    /// A pair of interfaces, the one of this name a port of the lab's bridge.
    case bridgePort(String)
    /// A network of its hypervisor's, by its name.
    case network(String)
    /// Datagrams between two ports of 127.0.0.1, this board's and the other board's.
    case pair(local: UInt16, remote: UInt16)
    /// The same between this board's port and its port at a hub, where all boards meet.
    case hub(local: UInt16, remote: UInt16)
  }

  public var board: String
  /// From 1, in the order of the plan.
  public var number: Int
  /// The one that programs on the board listen on.
  public var address: IPv4Address
  /// Nil where this machine's kernel chooses it, or where there is none.
  public var mac: MACAddress?
  /// Of what the board sends, from the moment that the lab is up.
  public var impairment: LinkImpairment?
  public var carrier: Carrier

  public init(
    board: String, number: Int, address: IPv4Address, mac: MACAddress? = nil,
    impairment: LinkImpairment? = nil, carrier: Carrier
  ) {
    self.board = board
    self.number = number
    self.address = address
    self.mac = mac
    self.impairment = impairment
    self.carrier = carrier
  }
}

extension LabPlan {
  /// The places of all boards, in their order.
  /// - Parameters:
  ///   - address: where it is not that of the plan.
  ///   - carriers: of each board, in their order.
  package func links(
    _ carriers: [LinkEndpoint.Carrier], mac: (_ number: Int) -> MACAddress? = { _ in nil },
    address: (IPv4Address) -> IPv4Address = { $0 }
  ) -> [LinkEndpoint] {
    zip(boards, carriers).enumerated().map { index, pair in
      LinkEndpoint(
        board: pair.0.name, number: index + 1, address: address(pair.0.address),
        mac: mac(index + 1), impairment: impairment, carrier: pair.1)
    }
  }

  /// The same where all boards are joined in the same way.
  package func links(
    all carrier: LinkEndpoint.Carrier, mac: (_ number: Int) -> MACAddress? = { _ in nil },
    address: (IPv4Address) -> IPv4Address = { $0 }
  ) -> [LinkEndpoint] {
    links(Array(repeating: carrier, count: boards.count), mac: mac, address: address)
  }
}

extension RunningLab {
  /// Makes each link as bad as the plan wants it: the last step of every `create`.
  /// - Throws: `.unsupported`, also where some board cannot have it at all.
  package func impair(_ links: [LinkEndpoint]) async throws(LabError) {
    for link in links {
      guard let impairment = link.impairment, !impairment.isEmpty else { continue }
      try await board(link.board).require(.impairing, of: record.mode, step: "link")
        .setImpairment(impairment)
    }
  }
}

extension Impairing {
  /// Makes the link as bad as it is to be, in place of any earlier impairment.
  /// - Parameter impairment: nil, or an empty one, makes it good again.
  public func setImpairment(_ impairment: LinkImpairment?) async throws(LabError) {
    if let impairment, !impairment.isEmpty {
      try await impair(impairment)
    } else {
      try await clearImpairment()
    }
  }
}
