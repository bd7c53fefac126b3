/// The quotas of a service: of keys by their names, and of everybody else.
public struct CallerQuotas: Sendable, Hashable {
  /// By the name of a key, or of a run where the service asks for no keys: tokens a second.
  public var named: [String: Int]
  /// Of each that is not named; nil: none.
  public var others: Int?

  /// Makes quotas; none unless given.
  public init(named: [String: Int] = [:], others: Int? = nil) { (self.named, self.others) = (named, others) }

  var isEmpty: Bool { named.isEmpty && others == nil }

  func quota(of party: String) -> TokenQuota? { (named[party] ?? others).map(TokenQuota.init(tokensPerSecond:)) }
}
