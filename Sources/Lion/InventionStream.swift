/// Requests to the generator of one kind, judged in the order of their numbers.
///
/// No more requests are under way than instructions are missing: so the numbers that are ever asked for, and what is paid,
/// do not depend on when replies come.
struct InventionStream: Sendable {
  /// Instructions to be inspired by.
  let parents: [Int]
  private let wanted: Int
  private var arrived: [Int: InventedText] = [:]
  private var requestedCount = 0
  /// Numbers below it that are to be asked for again.
  private var forgotten: [Int] = []
  private var judgedCount = 0
  private var acceptedCount = 0
  private var rejections: [InstructionRejection: Int] = [:]

  init(parents: [Int], wanted: Int) {
    self.parents = parents
    // Nothing comes of nothing.
    self.wanted = parents.isEmpty ? 0 : wanted
  }

  /// Takes the numbers of the next requests.
  mutating func newNumbers(_ settings: LionSettings) -> [Int] {
    let missing = wanted - acceptedCount - (requestedCount - judgedCount)
    let room = wanted * settings.requestsPerInstruction - requestedCount
    let new = requestedCount..<requestedCount + max(0, min(missing, room))
    defer { (requestedCount, forgotten) = (new.upperBound, []) }
    return forgotten + new
  }

  mutating func forgetRequests() {
    forgotten = (judgedCount..<requestedCount).filter { arrived[$0] == nil }
  }

  mutating func take(_ text: InventedText) -> Bool {
    let number = text.request.number
    guard (judgedCount..<requestedCount).contains(number), arrived[number] == nil else { return false }
    arrived[number] = text
    return true
  }

  mutating func next() -> InventedText? { arrived.removeValue(forKey: judgedCount) }

  mutating func judge(_ rejection: InstructionRejection?) {
    judgedCount += 1
    if let rejection { rejections[rejection, default: 0] += 1 } else { acceptedCount += 1 }
  }

  /// Whether nothing more will be judged.
  func isDone(_ settings: LionSettings) -> Bool {
    acceptedCount == wanted || judgedCount == wanted * settings.requestsPerInstruction
  }

  var isWaiting: Bool { judgedCount < requestedCount }

  var summary: LionRoundReport.Inventions {
    LionRoundReport.Inventions(
      requested: judgedCount, accepted: acceptedCount,
      rejected: Dictionary(uniqueKeysWithValues: rejections.map { ($0.rawValue, $1) }))
  }
}
