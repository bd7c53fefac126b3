internal import Kernels
internal import Sequences
internal import Transformer

/// Forward pass, loss and backward pass of some neighbouring segments of a batch.
struct TrainingPass: Sendable {
  let transformer: Transformer
  let parameters: ParameterBuffer
  let objective: Objective
  let plan: LossPlan
  let teacher: TeacherScores?
  /// Where gradients are added; nil where none are wanted.
  let gradients: ParameterBuffer?
  /// Of the step, for what adapters leave out; nil: nothing.
  let dropoutSeed: UInt64?
  let workspace: LossWorkspace

  /// A position of the loss: its sequence in the batch, and its place among the sequence's positions.
  private struct Owner { let sequence, offset: Int }

  /// Runs the pass over the sequences of some segments, which are neighbours in `batch`, and adds what it finds to `sums`.
  func run(
    _ segments: ArraySlice<Range<Int>>, of batch: SequenceBatch, addingTo sums: inout LossSums
  ) throws(DistillationError) {
    guard let first = segments.first?.lowerBound, let end = segments.last?.upperBound else { return }
    let sequences = batch.slice(first..<end)
    let positions = sequences.scoredPositions
    guard positions.count > 0 else { return }
    let local = segments.map { $0.lowerBound - first..<$0.upperBound - first }
    let starts = sequences.sequenceStarts
    let rowGroups = local.map { starts[$0.lowerBound]..<starts[$0.upperBound] }
    workspace.tape.dropout = dropoutSeed.map { AdapterDropout(seed: $0, firstSequence: first) }
    transformer.forward(sequences, parameters: parameters, tape: workspace.tape, rowGroups: rowGroups)
    let owners = positions.ranges.enumerated().flatMap { index, range in
      range.map { Owner(sequence: first + index, offset: $0 - range.lowerBound) }
    }
    let positionGroups = local.map {
      positions.ranges[$0.lowerBound].lowerBound..<positions.ranges[$0.upperBound - 1].upperBound
    }
    for chunk in LossChunk.cut(positionGroups, rowSize: workspace.rowSize) {
      try run(chunk, positions, Array(owners[chunk.positions]), &sums)
    }
    guard let gradients else { return }
    transformer.backward(
      sequences, tape: workspace.tape, parameters: parameters, gradients: gradients, addsEmbeddings: false)
    workspace.keepEmbeddedGradients(of: sequences)
  }

  /// Computes the losses of a chunk, and what their gradients say about the head and the hidden states.
  private func run(
    _ chunk: LossChunk, _ positions: ScoredPositions, _ owners: [Owner], _ sums: inout LossSums
  ) throws(DistillationError) {
    workspace.reserve(rows: owners.count)
    let rows = positions.predictingRows[chunk.positions]
    transformer.logits(
      rows: rows, groups: chunk.groups, tape: workspace.tape, parameters: parameters,
      into: workspace.logits.window(0, owners.count * workspace.rowSize))
    let targets = Array(positions.targets[chunk.positions])
    for (owner, row) in zip(owners, computeRows(owners, chunk.groups, targets: targets)) {
      let (row, share) = (try row.get(), plan.shares[owner.sequence])
      guard row.value.isFinite else { throw .lossNotFinite(sequence: owner.sequence, value: row.value) }
      sums.add(row, term: share.term, coefficient: share.coefficient)
    }
    guard let gradients else { return }
    transformer.backwardLogits(
      rows: rows, groups: chunk.groups, logitGradients: logitGradients(count: owners.count), tape: workspace.tape,
      parameters: parameters, gradients: gradients)
  }

  private func logitGradients(count: Int) -> ProductRows {
    if let rounded = workspace.roundedGradients { return .bfloat16(rounded.window(0, count * workspace.rowSize)) }
    return .float32(workspace.logits.window(0, count * workspace.rowSize))
  }

  /// The losses of a chunk's positions, in order; replaces logits by gradients. Parallel over positions.
  private func computeRows(
    _ owners: [Owner], _ groups: [Range<Int>], targets: [TokenID]
  ) -> [Result<RowLoss, DistillationError>] {
    let (workspace, rowSize) = (workspace, workspace.rowSize)
    let hiddenStateRows = computeHiddenStateRows(owners, groups)
    let pieces = ComputePool.mapInLane((owners.count + Self.rowsPerPiece - 1) / Self.rowsPerPiece) { piece, lane in
      (piece * Self.rowsPerPiece..<min((piece + 1) * Self.rowsPerPiece, owners.count)).map { place in
        let logits = workspace.logits.window(place * rowSize, rowSize)
        let capped = workspace.cappedLogits.isEmpty ? nil : workspace.cappedLogits[lane]
        capped?.copy(from: logits)
        let rounded = gradients == nil ? nil : workspace.roundedGradients?.window(place * rowSize, rowSize)
        let row = compute(
          logits, target: targets[place], owners[place], hiddenStateRows?.logits(place), workspace.lanes[lane],
          rounded: capped == nil ? rounded : nil)
        if let capped {
          transformer.uncap(logits, logits: capped)
          rounded?.round(logits)
        }
        return row
      }
    }
    return Array(pieces.joined())
  }

  private static let rowsPerPiece = 4

  /// Computes the teacher's logits of a chunk where the teacher sent hidden states.
  private func computeHiddenStateRows(_ owners: [Owner], _ groups: [Range<Int>]) -> HiddenStateRows? {
    guard let teacher, let head = teacher.head else { return nil }
    let rows = workspace.rows(of: head, capacity: owners.count)
    rows.compute(owners.map(teacherPosition), groups: groups, of: teacher.columns.hiddenStates)
    return rows
  }

  /// Where a position of the batch stands in the teacher's columns; nil where its term needs no teacher.
  private func teacherPosition(_ owner: Owner) -> Int? {
    plan.shares[owner.sequence].teacherStart.map { $0 + owner.offset }
  }

  /// One position's loss; its logits become their gradient, or `rounded` takes it.
  private func compute(
    _ logits: FloatView, target: TokenID, _ owner: Owner, _ teacherLogits: FloatView?, _ lane: RowLossWorkspace,
    rounded: BFloat16View?
  ) -> Result<RowLoss, DistillationError> {
    let share = plan.shares[owner.sequence]
    let term = objective.terms[share.term]
    var source: (TeacherScores, Int)?
    if let position = teacherPosition(owner), let teacher { source = (teacher, position) }
    return Result { () throws(DistillationError) -> RowLoss in
      try lane.replaceLogits(
        logits, kind: term.kind, target: target, teacher: source, teacherLogits: source == nil ? nil : teacherLogits,
        scale: Float(term.weight * share.coefficient), rounded: rounded)
    }
  }
}
