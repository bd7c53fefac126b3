import Kernels
import Sequences

/// Tokens to read, of which those from `firstWanted` on leave their hidden states.
struct ReadText {
  let tokenIDs: [TokenID]
  let firstWanted: Int

  /// Whole pages whose hidden states nobody wants.
  var prefixPages: Int { firstWanted / PageAttention.pagePositions }
}

/// What a text left.
struct Reading {
  var kept: KeyValueSequence
  /// Hidden states from the first wanted position on. Shape: `[count − firstWanted, D]`.
  var hidden: [Float] = []
}

/// Reads texts in passes of bounded size; what several of them begin with alike goes through the model once.
///
/// They are taken in the order of their tokens: each has the most in common with the one before it, shares that one's whole
/// pages, and gets a copy of the page in which they part. Rows do not depend on the rows beside them, so no bit changes.
struct TextReading {
  private let pass: SequencePass
  private let texts: [ReadText]
  private let rowLimit: Int
  private let sharesPrefixes: Bool
  private var sequences: [KeyValueSequence]
  /// Of each position of each text: the row that is its hidden state; nil where its page was known before.
  private var rows: [[Int?]]
  /// Of the passes that have run. Shape: `[runRows, D]`.
  private var hidden: [Float] = []
  private var runRows = 0

  init(_ texts: [ReadText], pass: SequencePass, rowLimit: Int, sharesPrefixes: Bool) {
    (self.pass, self.texts, self.sharesPrefixes) = (pass, texts, sharesPrefixes)
    self.rowLimit = max(1, rowLimit)
    sequences = texts.map { _ in KeyValueSequence(pass.pool) }
    rows = texts.map { _ in [] }
  }

  /// Reads all texts.
  ///
  /// - Parameter isWanted: Asked before each pass; throws where nobody wants the answer any more.
  mutating func read(_ isWanted: () throws -> Void) rethrows -> [Reading] {
    pass.begin()
    var previous: Int?
    for index in order {
      if pass.rowCount == rowLimit { try run(isWanted) }
      let copied = begin(index, after: previous)
      try goOn(index, copied, isWanted)
      previous = sharesPrefixes ? index : nil
    }
    if pass.rowCount > 0 { try run(isWanted) }
    if sharesPrefixes {
      for (text, sequence) in zip(texts, sequences) {
        pass.prefixes.keep(sequence.pages.prefix(text.prefixPages), of: text.tokenIDs)
      }
    }
    return texts.indices.map { Reading(kept: sequences[$0], hidden: wantedRows($0)) }
  }

  private var order: [Int] {
    guard sharesPrefixes else { return Array(texts.indices) }
    return texts.indices.sorted { texts[$0].tokenIDs.lexicographicallyPrecedes(texts[$1].tokenIDs) }
  }

  /// Takes what is known of a text's beginning. Returns the positions that it has in common with the text before in the page
  /// in which they part.
  private mutating func begin(_ index: Int, after previous: Int?) -> Range<Int> {
    guard sharesPrefixes else { return 0..<0 }
    let text = texts[index]
    let known = pass.prefixes.pages(text.tokenIDs, limit: text.prefixPages)
    let knownLength = known.count * PageAttention.pagePositions
    guard let previous, case let common = commonLength(text, previous), common > 0, common >= knownLength else {
      sequences[index] = KeyValueSequence(pass.pool, pages: known)
      rows[index] = Array(repeating: nil, count: knownLength)
      return 0..<0
    }
    sequences[index] = sequences[previous].prefix(common)
    rows[index] = Array(rows[previous].prefix(common))
    return common / PageAttention.pagePositions * PageAttention.pagePositions..<common
  }

  /// Positions that a text has in common with one that was begun before, as far as wanted hidden states are there.
  private func commonLength(_ text: ReadText, _ previous: Int) -> Int {
    let common = zip(text.tokenIDs, texts[previous].tokenIDs).prefix { $0 == $1 }.count
    let unread = rows[previous].prefix { $0 == nil }.count
    return text.firstWanted < unread ? min(common, text.firstWanted) : common
  }

  /// Takes the rest of a text into this pass, and into others where it has no room.
  private mutating func goOn(_ index: Int, _ copied: Range<Int>, _ isWanted: () throws -> Void) rethrows {
    let tokenIDs = texts[index].tokenIDs
    var isFirst = true
    while rows[index].count < tokenIDs.count {
      if pass.rowCount == rowLimit { try run(isWanted) }
      let next = tokenIDs[rows[index].count...].prefix(rowLimit - pass.rowCount)
      let firstRow = runRows + pass.rowCount
      pass.append(next, to: &sequences[index])
      if isFirst {
        // What this very pass is to write into the page of the text before is written into the copy too.
        for position in copied {
          guard let row = rows[index][position], row >= runRows else { continue }
          pass.copy(row: row - runRows, at: position, to: sequences[index])
        }
      }
      rows[index] += (firstRow..<firstRow + next.count).map(\.self)
      isFirst = false
    }
  }

  private mutating func run(_ isWanted: () throws -> Void) rethrows {
    try isWanted()
    pass.run()
    runRows += pass.rowCount
    hidden += pass.hidden
    pass.begin()
  }

  private func wantedRows(_ index: Int) -> [Float] {
    let width = pass.width
    var wanted: [Float] = []
    wanted.reserveCapacity((texts[index].tokenIDs.count - texts[index].firstWanted) * width)
    for row in rows[index][texts[index].firstWanted...] {
      guard let row else { preconditionFailure("a wanted hidden state of a page that was known") }
      wanted += hidden[row * width..<(row + 1) * width]
    }
    return wanted
  }
}
