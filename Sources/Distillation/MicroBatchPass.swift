internal import Kernels
internal import Sequences
internal import Transformer

/// What one thread needs for one micro-batch at a time; reused from step to step.
final class MicroBatchSlot: @unchecked Sendable {
  // SAFETY: the trainer gives a slot to one micro-batch at a time.

  /// Rows of logits held at once: what bounds the memory of a loss, whatever the batch.
  static let chunkRows = 256

  let tape: Tape
  /// Gradients of this micro-batch alone.
  let gradients: ParameterBuffer
  let logits: FloatView  // [chunkRows, head rows]
  let workspace: RowLossWorkspace
  private var hiddenStateRows: HiddenStateRows?

  init(_ transformer: Transformer, vocabSize: Int) {
    let rowSize = transformer.configuration.vocabSize
    tape = Tape(transformer)
    gradients = ParameterBuffer(count: transformer.layout.count)
    logits = FloatStorage(count: Self.chunkRows * rowSize).view
    workspace = RowLossWorkspace(vocabSize: vocabSize, rowSize: rowSize)
  }

  /// Where log-probs are made of hidden states with this head.
  func rows(of head: OutputHead) -> HiddenStateRows {
    if let hiddenStateRows, hiddenStateRows.head === head { return hiddenStateRows }
    let rows = HiddenStateRows(head: head, capacity: Self.chunkRows)
    hiddenStateRows = rows
    return rows
  }
}

/// Forward pass, loss and backward pass of some neighbouring sequences of a batch.
struct MicroBatchPass: Sendable {
  let transformer: Transformer
  let parameters: ParameterBuffer
  let objective: Objective
  let plan: LossPlan
  let teacher: TeacherScores?
  /// Whether gradients are wanted.
  let learns: Bool

  /// Runs the pass; `sequences` are those of `range` in the batch. Overwrites the slot's gradients.
  func run(
    _ sequences: SequenceBatch, range: Range<Int>, slot: MicroBatchSlot
  ) throws(DistillationError) -> LossSums {
    var sums = LossSums(termCount: objective.terms.count)
    let positions = sequences.scoredPositions
    if learns { slot.gradients.view.fill(0) }
    guard positions.count > 0 else { return sums }
    transformer.forward(sequences, parameters: parameters, tape: slot.tape)
    let owners = positions.ranges.enumerated().flatMap { index, range in
      range.map { (sequence: index, offset: $0 - range.lowerBound) }
    }
    for start in stride(from: 0, to: positions.count, by: MicroBatchSlot.chunkRows) {
      let chunk = start..<min(start + MicroBatchSlot.chunkRows, positions.count)
      let rowSize = slot.workspace.rowSize
      let logits = slot.logits.window(0, chunk.count * rowSize)
      let rows = positions.predictingRows[chunk]
      transformer.logits(rows: rows, tape: slot.tape, parameters: parameters, into: logits)
      let hiddenStateRows = computeHiddenStateRows(
        chunk.compactMap {
          teacherPosition(sequence: range.lowerBound + owners[$0].sequence, offset: owners[$0].offset)
        },
        slot)
      for position in chunk {
        let owner = owners[position]
        let row = logits.window((position - chunk.lowerBound) * rowSize, rowSize)
        try add(
          row, target: positions.targets[position], sequence: range.lowerBound + owner.sequence, offset: owner.offset,
          hiddenStateRows: hiddenStateRows, slot: slot, to: &sums)
      }
      guard learns else { continue }
      transformer.backwardLogits(
        rows: rows, logitGradients: logits, tape: slot.tape, parameters: parameters, gradients: slot.gradients)
    }
    if learns {
      transformer.backward(sequences, tape: slot.tape, parameters: parameters, gradients: slot.gradients)
    }
    return sums
  }

  /// Where a position of the batch stands in the teacher's columns; nil where its term needs no teacher.
  private func teacherPosition(sequence: Int, offset: Int) -> Int? {
    plan.shares[sequence].teacherStart.map { $0 + offset }
  }

  /// Computes the teacher's log-probs of some positions where the teacher sent hidden states.
  private func computeHiddenStateRows(_ positions: [Int], _ slot: MicroBatchSlot) -> HiddenStateRows? {
    guard let teacher, let head = teacher.head else { return nil }
    let rows = slot.rows(of: head)
    rows.compute(positions, of: teacher.columns.hiddenStates)
    return rows
  }

  /// Adds one position's loss and replaces its logits by their gradient.
  private func add(
    _ logits: FloatView, target: TokenID, sequence: Int, offset: Int, hiddenStateRows: HiddenStateRows?,
    slot: MicroBatchSlot, to sums: inout LossSums
  ) throws(DistillationError) {
    let share = plan.shares[sequence]
    let term = objective.terms[share.term]
    var source: (TeacherScores, Int)?
    if let position = teacherPosition(sequence: sequence, offset: offset), let teacher { source = (teacher, position) }
    let row = try slot.workspace.replaceLogits(
      logits, kind: term.kind, target: target, teacher: source,
      teacherRow: source.flatMap { hiddenStateRows?.logprobs($0.1) }, scale: Float(term.weight * share.coefficient))
    guard row.value.isFinite else { throw .lossNotFinite(sequence: sequence, value: row.value) }
    sums.add(row, term: share.term, coefficient: share.coefficient)
  }
}
