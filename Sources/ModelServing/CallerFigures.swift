/// What each caller had, for operators: of so many as are named apart, the others together.
///
/// Names come from callers, so their number is bounded: where there are more, the one that was busy longest ago goes to the others.
struct CallerFigures: Sendable {
  /// Of one caller.
  struct Sums: Sendable, Hashable {
    /// Tokens that went through the model for it.
    var tokens = 0
    /// Turns that it had: pieces of work that began, or went on.
    var turns = 0
    /// Time that these waited, added up.
    var waited = Duration.zero
    fileprivate var lastSeen = 0
  }

  let capacity: Int
  private var clock = 0
  private(set) var named: [Caller: Sums] = [:]
  private(set) var others = Sums()

  init(capacity: Int = 32) { self.capacity = capacity }

  mutating func served(_ caller: Caller, waited: Duration) {
    change(caller) { sums in
      sums.turns += 1
      sums.waited += waited
    }
  }

  mutating func spent(_ tokens: Int, _ caller: Caller) { change(caller) { $0.tokens += tokens } }

  private mutating func change(_ caller: Caller, _ body: (inout Sums) -> Void) {
    clock += 1
    if named[caller] == nil, named.count >= capacity,
      let oldest = named.min(by: { $0.value.lastSeen < $1.value.lastSeen })
    {
      others.tokens += oldest.value.tokens
      others.turns += oldest.value.turns
      others.waited += oldest.value.waited
      named[oldest.key] = nil
    }
    body(&named[caller, default: Sums()])
    named[caller]?.lastSeen = clock
  }
}
