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

  init(_ transformer: Transformer, vocabSize: Int) {
    let rowSize = transformer.configuration.vocabSize
    tape = Tape(transformer)
    gradients = ParameterBuffer(count: transformer.layout.count)
    logits = FloatStorage(count: Self.chunkRows * rowSize).view
    workspace = RowLossWorkspace(vocabSize: vocabSize, rowSize: rowSize)
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
      for position in chunk {
        let owner = owners[position]
        let row = logits.window((position - chunk.lowerBound) * rowSize, rowSize)
        try add(
          row, target: positions.targets[position], sequence: range.lowerBound + owner.sequence, offset: owner.offset,
          slot: slot, to: &sums)
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

  /// Adds one position's loss and replaces its logits by their gradient.
  private func add(
    _ logits: FloatView, target: TokenID, sequence: Int, offset: Int, slot: MicroBatchSlot, to sums: inout LossSums
  ) throws(DistillationError) {
    let share = plan.shares[sequence]
    let term = objective.terms[share.term]
    var source: (TeacherScores, Int)?
    if let start = share.teacherStart, let teacher { source = (teacher, start + offset) }
    let row = try slot.workspace.replaceLogits(
      logits, kind: term.kind, target: target, teacher: source, scale: Float(term.weight * share.coefficient))
    guard row.value.isFinite else { throw .lossNotFinite(sequence: sequence, value: row.value) }
    sums.add(row, term: share.term, coefficient: share.coefficient)
  }
}
