/// What becomes of a question of which nobody knows whether it was billed.
public enum DoubtfulCalls: String, Sendable, CaseIterable {
  /// It is asked again, at worst paid twice.
  case retry
  /// It is not asked again: where text was wanted there is none, which nobody learns from, and log says so.
  case skip
  /// It is not asked again: whoever asks is told.
  case refuse
}

/// How the desk asks.
public struct DeskRules: Sendable {
  /// How often the endpoint may be asked.
  public var pace = PaceLimits()
  /// Pauses between attempts.
  public var pauses = RetryPauses()
  /// How long a question waits for an endpoint that is away or asks for patience.
  public var patience: Duration = .seconds(600)
  /// Attempts whose answer was lost or unreadable.
  public var lostAttempts = 3
  /// What tokens cost; nil: nothing.
  public var price: Price?
  /// Most that all calls of the ledger may cost together; nil: any.
  public var budget: Money?
  /// What becomes of calls that may have been billed.
  public var doubtful = DoubtfulCalls.retry
  /// Questions that may wait.
  public var waitingLimit = 4096
  /// Whether answers come in pieces.
  public var streams = false
  /// Whether an answer of another model than the one before is refused, and not kept.
  public var refusesOtherModels = false

  /// The defaults.
  public init() {}
}
