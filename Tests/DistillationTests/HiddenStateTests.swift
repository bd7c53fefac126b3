import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// alignment.json: z-scored divergences, and steps with projected hidden states, in PyTorch.
struct GoldenAlignment: Decodable {
  struct Sequence: Decodable {
    let tokenIDs: [TokenID]
    let promptLength: Int
  }
  struct Row: Decodable, Sendable {
    let kind: String
    let standardized: Bool
    let crossEntropy, value: Double
    let target: TokenID
    let logits, teacher: [Float]
    let gradient: [Double]

    var term: LossTerm {
      let kind: TokenLossKind =
        switch self.kind {
        case "forwardKL": .forwardKL
        case "reverseKL": .reverseKL
        default: .generalizedJSD(beta: 0.5)
        }
      return LossTerm(kind, standardizesLogits: standardized, crossEntropyWeight: crossEntropy)
    }
  }
  struct Step: Decodable { let loss, term, hidden, norm: Double }
  struct Case: Decodable {
    let standardized, sequenceMean: Bool
    let crossEntropy, hiddenWeight: Double
    let start, projectorStart, parameters, projector: [String: [Float]]
    let steps: [Step]

    var objective: Objective {
      get throws {
        try Objective(
          terms: [LossTerm(.forwardKL, standardizesLogits: standardized, crossEntropyWeight: crossEntropy)],
          reduction: sequenceMean ? .sequenceMean : .tokenMean, hiddenWeight: hiddenWeight)
      }
    }
  }
  let sequences: [Sequence]
  let teacher, hidden: [[[Float]]]
  let rows: [Row]
  let cases: [Case]

  /// The sequences, over and over.
  func batch(microBatchSize: Int = 5, times: Int = 1) throws -> TrainingBatch {
    let all = sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }
    let repeated = (0..<times).flatMap { _ in all }
    return try TrainingBatch(
      sequences: SequenceBatch(repeated), termIndices: repeated.map { _ in 0 }, microBatchSize: microBatchSize)
  }

  /// The teacher's reply: all log-probs, and hidden states of width 12.
  func scores(times: Int) -> PositionScores {
    var all = PositionScores()
    for _ in 0..<times { all.append(scores) }
    return all
  }

  /// The same of the sequences once.
  var scores: PositionScores {
    var scores = PositionScores()
    scores.positionCount = teacher.reduce(0) { $0 + $1.count }
    scores.fullLogprobs = teacher.flatMap { $0.flatMap(\.self) }
    scores.hiddenStates = hidden.flatMap { $0.flatMap(\.self) }
    return scores
  }
}

/// A student with a projector of the file's numbers.
private struct AlignedStudent {
  let student: TinyStudent
  let projector = HiddenProjector(from: 8, to: 12)
  let trainer: StudentTrainer

  init(_ example: GoldenAlignment.Case, arithmetic: TrainingArithmetic = TrainingArithmetic()) throws {
    student = try TinyStudent(example.start)
    for entry in projector.layout.entries {
      projector.values.view(entry).copy(from: example.projectorStart[entry.name] ?? [])
    }
    let zeros = { [projector] in ParameterBuffer(count: projector.layout.count) }
    let plain = try student.trainer(example.objective)
    trainer = try StudentTrainer(
      transformer: student.transformer, parameters: student.parameters, vocabSize: TinyStudent.vocabSize,
      optimizer: plain.optimizer, objective: example.objective, arithmetic: arithmetic,
      projection: ProjectorTraining(projector, firstMoments: zeros(), secondMoments: zeros()))
  }
}

@Suite("z-scored logits and projected hidden states") struct HiddenStateTests {
  let golden: GoldenAlignment

  init() throws { golden = try DistillationTests.golden("alignment.json") }

  private func row(
    _ term: LossTerm, _ logits: [Float], target: TokenID = 0, teacher: PositionScores, rounded: BFloat16View? = nil
  ) throws -> (loss: RowLoss, gradient: [Float]) {
    let view = floats(logits + [7])
    let scores = try #require(try TeacherScores(teacher, vocabSize: logits.count))
    let loss = try RowLossWorkspace(vocabSize: logits.count, rowSize: logits.count + 1).replaceLogits(
      view, term: term, target: target, teacher: (scores, 0), teacherLogits: nil, scale: 1, rounded: rounded)
    return (loss, view.array)
  }

