/// What one check of `retort doctor` found.
public struct CheckResult: Sendable, Hashable {
  /// How it came out.
  public enum Outcome: String, Sendable, Hashable {
    /// As it should be.
    case passed = "✓"
    /// A run would fail, or learn the wrong thing.
    case failed = "✗"
    /// Nothing to compare, or a difference that a run bears.
    case noted = "–"
  }

  /// What was checked.
  public var name: String
  /// How it came out.
  public var outcome: Outcome
  /// What was found, and what to do about it.
  public var detail: String

  /// Makes a result.
  public init(name: String, outcome: Outcome, detail: String) {
    self.name = name
    self.outcome = outcome
    self.detail = detail
  }
}
