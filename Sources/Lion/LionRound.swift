internal import Sequences

/// What the generator wrote.
struct InventedText: Sendable, Hashable {
  let request: InventionRequest
  let text: String
  let isTruncated: Bool
}

/// One round of discrimination and generation.
struct LionRound: Sendable {
  let number: Int
  /// Instructions whose two answers are compared.
  let sample: [Int]
  private(set) var studentAnswers: [Int: String] = [:]
  /// Instructions that the student finds hard, and those that it masters.
  private(set) var hard: [Int] = []
  private(set) var easy: [Int] = []
  private(set) var verdicts: [Int: Verdict] = [:]
  /// New instructions, in the order in which they were judged.
  private(set) var accepted: [LionInstruction] = []

  /// Instructions of the sample whose verdicts are not all read.
  private var open: Set<Int>
  private var readings: [Int: VerdictReadings] = [:]
  private var streams: [LionInstruction.Origin: InventionStream] = [:]

  init(number: Int, sample: [Int]) {
    (self.number, self.sample) = (number, sample)
    open = Set(sample)
  }

  // MARK: Discrimination

  mutating func take(studentAnswer answer: String, to instruction: Int) -> Bool {
    guard open.contains(instruction), studentAnswers[instruction] == nil else { return false }
    studentAnswers[instruction] = answer
    return true
  }

  /// The verdicts of an instruction that are still to be asked for.
  func wantedVerdicts(of instruction: Int, _ settings: LionSettings) -> [VerdictRequest] {
    let readings = readings[instruction] ?? VerdictReadings(settings)
    return VerdictRequest.Order.allCases.flatMap { order in
      (0..<settings.samplesPerOrder).compactMap { request(instruction, order, $0, readings, settings) }
    }
  }

  /// The same verdict once more, where it could not be read.
  func wantedVerdict(after done: VerdictRequest, _ settings: LionSettings) -> VerdictRequest? {
    guard let readings = readings[done.instruction] else { return nil }
    return request(done.instruction, done.order, done.sample, readings, settings)
  }

  private func request(
    _ instruction: Int, _ order: VerdictRequest.Order, _ sample: Int, _ readings: VerdictReadings,
    _ settings: LionSettings
  ) -> VerdictRequest? {
    guard readings.isOpen(order, sample, settings) else { return nil }
    return VerdictRequest(
      round: number, instruction: instruction, order: order, sample: sample, attempt: readings.attempts(order, sample))
  }

  /// Takes a reply; false where it was not waited for.
  mutating func take(_ request: VerdictRequest, reply: String, _ settings: LionSettings) -> Bool {
    var readings = readings[request.instruction] ?? VerdictReadings(settings)
    guard studentAnswers[request.instruction] != nil, (0..<settings.samplesPerOrder).contains(request.sample),
      readings.isOpen(request.order, request.sample, settings),
      readings.attempts(request.order, request.sample) == request.attempt
    else { return false }
    readings.take(OrderedScores(reply: reply), request)
    self.readings[request.instruction] = readings
    guard !readings.isOpen(settings) else { return true }
    open.remove(request.instruction)
    verdicts[request.instruction] = readings.verdict
    return true
  }

  /// Instructions whose verdicts are read, or given up.
  var readCount: Int { sample.count - open.count }
  var isDiscriminated: Bool { open.isEmpty }

  /// Parts what was scored; what could not be scored belongs to neither.
  mutating func divide(_ settings: LionSettings) {
    for instruction in sample {
      guard let verdict = verdicts[instruction] else { continue }
      if verdict.gap >= settings.threshold { hard.append(instruction) } else { easy.append(instruction) }
    }
    streams = [
      .hard: InventionStream(parents: hard, wanted: settings.hardCount),
      .easy: InventionStream(parents: easy, wanted: settings.easyCount),
    ]
  }

  /// Hard instructions over scored ones; nil where none was scored.
  var hardShare: Double? { verdicts.isEmpty ? nil : Double(hard.count) / Double(verdicts.count) }

  // MARK: Generation

  private static let origins: [LionInstruction.Origin] = [.hard, .easy]

  /// Requests that were not made before.
  mutating func newRequests(_ settings: LionSettings) -> [InventionRequest] {
    Self.origins.flatMap { origin -> [InventionRequest] in
      guard var stream = streams[origin] else { return [] }
      let numbers = stream.newNumbers(settings)
      streams[origin] = stream
      return numbers.map { request($0, origin, stream.parents, settings) }
    }
  }

  /// Parents are drawn uniformly and with replacement.
  private func request(
    _ number: Int, _ origin: LionInstruction.Origin, _ parents: [Int], _ settings: LionSettings
  ) -> InventionRequest {
    var generator = SeededGenerator(
      seed: settings.seed, path: 2, UInt64(self.number), origin == .hard ? 0 : 1, UInt64(number))
    let parent = parents[Int(generator.next() % UInt64(parents.count))]
    return InventionRequest(round: self.number, origin: origin, number: number, parent: parent)
  }

  /// Nothing is under way: what was asked for and has not come is asked for again.
  mutating func forgetRequests() {
    for origin in Self.origins { streams[origin]?.forgetRequests() }
  }

  /// Takes a text; false where it was not waited for.
  mutating func take(_ text: InventedText) -> Bool { streams[text.request.origin]?.take(text) ?? false }

  /// The text to judge next: those inspired by hard instructions first, each kind in the order of its requests, so that what
  /// counts as a duplicate of what does not depend on when replies come.
  mutating func nextCandidate(_ settings: LionSettings) -> InventedText? {
    for origin in Self.origins {
      if let candidate = streams[origin]?.next() { return candidate }
      if streams[origin]?.isDone(settings) == false { return nil }
    }
    return nil
  }

  mutating func judge(_ text: InventedText, _ rejection: InstructionRejection?) {
    streams[text.request.origin]?.judge(rejection)
    guard rejection == nil else { return }
    accepted.append(
      LionInstruction(text: text.text, origin: text.request.origin, parent: text.request.parent, round: number))
  }

  /// Whether a reply of the generator is under way.
  var isWaiting: Bool { streams.values.contains { $0.isWaiting } }

  // MARK: Report

  func report(_ usage: [LionRole: ModelUsage]) -> LionRoundReport {
    LionRoundReport(
      round: number, scoredCount: verdicts.count, unscoredCount: sample.count - open.count - verdicts.count,
      hardCount: hard.count,
      verdicts: sample.compactMap { verdicts[$0] },
      inventions: Dictionary(uniqueKeysWithValues: streams.map { ($0.rawValue, $1.summary) }),
      usage: Dictionary(uniqueKeysWithValues: usage.map { ($0.rawValue, $1) }))
  }
}
