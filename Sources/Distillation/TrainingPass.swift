internal import Kernels
internal import Sequences
internal import Transformer

/// Forward pass, loss and backward pass of some neighbouring segments of a batch.
struct TrainingPass: Sendable {
  let transformer: Transformer
  let parameters: ParameterBuffer
  let objective: Objective
  let plan: LossPlan
  /// Nil where the objective has no loss of pairs.
  let pairs: PairPlan?
  /// Nil where nothing is ranked.
  let ranking: RankingPlan?
  /// Nil where no term's skew is adaptive.
  let skews: SkewPlan?
  /// Factor of each term at this step.
  let weights: [Double]
  /// Nil where no term is a policy gradient.
  let policy: PolicyPlan?
  let teacher: TeacherScores?
  /// Where gradients are added; nil where none are wanted.
  var gradients: ParameterBuffer?
  /// Of the step, for what adapters leave out; nil: nothing.
  let dropoutSeed: UInt64?
  let workspace: LossWorkspace
  /// Nil where the objective compares no hidden states, or the batch has none.
  let hidden: HiddenStateLoss?

  /// A position of the loss: its sequence in the batch, and its place among the sequence's positions.
  private struct Owner { let sequence, offset: Int }

  /// Runs the pass over the sequences of some segments, which are neighbours in `batch`, and adds what it finds to `sums`.
  ///
  /// - Parameter finished: Called with the number of each block, from the last to the first, when its gradients are there.
  func run(
    _ segments: ArraySlice<Range<Int>>, of batch: SequenceBatch, addingTo sums: inout LossSums,
    finished: ((_ layer: Int) -> Void)? = nil
  ) throws(DistillationError) {
    guard let read = PassSequences(segments, of: batch) else { return }
    let (first, sequences) = (read.first, read.sequences)
    let positions = sequences.scoredPositions
    guard positions.count > 0 else { return }
    workspace.tape.dropout = dropoutSeed.map { AdapterDropout(seed: $0, firstSequence: first) }
    transformer.forward(sequences, parameters: parameters, tape: workspace.tape, rowGroups: read.rowGroups)
    let owners = positions.ranges.enumerated().flatMap { index, range in
      range.map { Owner(sequence: first + index, offset: $0 - range.lowerBound) }
    }
    let positionGroups = read.segments.map {
      positions.ranges[$0.lowerBound].lowerBound..<positions.ranges[$0.upperBound - 1].upperBound
    }
    let chunks = LossChunk.cut(positionGroups, rowSize: workspace.rowSize)
    let known = try measureSequences(chunks, positions, first: first, &sums)
    for chunk in chunks {
      if chunks.count > 1 || !looksFirst { computeLogits(chunk, positions) }
      try run(chunk, positions, Array(owners[chunk.positions]), known, &sums)
    }
    guard let gradients else { return }
    transformer.backward(
      sequences, tape: workspace.tape, parameters: parameters, gradients: gradients, addsEmbeddings: false,
      finished: finished)
    workspace.keepEmbeddedGradients(of: sequences)
  }

  /// Leaves the logits of a chunk's positions in the workspace.
  private func computeLogits(_ chunk: LossChunk, _ positions: ScoredPositions) {
    workspace.reserve(rows: chunk.positions.count)
    transformer.logits(
      rows: positions.predictingRows[chunk.positions], groups: chunk.groups, tape: workspace.tape,
      parameters: parameters, into: workspace.logits.window(0, chunk.positions.count * workspace.rowSize))
  }

  /// Whether losses depend on log-probs of whole sequences.
  private var looksFirst: Bool { pairs != nil || ranking != nil || skews != nil }

  /// Measures pairs, rankings and gaps of a pass, whose tape is there; returns what they say of each of its sequences.
  ///
  /// The gradient at a position depends on all positions of its sequence, or of a pair or group. So the head goes over the
  /// chunks once for the log-probs and, where there is more than one, once more for the gradients: the tape is kept, logits
  /// are not.
  private func measureSequences(
    _ chunks: [LossChunk], _ positions: ScoredPositions, first: Int, _ sums: inout LossSums
  ) throws(DistillationError) -> SequenceMeasurements {
    var known = SequenceMeasurements(first: first)
    guard looksFirst else { return known }
    var logprobs: [Double] = []
    for chunk in chunks {
      computeLogits(chunk, positions)
      logprobs += targetLogprobs(Array(positions.targets[chunk.positions]))
    }
    let totals = positions.ranges.map { $0.reduce(0) { $0 + logprobs[$1] } }
    let lengths = positions.ranges.map(\.count)
    if let pairs {
      let measured = try pairs.measure(first: first, logprobs: totals, lengths: lengths)
      sums.pairs += measured.pairs
      known.slopes = measured.slopes
    }
    if let ranking {
      let measured = try ranking.measure(first: first, logprobs: totals)
      sums.rankings += measured.groups
      known.slopes = measured.slopes
    }
    if let skews {
      for place in totals.indices where !totals[place].isFinite {
        throw .lossNotFinite(sequence: first + place, value: totals[place])
      }
      let measured = totals.indices.map {
        skews.measure(sequence: first + $0, logprob: totals[$0], length: lengths[$0])
      }
      sums.skews += measured.compactMap { $0 }
      known.alphas = measured.map { $0?.alpha }
    }
    return known
  }

