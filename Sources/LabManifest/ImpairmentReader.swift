import LabValues

/// Makes `network: { impairment: … }` of a checked tree.
enum ImpairmentReader {
  /// nil where there is none, or nothing can be said of it.
  static func read(_ value: Value?, into diagnostics: inout Diagnostics) -> LinkImpairment? {
    guard let value, !value.isInvalid else { return nil }
    let impairment = LinkImpairment(
      rate: parse(value["rate"]) { try BitRate($0) },
      delay: parse(value["delay"]) { try DurationText.parse($0) },
      jitter: parse(value["jitter"]) { try DurationText.parse($0) },
      loss: share(value["loss"]), duplicate: share(value["duplicate"]),
      corrupt: share(value["corrupt"]), reorder: share(value["reorder"]))
    // A delay that is wrong itself is there all the same.
    if let problem = impairment.problem, value["delay"]?.isInvalid != true {
      diagnostics.report(
        value[problem.key]?.place ?? value.place, problem.description, hint: problem.hint)
    }
    return impairment.isEmpty ? nil : impairment
  }

  private static func share(_ value: Value?) -> Percentage? {
    parse(value) { try Percentage($0) }
  }

  /// The shape has checked the text; what it refused is reported already.
  private static func parse<Result>(
    _ value: Value?, _ parse: (String) throws -> Result
  ) -> Result? {
    guard let text = value?.text else { return nil }
    return try? parse(text)
  }
}