  /// Tolerance: z-scores are rounded to float32 at up to 10, as are the exponentials' arguments.
  @Test("rows equal float64 autograd, rounded or not")
  func autograd() throws {
    for example in golden.rows {
      let rounded = BFloat16Storage(count: example.logits.count + 1).view
      let teacher = fullScores(teacher: example.teacher)
      let (loss, gradient) = try row(example.term, example.logits, target: example.target, teacher: teacher)
      _ = try row(example.term, example.logits, target: example.target, teacher: teacher, rounded: rounded)
      #expect(abs(loss.value - example.value) <= 2e-6 + 3e-6 * abs(example.value))
      for (ours, known) in zip(gradient, example.gradient) { #expect(abs(Double(ours) - known) <= 2e-6) }
      let expected = BFloat16Storage(count: gradient.count).view
      expected.round(floats(gradient))
      #expect(gradient.last == 0 && gradient.indices.allSatisfy { rounded[$0] == expected[$0] })
    }
  }

  /// Tolerance: central differences of a float32 value at a step of 1e-2.
  @Test("the gradient of z-scores is the derivative of the value", arguments: 0..<3)
  func centralDifferences(kind: Int) throws {
    let kinds: [TokenLossKind] = [.forwardKL, .reverseKL, .generalizedJSD(beta: 0.3)]
    let term = LossTerm(kinds[kind], standardizesLogits: true, crossEntropyWeight: 0.5)
    let logits: [Float] = [1, -0.5, 0.25, 2, -1.5]
    let teacher = fullScores(teacher: logSoftmax([0.5, 1, -2, 0.75, 0]).map { Float($0) })
    let gradient = try row(term, logits, target: 3, teacher: teacher).gradient
    for index in logits.indices {
      let values = try [-0.01, 0.01].map { shift in
        var moved = logits
        moved[index] += Float(shift)
        return try row(term, moved, target: 3, teacher: teacher).loss.value
      }
      #expect(abs((values[1] - values[0]) / 0.02 - Double(gradient[index])) <= 2e-4)
    }
  }

  /// Tolerance: rounding of the moved logits.
  @Test(
    "z-scores know neither the scale nor the origin of either model's logits, and are 0 apart where those alone differ")
  func invariance() throws {
    let term = LossTerm(.forwardKL, standardizesLogits: true)
    let logits: [Float] = [1, -0.5, 0.25, 2, -1.5]
    let moved = logits.map { 3 * $0 - 4 }
    let teacher = logSoftmax([0.5, 1, -2, 0.75, 0]).map { Float($0) }
    let value = try row(term, logits, teacher: fullScores(teacher: teacher)).loss.value
    let same = try row(term, moved, teacher: fullScores(teacher: teacher)).loss.value
    #expect(abs(same - value) <= 1e-6)
    let own = logSoftmax(moved).map { Float($0) }
    let (zero, gradient) = try row(term, logits, teacher: fullScores(teacher: own))
    #expect(abs(zero.value) <= 1e-6 && gradient.allSatisfy { abs($0) <= 1e-6 } && zero.agrees == true)
    // Equal logits have none: a value, and nothing to go by.
    let (flat, none) = try row(term, [2, 2, 2, 2, 2], teacher: fullScores(teacher: teacher))
    #expect(flat.value > 0 && none.allSatisfy { $0 == 0 })
  }

  @Test("z-scores are refused where log-probs are missing or infinite, and of what is no divergence")
  func refusals() throws {
    let term = LossTerm(.forwardKL, standardizesLogits: true)
    let logits: [Float] = [1, -0.5, 0.25]
    #expect(throws: DistillationError.teacherNotStandardizable(position: 0)) {
      try row(term, logits, teacher: fullScores(teacher: [-0.5, -0.93, -.infinity]))
    }
    let top = topScores(teacher: logSoftmax(logits).map { Float($0) }, topCount: 2, target: 0)
    #expect(throws: DistillationError.teacherMissing(.forwardKL)) { try row(term, logits, teacher: top) }
    #expect(
      try row(term, [1, .nan, 0], teacher: fullScores(teacher: logSoftmax(logits).map { Float($0) })).loss.value.isNaN)
    for bad in [
      LossTerm(.crossEntropy, standardizesLogits: true), LossTerm(.universalLogit(factor: 1), crossEntropyWeight: 1),
      LossTerm(.forwardKL, crossEntropyWeight: -1),
      LossTerm(.skewForwardKL(alpha: 0.1), adaptiveSkew: AdaptiveSkew(firstSteps: 1), standardizesLogits: true),
    ] {
      #expect(throws: DistillationError.self) { try Objective(terms: [bad], reduction: .tokenMean) }
    }
    #expect(throws: DistillationError.self) { try Objective(terms: [term], reduction: .tokenMean, topCount: 4) }
    for weight in [-1, Double.nan, .infinity] {
      #expect(throws: DistillationError.self) {
        try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean, hiddenWeight: weight)
      }
    }
    #expect(throws: DistillationError.self) {
      try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean, drawCount: 4, hiddenWeight: 1)
    }
  }

  /// Tolerance: both are float32 with their own order of sums; Adam's first steps amplify a gradient's relative error.
  @Test("makes PyTorch's optimizer steps, of the student and of the projector", arguments: [0, 1])
  func steps(_ index: Int) throws {
    let example = golden.cases[index]
    let aligned = try AlignedStudent(example)
    let options = try example.objective.scoreOptions
    #expect(options.hiddenState && options.fullLogprobs)
    for step in example.steps {
      let measured = try aligned.trainer.step(golden.batch(), teacher: golden.scores)
      #expect(abs(measured.loss - step.loss) <= 2e-5 * abs(step.loss))
      #expect(abs(measured.termLosses[0] - step.term) <= 2e-5 * abs(step.term))
      #expect(abs(measured.hiddenLoss - step.hidden) <= 2e-5 * step.hidden)
      #expect(abs(measured.gradientNorm - step.norm) <= 1e-4 * step.norm)
    }
    let (model, projector) = (aligned.student.transformer.layout, aligned.projector)
    try expectPyTorch(example.parameters, model, aligned.student.parameters, absolute: 1e-5, relative: 1e-4)
    try expectPyTorch(example.projector, projector.layout, projector.values, absolute: 1e-5, relative: 1e-4)
  }

  /// 750 tokens make two segments.
  @Test("no bit depends on micro-batches, nor on what is computed again")
  func batches() throws {
    func learned(_ microBatchSize: Int, _ arithmetic: TrainingArithmetic = TrainingArithmetic()) throws -> [Float] {
      let aligned = try AlignedStudent(golden.cases[0], arithmetic: arithmetic)
      for _ in 0..<2 {
        _ = try aligned.trainer.step(
          golden.batch(microBatchSize: microBatchSize, times: 30), teacher: golden.scores(times: 30))
      }
      return aligned.student.parameters.view.array + aligned.projector.values.view.array
    }
    let known = try learned(150)
    #expect(try learned(1) == known && learned(7) == known)
    #expect(try learned(150, TrainingArithmetic(recomputesActivations: true)) == known)
  }

  @Test("an evaluation changes nothing, and a step that fails leaves everything as it was")
  func failures() throws {
    let example = golden.cases[0]
    let aligned = try AlignedStudent(example)
    func state() -> [Float] { aligned.student.parameters.view.array + aligned.projector.values.view.array }
    let before = state()
    let evaluated = try aligned.trainer.step(golden.batch(), teacher: golden.scores, evaluate: true)
    #expect(abs(evaluated.hiddenLoss - example.steps[0].hidden) <= 2e-5 * example.steps[0].hidden && state() == before)
    let count = golden.scores.positionCount
    for (width, found) in [(0, 0), (11, 11 * count)] {
      var scores = golden.scores
      scores.hiddenStates = [Float](repeating: 0.5, count: width * count)
      #expect(
        throws: DistillationError.hiddenStatesMissing(
          expected: width == 0 ? 12 * count : 12, found: width == 0 ? found : 11)
      ) { try aligned.trainer.step(golden.batch(), teacher: scores) }
    }
    var broken = golden.scores
    broken.hiddenStates[12 * count - 1] = .nan
    #expect(throws: DistillationError.self) { try aligned.trainer.step(golden.batch(), teacher: broken) }
    #expect(state() == before && aligned.trainer.optimizer.stepCount == 0)
    // What the failed passes left in the gradients is gone.
    let first = try aligned.trainer.step(golden.batch(), teacher: golden.scores)
    #expect(abs(first.gradientNorm - example.steps[0].norm) <= 1e-4 * example.steps[0].norm)
  }

  @Test("a projector is made of the seed, and of the teacher's width once that is known")
  func fresh() throws {
    func projector(seed: UInt64) throws -> [Float] {
      let student = try TinyStudent(golden.cases[0].start)
      let objective = try golden.cases[0].objective
      let projection = ProjectorTraining(seed: seed)
      let trainer = try StudentTrainer(
        transformer: student.transformer, parameters: student.parameters, vocabSize: TinyStudent.vocabSize,
        optimizer: try student.trainer(objective).optimizer, objective: objective, projection: projection)
      #expect(projection.projector == nil)
      _ = try trainer.step(golden.batch(), teacher: golden.scores, evaluate: true)
      let made = try #require(projection.projector)
      #expect(made.inputWidth == 8 && made.outputWidth == 12)
      return made.values.view.array
    }
    let values = try projector(seed: 1)
    #expect(try projector(seed: 1) == values && projector(seed: 2) != values)
    let bound = Float(1 / Double(8).squareRoot())
    #expect(values.prefix(96).allSatisfy { abs($0) <= bound } && values.prefix(96).contains { abs($0) > 0.8 * bound })
  }
}