  /// The student's log-probs of the actual tokens, from the logits in the workspace. Parallel over positions.
  private func targetLogprobs(_ targets: [TokenID]) -> [Double] {
    let (workspace, rowSize) = (workspace, workspace.rowSize)
    let pieces = ComputePool.mapInLane((targets.count + Self.rowsPerPiece - 1) / Self.rowsPerPiece) { piece, lane in
      (piece * Self.rowsPerPiece..<min((piece + 1) * Self.rowsPerPiece, targets.count)).map { place in
        workspace.lanes[lane].logprob(
          of: targets[place], logits: workspace.logits.window(place * rowSize, rowSize))
      }
    }
    return Array(pieces.joined())
  }

  /// Computes the losses of a chunk, whose logits are there, and what their gradients say about the head and the hidden
  /// states.
  private func run(
    _ chunk: LossChunk, _ positions: ScoredPositions, _ owners: [Owner], _ known: SequenceMeasurements,
    _ sums: inout LossSums
  ) throws(DistillationError) {
    let rows = positions.predictingRows[chunk.positions]
    let targets = Array(positions.targets[chunk.positions])
    for (owner, row) in zip(owners, computeRows(owners, chunk.groups, targets: targets, known)) {
      let (row, share) = (try row.get(), plan.shares[owner.sequence])
      guard row.value.isFinite else { throw .lossNotFinite(sequence: owner.sequence, value: row.value) }
      let weight = plan.weight(sequence: owner.sequence, offset: owner.offset)
      if weight > 0 { sums.add(row, term: share.term, coefficient: share.coefficient * weight) }
    }
    try addHiddenLoss(chunk, rows, owners, &sums)
    guard let gradients else { return }
    transformer.backwardLogits(
      rows: rows, groups: chunk.groups, logitGradients: logitGradients(count: owners.count), tape: workspace.tape,
      parameters: parameters, gradients: gradients)
  }

  /// Adds the squared errors of a chunk's hidden states, and what their gradients say about the projector and the tape.
  private func addHiddenLoss(
    _ chunk: LossChunk, _ rows: ArraySlice<Int>, _ owners: [Owner], _ sums: inout LossSums
  ) throws(DistillationError) {
    guard let hidden, let column = teacher?.columns.hiddenStates else { return }
    let coefficients = owners.map {
      plan.shares[$0.sequence].coefficient * plan.weight(sequence: $0.sequence, offset: $0.offset)
    }
    let places = HiddenStateLoss.Places(
      rows: rows, groups: chunk.groups, positions: owners.map(teacherPosition),
      scales: coefficients.map { objective.hiddenWeight * $0 })
    let values = hidden.run(places, column: column, tape: workspace.tape, learns: gradients != nil)
    for (place, value) in values.enumerated() {
      guard value.isFinite else { throw .lossNotFinite(sequence: owners[place].sequence, value: value) }
      if coefficients[place] > 0 { sums.hidden += coefficients[place] * value }
    }
  }

  private func logitGradients(count: Int) -> ProductRows {
    if let rounded = workspace.roundedGradients { return .bfloat16(rounded.window(0, count * workspace.rowSize)) }
    return .float32(workspace.logits.window(0, count * workspace.rowSize))
  }

  /// The losses of a chunk's positions, in order; replaces logits by gradients. Parallel over positions.
  private func computeRows(
    _ owners: [Owner], _ groups: [Range<Int>], targets: [TokenID], _ known: SequenceMeasurements
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
          known, rounded: capped == nil ? rounded : nil)
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
  ///
  /// What pairs or rankings look at has a cross-entropy for its term, whose gradient is `q − onehot`; that of s is `onehot − q`.
  private func compute(
    _ logits: FloatView, target: TokenID, _ owner: Owner, _ teacherLogits: FloatView?, _ lane: RowLossWorkspace,
    _ known: SequenceMeasurements, rounded: BFloat16View?
  ) -> Result<RowLoss, DistillationError> {
    let share = plan.shares[owner.sequence]
    var term = objective.terms[share.term]
    let kind = term.kind
    var source: (TeacherScores, Int)?
    if let position = teacherPosition(owner), let teacher { source = (teacher, position) }
    let weight = plan.weight(sequence: owner.sequence, offset: owner.offset)
    let scale = Float(weights[share.term] * share.coefficient * weight - known.slope(owner.sequence))
    if case .policyGradient(let policy) = kind, let tokens = self.policy, let start = share.policyStart {
      return Result { () throws(DistillationError) -> RowLoss in
        try lane.replaceLogits(
          logits, policy: policy, token: tokens[start + owner.offset], target: target, teacher: source,
          teacherLogits: source == nil ? nil : teacherLogits, scale: scale, rounded: rounded)
      }
    }
    if let alpha = known.alpha(owner.sequence) { term.kind = kind.skewed(by: alpha) }
    return Result { () throws(DistillationError) -> RowLoss in
      try lane.replaceLogits(
        logits, term: term, target: target, teacher: source, teacherLogits: source == nil ? nil : teacherLogits,
        scale: scale, rounded: rounded)
    }
  }
}

/// What the log-probs of whole sequences say about the sequences of a pass.
private struct SequenceMeasurements {
  /// The pass's first sequence in the batch.
  let first: Int
  /// `∂loss/∂s`, s being the sum of a sequence's log-probs; empty where the objective has no loss of pairs and no ranking.
  var slopes: [Double] = []
  /// α of sequences whose skew is adaptive; empty where there is none.
  var alphas: [Double?] = []

  init(first: Int) { self.first = first }

  func slope(_ sequence: Int) -> Double { slopes.isEmpty ? 0 : slopes[sequence - first] }
  func alpha(_ sequence: Int) -> Double? { alphas.isEmpty ? nil : alphas[sequence - first] }
}
