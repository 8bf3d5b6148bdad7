import LabManifest
import LabResults

/// The flags of the programs' results as sentences for the reader of the report.
enum Warnings {
  /// Each sentence once, in the order in which the programs flagged them.
  static func sentences(for results: [BoardResult]) -> [String] {
    var sentences: [String] = []
    for result in results {
      for flag in result.insecure {
        let sentence = sentence(for: flag, result)
        if !sentences.contains(sentence) { sentences.append(sentence) }
      }
    }
    return sentences
  }

  private static func sentence(for flag: String, _ result: BoardResult) -> String {
    switch flag {
    case "textbook-group":
      "The group has only \(result.groupBits) bits: anyone who watched can compute the key. "
        + "Use it to learn, never to protect."
    case "unchecked-subgroup":
      "P is not 2q+1 with a prime q, or G does not have order q, so public values cannot be checked: "
        + "a peer, or whoever listens if P-1 has small factors, may learn the private exponents. "
        + "A fixed one is learned for all exchanges that use it."
    case "breakable-generator":
      "The order of G has small prime factors only: anyone who watched can compute the private "
        + "exponents and the key."
    case "fixed-private-exponent":
      "Board '\(result.board)' used a fixed private exponent: whoever knows the manifest knows the key."
    case "no-authentication":
      "The boards did not authenticate each other: an attacker between them could have posed as both."
    default:
      "Board '\(result.board)' flagged this exchange as insecure: \(flag)."
    }
  }
}
