public import Lion

/// One answer of the teacher.
public struct CollectedAnswer: Sendable, Hashable {
  /// What it wrote, without white space at the end.
  public let text: String
  /// What it cost.
  public let usage: ModelUsage
  /// What is thought of it; nil: not yet.
  public fileprivate(set) var judgement: AnswerJudgement?
}

/// The answers of one stage.
public struct CurationStage: Sendable {
  /// By row and number; nil: not there yet.
  public private(set) var rows: [[CollectedAnswer?]]
  /// What is learnt, in the order of rows and answers, once all are judged.
  public private(set) var kept: [AnswerRequest] = []
  /// How many answers were not accepted, by reason.
  public private(set) var rejections: [String: Int] = [:]
  /// Rows that no answer is missing of.
  private(set) var decidedRows: Set<Int> = []
  /// Those of them with an accepted answer.
  private(set) var acceptedRows: Set<Int> = []

  init(rowCount: Int, samplesPerRow: Int) {
    rows = Array(repeating: Array(repeating: nil, count: samplesPerRow), count: rowCount)
  }

  /// Answers that have come.
  public var answerCount: Int { rows.reduce(0) { $0 + $1.count { $0 != nil } } }
  /// Accepted ones.
  public var acceptedCount: Int { rows.reduce(0) { $0 + $1.count { $0?.isAccepted == true } } }
  /// Rows with an answer that is learnt.
  public var keptRowCount: Int { Set(kept.map(\.row)).count }
  /// Means of what was measured of answers, by name.
  public var meanFigures: [String: Double] {
    var sums: [String: (sum: Double, count: Int)] = [:]
    for answer in rows.joined() {
      for (name, value) in answer?.judgement?.figures ?? [:] {
        sums[name, default: (0, 0)].sum += value
        sums[name, default: (0, 0)].count += 1
      }
    }
    return sums.mapValues { $0.sum / Double($0.count) }
  }
  /// What answers and judgements cost.
  public var usage: (answers: ModelUsage, judgements: ModelUsage) {
    var sums = (answers: ModelUsage(), judgements: ModelUsage())
    for answer in rows.joined() {
      if let answer { sums.answers += answer.usage }
      if let judgement = answer?.judgement { sums.judgements += judgement.usage }
    }
    return sums
  }

  /// Takes an answer; false where it had come before.
  ///
  /// One that was cut off does not show where to end, and an empty one says nothing: neither is judged.
  mutating func take(_ text: String, isTruncated: Bool, _ usage: ModelUsage, of request: AnswerRequest) -> Bool {
    guard rows[request.row][request.sample] == nil else { return false }
    var text = text[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    var answer = CollectedAnswer(text: String(text), usage: usage)
    if isTruncated {
      answer.judgement = AnswerJudgement(rejection: "truncated")
    } else if text.isEmpty {
      answer.judgement = AnswerJudgement(rejection: "empty")
    }
    rows[request.row][request.sample] = answer
    return true
  }

  /// Takes a judgement; false where none is missing.
  mutating func take(_ judgement: AnswerJudgement, of request: AnswerRequest) -> Bool {
    guard let answer = rows[request.row][request.sample], answer.judgement == nil else { return false }
    rows[request.row][request.sample]?.judgement = judgement
    return true
  }

  /// The numbers of a row's answers that are still missing something.
  func wanted(_ row: Int, _ settings: CurationSettings) -> [Int] {
    if settings.keep == .first {
      let next = rows[row].firstIndex { $0?.judgement?.rejection == nil }
      return next.map { rows[row][$0]?.isAccepted == true ? [] : [$0] } ?? []
    }
    return rows[row].indices.filter { rows[row][$0]?.judgement == nil }
  }

  /// Notes what a row has come to; true once no row misses anything.
  mutating func settle(_ row: Int, _ settings: CurationSettings) -> Bool {
    guard wanted(row, settings).isEmpty else { return false }
    decidedRows.insert(row)
    if rows[row].contains(where: { $0?.isAccepted == true }) { acceptedRows.insert(row) }
    return decidedRows.count == rows.count
  }

  /// Chooses what is learnt: row by row, so that nothing depends on which answers came first.
  mutating func choose(_ settings: CurationSettings, stage: Int) {
    for answer in rows.joined() {
      if let reason = answer?.judgement?.rejection { rejections[reason, default: 0] += 1 }
    }
    var index = RougeIndex(limit: settings.overlapLimit, words: settings.words)
    for row in rows.indices {
      var accepted = rows[row].indices.filter { rows[row][$0]?.isAccepted == true }
      if settings.keep == .shortest { accepted.sort { (length(row, $0), $0) < (length(row, $1), $1) } }
      var texts: Set<String> = []
      for sample in accepted {
        guard let text = rows[row][sample]?.text else { continue }
        if !texts.insert(text).inserted {
          reject(row, sample, "duplicate")
        } else if settings.overlapLimit < 1, index.resembles(text) {
          reject(row, sample, "overlap")
        } else if settings.keep == .all || kept.last?.row != row {
          kept.append(AnswerRequest(stage: stage, row: row, sample: sample))
          if settings.overlapLimit < 1 { index.add(text) }
        }
      }
    }
  }

  private func length(_ row: Int, _ sample: Int) -> Int { rows[row][sample]?.usage.completionTokens ?? 0 }

  private mutating func reject(_ row: Int, _ sample: Int, _ reason: String) {
    rows[row][sample]?.judgement?.rejection = reason
    rejections[reason, default: 0] += 1
  }
}

extension CollectedAnswer {
  /// Whether it was judged and nothing speaks against it.
  public var isAccepted: Bool { judgement != nil && judgement?.rejection == nil }
}