@Suite("A projector of hidden states") struct HiddenProjectorTests {
  /// Tolerance: central differences of float32 sums at a step of 1e-2; the numbers are of the size of 1.
  @Test("has the gradients of its parameters and of the hidden states")
  func centralDifferences() throws {
    let golden: GoldenAlignment = try DistillationTests.golden("alignment.json")
    let student = try TinyStudent(golden.cases[0].start)
    let projector = HiddenProjector(from: 8, to: 5)
    var generator = SeededGenerator(seed: 7)
    projector.initialize(using: &generator)
    let batch = SequenceBatch([TokenSequence(tokenIDs: [1, 4, 2, 7, 5], promptLength: 1)])
    let tape = Tape(student.transformer, memory: .everything)
    student.transformer.forward(batch, parameters: student.parameters, tape: tape)
    let (rows, groups) = ([3, 0, 2][...], [0..<2, 2..<3])
    let factors = (0..<15).map { Float(($0 * 7) % 5) / 5 - 0.3 }
    let pass = ProjectorPass(projector)
    func value() -> Double {
      zip(pass.project(rows, of: tape, groups: groups).array, factors).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    _ = value()
    let gradients = HiddenProjector(from: 8, to: 5)
    pass.backward(rows, outputGradients: floats(factors), tape: tape, gradients: gradients)
    func check(_ place: FloatView, _ index: Int, _ known: Float) {
      let kept = place[index]
      place[index] = kept + 0.01
      let above = value()
      place[index] = kept - 0.01
      let slope = (above - value()) / 0.02
      place[index] = kept
      #expect(abs(slope - Double(known)) <= 1e-3)
    }
    for index in 0..<projector.values.count { check(projector.values.view, index, gradients.values.view[index]) }
    let hidden = tape.hiddenGradient.array
    for row in [0, 2, 3] {
      for column in 0..<8 { check(tape.hidden, row * 8 + column, hidden[row * 8 + column]) }
    }
    #expect(hidden[8..<16].allSatisfy { $0 == 0 } && hidden[32...].allSatisfy { $0 == 0 })
  }
}
