import LabResults

/// What a sweep's settings may differ in.
struct SettingPart: Sendable {
  let name: String
  /// It follows from the cipher.
  let isDerived: Bool
  /// Empty where a setting has none.
  let value: @Sendable (SweepSeries.Setting) -> String

  private init(
    _ name: String, isDerived: Bool = false,
    _ value: @escaping @Sendable (SweepSeries.Setting) -> String
  ) {
    self.name = name
    self.isDerived = isDerived
    self.value = value
  }

  static let all = [
    Self("mode") { $0.mode }, Self("profile", isDerived: true) { $0.profile },
    Self("cipher") { $0.cipher }, Self("group") { $0.group },
    Self("authentication", isDerived: true) { $0.authentication },
    Self("link") { $0.link?.name ?? "" },
  ]

  /// What it is in these settings, each once, in their order.
  func values(in settings: [SweepSeries.Setting]) -> [String] {
    settings.map(value).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
