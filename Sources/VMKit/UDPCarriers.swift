import LabCore

/// Joins machines by ports of 127.0.0.1, for hypervisors that may not make a network.
package enum UDPCarriers {
  /// Two boards are a pair; more meet at a hub, which somebody has to run.
  /// - Parameter ports: chooses free ones.
  package static func make(
    boards count: Int, ports: LocalPort.Choice
  ) throws(LabError) -> [LinkEndpoint.Carrier] {
    func port() throws(LabError) -> UInt16 { try LocalPort.chosen(.udp, by: ports) }
    if count == 2 {
      let (a, b) = (try port(), try port())
      return [.pair(local: a, remote: b), .pair(local: b, remote: a)]
    }
    var carriers: [LinkEndpoint.Carrier] = []
    for _ in 0..<count { carriers.append(.hub(local: try port(), remote: try port())) }
    return carriers
  }
}
