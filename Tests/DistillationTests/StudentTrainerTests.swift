import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

@Suite struct StudentTrainerTests {
  let golden: GoldenSteps

  init() throws { golden = try DistillationTests.golden("steps.json") }

  /// Tolerance: both are float32 with their own order of sums; Adam's first steps amplify a gradient's relative error.
  @Test("makes PyTorch's optimizer steps", arguments: [0, 1], [1, 2, 5])
  func matchesPyTorch(_ index: Int, _ microBatchSize: Int) throws {
    let example = golden.cases[index]
    let (student, objective) = (try TinyStudent(example.start), try example.objective)
    let trainer = try student.trainer(objective)
    for step in example.steps {
      let measured = try trainer.step(
        golden.batch(microBatchSize: microBatchSize), teacher: golden.scores(objective))
      #expect(abs(measured.loss - step.loss) <= 2e-5 * step.loss)
      #expect(abs(measured.gradientNorm - step.norm) <= 1e-4 * step.norm)
      for (ours, theirs) in zip(measured.termLosses, step.terms) { #expect(abs(ours - theirs) <= 2e-5 * theirs) }
      try expectPyTorch(step.parameters, student.transformer.layout, student.parameters, absolute: 1e-5, relative: 1e-4)
    }
  }

  @Test("measures what a step measures without changing anything", arguments: [0, 1])
  func evaluates(_ index: Int) throws {
    let example = golden.cases[index]
    let (student, objective) = (try TinyStudent(example.start), try example.objective)
    let trainer = try student.trainer(objective)
    let before = student.parameters.view.array
    let (batch, scores) = (try golden.batch(microBatchSize: 2), golden.scores(objective))
    let evaluated = try trainer.step(batch, teacher: scores, evaluate: true)
    #expect(student.parameters.view.array == before && trainer.optimizer.stepCount == 0)
    let stepped = try trainer.step(batch, teacher: scores)
    #expect(evaluated.loss == stepped.loss && evaluated.termLosses == stepped.termLosses)
    #expect(evaluated.tokenCount == 12 && evaluated.positionCount == 24)
    #expect(evaluated.gradientNorm == 0 && stepped.gradientNorm > 0 && stepped.learningRate == 1e-2)
    #expect(evaluated.teacherMass > 0.3 && evaluated.teacherMass <= 1.0001)
  }

  @Test("gives the same bits again, whatever runs at once")
  func repeats() throws {
    let example = golden.cases[0]
    let runs = try (0..<3).map { _ in
      let student = try TinyStudent(example.start)
      let trainer = try student.trainer(example.objective)
      for _ in 0..<5 {
        _ = try trainer.step(golden.batch(microBatchSize: 1), teacher: golden.scores(trainer.objective))
      }
      return student.parameters.view.array
    }
    #expect(runs[0] == runs[1] && runs[1] == runs[2])
  }

  @Test("a student that is its own teacher has no loss and no gradient")
  func selfDistillation() throws {
    let student = try TinyStudent(golden.cases[0].start)
    let objective = try golden.cases[0].objective
    let batch = try golden.batch(microBatchSize: 2)
    var scores = PositionScores()
    try Scorer(transformer: student.transformer, parameters: student.parameters, vocabSize: TinyStudent.vocabSize)
      .score(batch.teacherSequences(objective), options: objective.scoreOptions, maximumChunkPositions: 64) {
        scores.append($0)
      }
    let measured = try student.trainer(objective).step(batch, teacher: scores)
    #expect(abs(measured.loss) <= 1e-6 && measured.gradientNorm <= 1e-5 && measured.topAgreement == 1)
  }

  @Test("the loss falls when it learns", arguments: [0, 1])
  func learns(_ index: Int) throws {
    let student = try TinyStudent(golden.cases[index].start)
    let trainer = try student.trainer(golden.cases[index].objective)
    let losses = try (0..<40).map { _ in
      try trainer.step(golden.batch(microBatchSize: 3), teacher: golden.scores(trainer.objective)).loss
    }
    #expect(losses[39] < 0.5 * losses[0])
  }

  @Test("leaves parameters and optimizer as they are when a loss is not finite", arguments: [Float.nan, .infinity])
  func refusesNonFinite(_ bad: Float) throws {
    let student = try TinyStudent(golden.cases[0].start)
    let trainer = try student.trainer(golden.cases[0].objective)
    let entry = try #require(student.transformer.layout["model.layers.1.mlp.down_proj.weight"])
    student.parameters.view(entry)[5] = bad
    let before = student.parameters.view.array.map(\.bitPattern)
    #expect(throws: DistillationError.self) {
      try trainer.step(golden.batch(microBatchSize: 2), teacher: golden.scores(trainer.objective))
    }
    #expect(student.parameters.view.array.map(\.bitPattern) == before && trainer.optimizer.stepCount == 0)
  }

