import LabValues

/// `exchanges: { all-pairs: … }`: an exchange of every pair of boards, all with the same settings.
enum AllPairs {
  static let name = "all-pairs"
  /// Keys of an exchange that say which boards it is of.
  static let missingKeys: Set<String> = ["sender", "receiver", "privateExponents"]

  /// Of each pair, in the order of the boards; the earlier board sends.
  /// - Parameter boards: names of those that take part.
  static func exchanges(like pattern: Exchange, of boards: [String]) -> [Exchange] {
    boards.indices.flatMap { first in
      boards[(first + 1)...].map { second in
        var exchange = pattern
        exchange.name = "\(boards[first])-\(second)"
        exchange.sender = boards[first]
        exchange.receiver = second
        exchange.set = name
        return exchange
      }
    }
  }
}

extension ManifestReader {
  /// In the order of the manifest.
  mutating func exchanges(_ root: Value, _ boards: [String]?, attackers: Set<String>) -> [Exchange]
  {
    var exchanges: [Exchange] = []
    var pairs: Value.Field?
    for field in root["exchanges"]?.fields ?? [] {
      var reader = exchangeReader(field, boards)
      let exchange = reader.read()
      diagnostics = reader.diagnostics
      if field.key == AllPairs.name {
        pairs = field
        let taking = (boards ?? []).filter { !attackers.contains($0) }
        exchanges += AllPairs.exchanges(like: exchange, of: taking)
      } else {
        exchanges.append(exchange)
      }
    }
    if let pairs { checkNames(of: exchanges, pairs) }
    return exchanges
  }

  private mutating func checkNames(of exchanges: [Exchange], _ pairs: Value.Field) {
    let doubled = Dictionary(grouping: exchanges, by: \.name).filter { $0.value.count > 1 }
    for name in doubled.keys.sorted() {
      diagnostics.report(
        pairs.keyPlace, "two exchanges are called '\(name)'",
        hint: "all-pairs calls its exchanges SENDER-RECEIVER; give the other one another name")
    }
  }
}
