import Kernels
import Sequences

/// Forward passes over rows of several sequences, whose keys and values stand in pages.
final class SequencePass {
  let prefixes: KeptPrefixes
  /// Positions that went through the model so far.
  private(set) var positionCount = 0
  private let transformer: Transformer
  private let parameters: ParameterBuffer
  /// Of each layer.
  private let attentions: [PageAttention]
  private let columns: HeadColumns
  private let tape: Tape
  private var parts: [Part] = []
  /// Rows of this pass whose keys and values belong to further sequences too.
  private var copies: [Part] = []
  private var scratch = GrowingFloats()
  private var selected = GrowingFloats()
  private var logits = GrowingFloats()
  private var weights = GrowingFloats()

  /// - Parameters:
  ///   - parameters: With packed weights.
  ///   - prefixes: Of the same parameters.
  init(_ transformer: Transformer, _ parameters: ParameterBuffer, prefixes: KeptPrefixes) {
    self.transformer = transformer
    self.parameters = parameters
    self.prefixes = prefixes
    attentions = transformer.pageAttentions(areRounded: prefixes.areRounded)
    columns = transformer.headColumns
    tape = Tape(transformer, keepsActivations: false)
  }

  var pool: PagePool { prefixes.pool }
  /// Of hidden states.
  var width: Int { transformer.configuration.embeddingWidth }

  /// Consecutive rows of one sequence.
  private struct Part: Sendable {
    let firstRow: Int
    let rowCount: Int
    let firstPosition: Int
    let table: PageTable
  }

  /// Reads the next token of each of some sequences, and leaves its hidden state.
  func readLast(of sequences: [LiveSequence]) {
    guard !sequences.isEmpty else { return }
    begin()
    for sequence in sequences { append(sequence.tokenIDs.suffix(1), to: &sequence.kept) }
    run(areApart: true)
    for (row, sequence) in sequences.enumerated() { sequence.hidden = tape.hidden.window(row * width, width).array }
  }

  /// Reads texts, each from its beginning, at most `rowLimit` tokens at once; what they begin with alike is read once.
  ///
  /// - Parameter isWanted: Asked before each pass; throws where nobody wants the answer any more.
  func read(
    _ texts: [ReadText], rowLimit: Int, sharesPrefixes: Bool = true, _ isWanted: () throws -> Void
  ) rethrows -> [Reading] {
    var reading = TextReading(texts, pass: self, rowLimit: rowLimit, sharesPrefixes: sharesPrefixes)
    return try reading.read(isWanted)
  }

  /// Rows of the pass so far.
  var rowCount: Int { tape.tokenIDs.count }
  /// Hidden states of the rows that have run. Shape: `[rowCount, D]`.
  var hidden: [Float] { tape.hidden.array }

  /// Begins a pass.
  func begin() {
    tape.tokenIDs.removeAll(keepingCapacity: true)
    tape.positions.removeAll(keepingCapacity: true)
    (parts, copies) = ([], [])
  }

  /// Adds rows that go on from a sequence's kept positions.
  func append(_ tokenIDs: ArraySlice<TokenID>, to kept: inout KeyValueSequence) {
    let (firstRow, firstPosition) = (rowCount, kept.length)
    kept.extend(by: tokenIDs.count)
    tape.tokenIDs += tokenIDs
    tape.positions += Int32(firstPosition)..<Int32(kept.length)
    parts.append(
      Part(firstRow: firstRow, rowCount: tokenIDs.count, firstPosition: firstPosition, table: kept.table))
  }

  /// Has a row of this pass kept in another sequence as well.
  func copy(row: Int, at position: Int, to kept: KeyValueSequence) {
    copies.append(Part(firstRow: row, rowCount: 1, firstPosition: position, table: kept.table))
  }

  /// Runs the pass.
  ///
  /// - Parameter areApart: Whether each row is of another sequence, and in a page of its own.
  func run(areApart: Bool = false) {
    positionCount += rowCount
    let longest = parts.map { $0.firstPosition + $0.rowCount }.max() ?? 0
    let padded = (longest + PageAttention.pagePositions - 1) / PageAttention.pagePositions * PageAttention.pagePositions
    scratch.resize(padded * ComputePool.threadCount)
    let room = scratch.view
    transformer.run(parameters: parameters, tape: tape) { layer, projected, attended in
      attend(layer, projected, attended, areApart: areApart) { room.window($0 * padded, padded) }
    }
  }

  /// Keeps the rows' keys and values, and lets each row see its sequence up to itself.
  private func attend(
    _ layer: Int, _ projected: Matrix, _ attended: Matrix, areApart: Bool,
    scratch: @escaping @Sendable (_ lane: Int) -> FloatView
  ) {
    let heads = transformer.configuration.keyValueHeadCount
    let rows = PageRows(
      projected: projected, attended: attended, attention: attentions[layer], columns: columns,
      window: transformer.configuration.block.attention.window(ofLayer: layer), layer: layer)
    let (parts, kept) = (parts, parts + copies)
    if areApart {
      // Nothing but a head's own piece reads what it keeps.
      return ComputePool.forEachInLane(parts.count * heads) { index, lane in
        let (part, head) = (parts[index / heads], index % heads)
        rows.keep(part.firstRow, at: part.firstPosition, in: part.table, head: head)
        rows.attend(part.firstRow, at: part.firstPosition, in: part.table, head: head, scratch: scratch(lane))
      }
    }
    ComputePool.forEach(kept.count * heads) { index in
      let (part, head) = (kept[index / heads], index % heads)
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
    let rows = hidden.count / width
    logits.resize(rows * transformer.configuration.vocabSize)
    transformer.logits(hidden: .float32(hidden), groups: [0..<rows], parameters: parameters, into: logits.view)
    return logits.view
  }

  /// The same of the last hidden states of some sequences.
  func logits(of sequences: [LiveSequence]) -> FloatView {
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

extension Transformer {
  /// The attention of each layer over pages.
  func pageAttentions(areRounded: Bool) -> [PageAttention] {
    (0..<configuration.layerCount).map { PageAttention(attention(ofLayer: $0), isRounded: areRounded) }
  }
}
