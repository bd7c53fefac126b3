import Kernels
import Sequences

/// Forward passes over rows of several sequences, whose keys and values stand in pages.
final class SequencePass {
  let pool: PagePool
  private let transformer: Transformer
  private let parameters: ParameterBuffer
  /// Of each layer.
  private let attentions: [PageAttention]
  private let columns: HeadColumns
  private let tape: Tape
  private var scratch = GrowingFloats()
  private var selected = GrowingFloats()
  private var logits = GrowingFloats()
  private var weights = GrowingFloats()

  /// - Parameter parameters: With packed weights.
  init(_ transformer: Transformer, _ parameters: ParameterBuffer) {
    let model = transformer.configuration
    self.transformer = transformer
    self.parameters = parameters
    attentions = (0..<model.layerCount).map { PageAttention(transformer.attention(ofLayer: $0)) }
    columns = transformer.headColumns
    pool = PagePool(pageFloats: attentions.reduce(0) { $0 + $1.layerFloats })
    tape = Tape(transformer, keepsActivations: false)
  }

  /// Consecutive rows of one sequence.
  private struct Part: Sendable {
    let firstRow: Int
    let rowCount: Int
    let firstPosition: Int
    let table: PageTable
  }

  /// What a sequence of tokens left.
  struct Reading {
    var kept: KeyValueSequence
    /// Hidden states of its tokens. Shape: `[count, D]`.
    var hidden: [Float] = []
  }

  /// Reads the next token of each of some sequences, and leaves its hidden state.
  func readLast(of sequences: [LiveSequence]) {
    guard !sequences.isEmpty else { return }
    begin()
    var parts: [Part] = []
    for sequence in sequences { parts.append(append(sequence.tokenIDs.suffix(1), to: &sequence.kept)) }
    run(parts)
    for (part, sequence) in zip(parts, sequences) { sequence.hidden = rows(part) }
  }

  /// Reads tokens that go on from kept positions, or begin a sequence where there are none: at most `rowLimit` at once.
  ///
  /// - Parameter isWanted: Asked before each pass; throws where nobody wants the answer any more.
  func read(
    _ tokens: [[TokenID]], after kept: [KeyValueSequence?], rowLimit: Int, _ isWanted: () throws -> Void
  ) rethrows -> [Reading] {
    var readings = kept.map { Reading(kept: $0 ?? KeyValueSequence(pool)) }
    var (index, done) = (0, 0)
    while index < tokens.count {
      begin()
      var parts: [(index: Int, part: Part)] = []
      var room = max(1, rowLimit)
      while index < tokens.count, room > 0 {
        let next = tokens[index][done...].prefix(room)
        if !next.isEmpty { parts.append((index, append(next, to: &readings[index].kept))) }
        room -= next.count
        done += next.count
        if done == tokens[index].count { (index, done) = (index + 1, 0) }
      }
      guard !parts.isEmpty else { break }
      try isWanted()
      run(parts.map(\.part))
      for (index, part) in parts { readings[index].hidden += rows(part) }
    }
    return readings
  }

  private func begin() {
    tape.tokenIDs.removeAll(keepingCapacity: true)
    tape.positions.removeAll(keepingCapacity: true)
  }

  private func append(_ tokenIDs: ArraySlice<TokenID>, to kept: inout KeyValueSequence) -> Part {
    let (firstRow, firstPosition) = (tape.tokenIDs.count, kept.length)
    kept.extend(by: tokenIDs.count)
    tape.tokenIDs += tokenIDs
    tape.positions += Int32(firstPosition)..<Int32(kept.length)
    return Part(firstRow: firstRow, rowCount: tokenIDs.count, firstPosition: firstPosition, table: kept.table)
  }

  private func rows(_ part: Part) -> [Float] {
    let width = transformer.configuration.width
    return tape.hidden.window(part.firstRow * width, part.rowCount * width).array
  }

  private func run(_ parts: [Part]) {
    let longest = parts.map { $0.firstPosition + $0.rowCount }.max() ?? 0
    let padded = (longest + PageAttention.pagePositions - 1) / PageAttention.pagePositions * PageAttention.pagePositions
    scratch.resize(padded * ComputePool.threadCount)
    let room = scratch.view
    transformer.run(parameters: parameters, tape: tape) { layer, projected, attended in
      attend(layer, parts, projected, attended) { room.window($0 * padded, padded) }
    }
  }