  @Test("refuses what does not fit, and changes nothing")
  func refusesBatches() throws {
    let student = try TinyStudent(golden.cases[0].start)
    let trainer = try student.trainer(golden.cases[0].objective)
    let good = golden.scores(trainer.objective)
    var short = good
    short.positionCount -= 1
    func batch(_ ids: [TokenID], term: Int = 0) throws -> TrainingBatch {
      try TrainingBatch(
        sequences: SequenceBatch([TokenSequence(tokenIDs: ids, promptLength: 1)]), termIndices: [term],
        microBatchSize: 1)
    }
    #expect(throws: DistillationError.unknownTerm(sequence: 0, term: 2, termCount: 2)) {
      try trainer.step(batch([1, 2], term: 2))
    }
    #expect(throws: DistillationError.tokenIDOutOfRange(position: 1, tokenID: 11, vocabSize: 11)) {
      try trainer.step(batch([1, 11]))
    }
    #expect(throws: DistillationError.sequenceTooLong(sequence: 0, length: 17, contextLength: 16)) {
      try trainer.step(batch([TokenID](repeating: 1, count: 17)))
    }
    #expect(throws: DistillationError.countMismatch(column: "the teacher's positions", expected: 12, found: 11)) {
      try trainer.step(golden.batch(microBatchSize: 1), teacher: short)
    }
    var nothing = PositionScores()
    nothing.positionCount = 12
    #expect(throws: DistillationError.teacherMissing(.skewForwardKL(alpha: 0.1))) {
      try trainer.step(golden.batch(microBatchSize: 1), teacher: nothing)
    }
    #expect(trainer.optimizer.stepCount == 0)
  }

  @Test("a batch without completions has a loss of zero and leaves no trace but the decay")
  func emptyCompletions() throws {
    let student = try TinyStudent(golden.cases[0].start)
    let trainer = try student.trainer(golden.cases[0].objective)
    let batch = try TrainingBatch(
      sequences: SequenceBatch([TokenSequence(tokenIDs: [1, 2], promptLength: 2)]), termIndices: [0],
      microBatchSize: 1)
    let measured = try trainer.step(batch)
    #expect(measured.loss == 0 && measured.gradientNorm == 0 && measured.tokenCount == 0)
    #expect(student.parameters.view.array.allSatisfy { $0.isFinite })
  }
}

@Suite struct ObjectiveTests {
  @Test("refuses no terms, and numbers outside their ranges")
  func refuses() {
    #expect(throws: DistillationError.noTerms) { try Objective(terms: [], reduction: .tokenMean) }
    let terms = [
      LossTerm(.skewForwardKL(alpha: 1)), LossTerm(.skewReverseKL(alpha: -0.1)), LossTerm(.generalizedJSD(beta: 1.1)),
      LossTerm(.forwardKL, weight: -1), LossTerm(.forwardKL, weight: .nan), LossTerm(.skewForwardKL(alpha: .nan)),
    ]
    for term in terms {
      #expect(throws: DistillationError.self) { try Objective(terms: [term], reduction: .tokenMean) }
    }
    #expect(throws: DistillationError.self) {
      try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean, topCount: -1)
    }
  }

  @Test("asks the teacher for what it uses, about the sequences that need it")
  func asks() throws {
    let objective = try Objective(
      terms: [LossTerm(.crossEntropy), LossTerm(.reverseKL)], reduction: .tokenMean, topCount: 5)
    #expect(objective.scoreOptions == ScoreOptions(tokenLogprobs: true, topCount: 5))
    #expect(try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean).scoreOptions.fullLogprobs)
    let (one, two) = (TokenSequence(tokenIDs: [1, 2], promptLength: 1), TokenSequence(tokenIDs: [3], promptLength: 1))
    let batch = try TrainingBatch(sequences: SequenceBatch([one, two]), termIndices: [0, 1], microBatchSize: 1)
    #expect(try batch.teacherSequences(objective).sequences == [two])
  }
}