  /// Keeps the rows' keys and values, and lets each row see its sequence up to itself.
  private func attend(
    _ layer: Int, _ parts: [Part], _ projected: Matrix, _ attended: Matrix,
    scratch: @escaping @Sendable (_ lane: Int) -> FloatView
  ) {
    let heads = transformer.configuration.keyValueHeadCount
    let rows = PageRows(
      projected: projected, attended: attended, attention: attentions[layer], columns: columns,
      window: transformer.configuration.block.attention.window(ofLayer: layer), layer: layer)
    if parts.allSatisfy({ $0.rowCount == 1 }) {
      // Nothing but a head's own piece reads what it keeps.
      return ComputePool.forEachInLane(parts.count * heads) { index, lane in
        let (part, head) = (parts[index / heads], index % heads)
        rows.keep(part.firstRow, at: part.firstPosition, in: part.table, head: head)
        rows.attend(part.firstRow, at: part.firstPosition, in: part.table, head: head, scratch: scratch(lane))
      }
    }
    ComputePool.forEach(parts.count * heads) { index in
      let (part, head) = (parts[index / heads], index % heads)
      for row in 0..<part.rowCount {
        rows.keep(part.firstRow + row, at: part.firstPosition + row, in: part.table, head: head)
      }
    }
    let places = parts.flatMap { part in (0..<part.rowCount).map { (part: part, row: $0) } }
    ComputePool.forEachInLane(places.count * heads) { index, lane in
      let (place, head) = (places[index / heads], index % heads)
      rows.attend(
        place.part.firstRow + place.row, at: place.part.firstPosition + place.row, in: place.part.table, head: head,
        scratch: scratch(lane))
    }
  }

  /// Logits of hidden states `[n, D]`. Shape: `[n, V]`; valid until the next call.
  func logits(_ hidden: FloatView) -> FloatView {
    let model = transformer.configuration
    let rows = hidden.count / model.width
    logits.resize(rows * model.vocabSize)
    transformer.logits(hidden: .float32(hidden), groups: [0..<rows], parameters: parameters, into: logits.view)
    return logits.view
  }

  /// The same of the last hidden states of some sequences.
  func logits(of sequences: [LiveSequence]) -> FloatView {
    let width = transformer.configuration.width
    selected.resize(sequences.count * width)
    for (index, sequence) in sequences.enumerated() {
      selected.view.window(index * width, width).copy(from: sequence.hidden)
    }
    return logits(selected.view)
  }

  /// Scratch of the sampler. Shape: `[rows, V]`.
  func weights(rows: Int) -> FloatView {
    weights.resize(rows * transformer.configuration.vocabSize)
    return weights.view
  }
}

/// Queries, keys and values of the rows of a pass in one layer.
private struct PageRows: Sendable {
  let projected: Matrix
  let attended: Matrix
  let attention: PageAttention
  let columns: HeadColumns
  let window: Int?
  let layer: Int

  private func part(_ matrix: Matrix, _ row: Int, _ column: Int, _ count: Int) -> FloatView {
    matrix.view.window(row * matrix.stride + column, count)
  }

  /// Keeps the key and value of one head.
  func keep(_ row: Int, at position: Int, in table: PageTable, head: Int) {
    let width = attention.headWidth
    attention.store(
      key: part(projected, row, columns.keys + head * columns.stride, width),
      value: part(projected, row, columns.values + head * columns.stride, width), head: head,
      place: position % PageAttention.pagePositions, in: table[position / PageAttention.pagePositions], layer: layer)
  }

  /// Lets the queries of one key head see the positions up to their own, as far as the window reaches.
  func attend(_ row: Int, at position: Int, in table: PageTable, head: Int, scratch: FloatView) {
    let width = attention.queriesPerKey * attention.headWidth
    // Queries of one key head stand without gaps: interleaved heads have one each.
    let queries = part(projected, row, columns.queries + head * attention.queriesPerKey * columns.stride, width)
    attention.attend(
      queries, head: head, pages: table, layer: layer,
      range: max(0, position + 1 - (window ?? position + 1))..<position + 1,
      into: part(attended, row, head * width, width), scratch: scratch)
  }
}
