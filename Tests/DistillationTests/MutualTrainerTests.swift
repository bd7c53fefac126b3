import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// mutual.json: a student and a module that teach each other, in PyTorch.
struct GoldenMutual: Decodable {
  struct Sequence: Decodable {
    let tokenIDs: [TokenID]
    let promptLength: Int
  }
  struct Step: Decodable { let loss, norm, moduleLoss, moduleNorm: Double }
  struct Rates: Decodable { let student, module: Double }
  struct Gradients: Decodable { let student, module: [String: [Double]] }
  struct Case: Decodable {
    let reverse, sequenceMean: Bool
    let alpha, beta, maxNorm: Double
    let parameters, adapters: [String: [Float]]
    let gradients: Gradients
    let steps: [Step]

    var kind: TokenLossKind { reverse ? .reverseKL : .forwardKL }
    var reduction: Reduction { sequenceMean ? .sequenceMean : .tokenMean }

    /// `(1 − α) CE + α D`.
    var studentObjective: Objective {
      get throws {
        try Objective(
          terms: [LossTerm(kind, weight: alpha, crossEntropyWeight: (1 - alpha) / alpha)], reduction: reduction)
      }
    }

    /// `CE + β D`.
    var moduleObjective: Objective {
      get throws {
        let term = beta == 0 ? LossTerm(.crossEntropy) : LossTerm(kind, weight: beta, crossEntropyWeight: 1 / beta)
        return try Objective(terms: [term], reduction: reduction)
      }
    }
  }
  let sequences: [Sequence]
  let scale: Double
  let rank: Int
  let rates: Rates
  let start, base, adapters: [String: [Float]]
  let cases: [Case]

  /// The sequences, over and over.
  func batch(microBatchSize: Int = 5, times: Int = 1) throws -> TrainingBatch {
    let all = sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }
    let repeated = (0..<times).flatMap { _ in all }
    return try TrainingBatch(
      sequences: SequenceBatch(repeated), termIndices: repeated.map { _ in 0 }, microBatchSize: microBatchSize)
  }

  /// The two models of a case, as they begin.
  func pair(_ example: Case, maxNorm: Double? = nil) throws -> MutualPair {
    let student = try TinyStudent(start)
    let transformer = Transformer(
      try ModelConfiguration(
        family: .llama, vocabSize: 12, width: 12, layerCount: 1, headCount: 2, keyValueHeadCount: 2,
        feedForwardWidth: 16, contextLength: 16))
    let base = ParameterBuffer(count: transformer.layout.count)
    for entry in transformer.layout.entries { base.view(entry).copy(from: try #require(self.base[entry.name])) }
    let layout = try AdapterLayout(transformer, AdapterOptions(rank: rank, alpha: scale * Double(rank)))
    let adapters = Adapters(zeros: layout)
    for entry in layout.parameters.entries {
      adapters.values.view(entry).copy(from: try #require(self.adapters[entry.name]))
    }
    let options = try AdamWOptions(
      weightDecay: 0.1, beta2: 0.95, epsilon: 1e-4, maxGradientNorm: maxNorm ?? example.maxNorm)
    func optimizer(_ layout: ParameterLayout, _ rate: Double) throws -> AdamW {
      AdamW(
        layout: layout, options: options,
        schedule: try LearningRateSchedule(shape: .constant, peak: rate, maxSteps: 100))
    }
    let trainer = try MutualTrainer(
      student: StudentTrainer(
        transformer: student.transformer, parameters: student.parameters, vocabSize: TinyStudent.vocabSize,
        optimizer: optimizer(student.transformer.layout, rates.student), objective: example.studentObjective),
      module: StudentTrainer(
        transformer: transformer, parameters: base.adapted(by: adapters), vocabSize: TinyStudent.vocabSize,
        optimizer: optimizer(layout.parameters, rates.module), objective: example.moduleObjective))
    return MutualPair(trainer: trainer, student: student.parameters, base: base, adapters: adapters)
  }
}

/// A student and a module with their trainer.
struct MutualPair {
  let trainer: MutualTrainer
  let student, base: ParameterBuffer
  let adapters: Adapters

  var learned: [Float] { student.view.array + adapters.values.view.array }
  var studentLayout: ParameterLayout { trainer.student.transformer.layout }
  var moduleLayout: ParameterLayout { adapters.layout.parameters }
}

@Suite("A student and a module that teach each other") struct MutualTrainerTests {
  let golden: GoldenMutual

  init() throws { golden = try DistillationTests.golden("mutual.json") }

  /// Tolerance: float32 against float64, over two layers and twelve positions.
  @Test("both losses and all of both gradients are PyTorch's", arguments: [0, 1])
  func gradients(_ index: Int) throws {
    let example = golden.cases[index]
    let pair = try golden.pair(example)
    let measured = try pair.trainer.step(golden.batch())
    let (step, module) = (example.steps[0], try #require(measured.module))
    #expect(abs(measured.loss - step.loss) <= 2e-6 * step.loss)
    #expect(abs(module.loss - step.moduleLoss) <= 2e-6 * step.moduleLoss)
    // Without clipping a first moment is then a tenth of the gradient.
    for (known, layout, optimizer) in [
      (example.gradients.student, pair.studentLayout, pair.trainer.student.optimizer),
      (example.gradients.module, pair.moduleLayout, pair.trainer.module.optimizer),
    ] { try expectPyTorch(known, layout, optimizer.firstMoments, factor: 10, absolute: 2e-6, relative: 2e-5) }
  }

  /// Tolerance: Adam's first steps amplify a small gradient's error, by at most the rate over ε; the module's rate is three times the
  /// student's.
  @Test("four optimizer steps of both are PyTorch's, clipped or not, and the module's model stays", arguments: 0..<3)
  func steps(_ index: Int) throws {
    let example = golden.cases[index]
    let pair = try golden.pair(example)
    let before = pair.base.view.array
    for step in example.steps {
      let measured = try pair.trainer.step(golden.batch())
      let module = try #require(measured.module)
      #expect(abs(measured.loss - step.loss) <= 5e-5 * step.loss)
      #expect(abs(measured.gradientNorm - step.norm) <= 2e-4 * step.norm)
      #expect(abs(module.loss - step.moduleLoss) <= 5e-5 * step.moduleLoss)
      #expect(abs(module.gradientNorm - step.moduleNorm) <= 2e-4 * step.moduleNorm)
      #expect(measured.learningRate == 1e-2 && module.learningRate == 3e-2)
    }
    try expectPyTorch(example.parameters, pair.studentLayout, pair.student, absolute: 2e-5, relative: 1e-4)
    try expectPyTorch(example.adapters, pair.moduleLayout, pair.adapters.values, absolute: 6e-5, relative: 3e-4)
    #expect(pair.base.view.array == before)
  }

  /// Tolerance: central differences of fourth order of a float32 loss, at steps of 5e-3 and 1e-2.
  @Test("each gradient is the derivative of its own loss, the other model being a constant", arguments: [0, 1])
  func centralDifferences(_ index: Int) throws {
    let example = golden.cases[index]
    let (stepped, pair) = (try golden.pair(example), try golden.pair(example))
    _ = try stepped.trainer.step(golden.batch())
    func slope(of place: FloatView, _ index: Int, _ loss: (StepMeasurements) -> Double?) throws -> Double {
      let kept = place[index]
      defer { place[index] = kept }
      let values = try [0.005, -0.005, 0.01, -0.01].map { shift in
        place[index] = kept + Float(shift)
        return try loss(pair.trainer.step(golden.batch(), evaluate: true)) ?? .nan
      }
      return (8 * (values[0] - values[1]) - (values[2] - values[3])) / 0.06
    }
    for index in stride(from: 3, to: pair.student.count, by: 41) {
      let known = Double(stepped.trainer.student.optimizer.firstMoments.view[index]) * 10
      let found = try slope(of: pair.student.view, index) { $0.loss }
      #expect(abs(found - known) <= 5e-4 + 5e-3 * abs(known), "student \(index): \(found), \(known)")
    }
    for index in stride(from: 1, to: pair.adapters.values.count, by: 17) {
      let known = Double(stepped.trainer.module.optimizer.firstMoments.view[index]) * 10
      let found = try slope(of: pair.adapters.values.view, index) { $0.module?.loss }
      #expect(abs(found - known) <= 5e-4 + 5e-3 * abs(known), "module \(index): \(found), \(known)")
    }
  }

  @Test("a module whose model is the student's own, without adapters' effect, differs from it by nothing")
  func twins() throws {
    let (student, twin) = (try TinyStudent(golden.start), try TinyStudent(golden.start))
    let layout = try AdapterLayout(twin.transformer, AdapterOptions(rank: 2, alpha: 4))
    let adapters = Adapters(zeros: layout)
    var generator = SeededGenerator(seed: 3)
    layout.initialize(adapters.values, using: &generator)
    let divergence = try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean)
    let schedule = try LearningRateSchedule(shape: .constant, peak: 1e-2, maxSteps: 10)
    let trainer = try MutualTrainer(
      student: student.trainer(divergence),
      module: StudentTrainer(
        transformer: twin.transformer, parameters: twin.parameters.adapted(by: adapters),
        vocabSize: TinyStudent.vocabSize,
        optimizer: AdamW(layout: layout.parameters, options: try AdamWOptions(), schedule: schedule),
        objective: divergence))
    let measured = try trainer.step(golden.batch(), evaluate: true)
    // Log-probs of both are rounded on their own.
    #expect(abs(measured.loss) <= 1e-6 && abs(measured.module?.loss ?? 1) <= 1e-6 && measured.topAgreement == 1)
  }

  @Test("an evaluation changes nothing, and where either fails both stay as they were", arguments: [false, true])
  func failures(breaksModule: Bool) throws {
    let example = golden.cases[0]
    let pair = try golden.pair(example)
    let before = pair.learned
    let evaluated = try pair.trainer.step(golden.batch(), evaluate: true)
    #expect(abs(evaluated.loss - example.steps[0].loss) <= 2e-6 * example.steps[0].loss && evaluated.gradientNorm == 0)
    #expect(evaluated.module?.gradientNorm == 0 && pair.learned == before)
    let place = breaksModule ? pair.adapters.values.view : pair.student.view
    let index = place.count - 1
    let kept = place[index]
    place[index] = .infinity
    let broken = pair.learned.map(\.bitPattern)
    #expect(throws: DistillationError.self) { try pair.trainer.step(golden.batch()) }
    #expect(pair.learned.map(\.bitPattern) == broken)
    #expect(pair.trainer.student.optimizer.stepCount == 0 && pair.trainer.module.optimizer.stepCount == 0)
    place[index] = kept
    // What the failed passes left in the gradients is gone.
    let first = try pair.trainer.step(golden.batch())
    #expect(abs(first.gradientNorm - example.steps[0].norm) <= 1e-4 * example.steps[0].norm)
    let norm = example.steps[0].moduleNorm
    #expect(abs((first.module?.gradientNorm ?? 0) - norm) <= 1e-4 * norm)
  }

  @Test("both losses fall, and the two come nearer to each other")
  func learns() throws {
    let example = golden.cases[0]
    let pair = try golden.pair(example)
    let measured = try (0..<40).map { _ in try pair.trainer.step(golden.batch()) }
    #expect(measured[39].loss < 0.5 * measured[0].loss)
    #expect(try #require(measured[39].module).loss < 0.5 * #require(measured[0].module).loss)
  }

  @Test("objectives that need more of a teacher than its log-probs are refused, and another vocabulary")
  func refusals() throws {
    let example = golden.cases[0]
    let student = try TinyStudent(golden.start)
    let good = try student.trainer(example.studentObjective)
    for objective in [
      try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean, topCount: 3),
      try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean, drawCount: 3),
      try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean, hiddenWeight: 1),
      try Objective(terms: [LossTerm(.universalLogit(factor: 1))], reduction: .tokenMean),
      try Objective(terms: [LossTerm(.crossEntropy), LossTerm(.forwardKL)], reduction: .tokenMean),
      try Objective(
        terms: [LossTerm(.skewForwardKL(alpha: 0.1), adaptiveSkew: AdaptiveSkew(firstSteps: 1))], reduction: .tokenMean),
    ] {
      #expect(throws: DistillationError.notMutual(objective)) {
        try MutualTrainer(student: good, module: student.trainer(objective))
      }
    }
    let narrow = try StudentTrainer(
      transformer: student.transformer, parameters: student.parameters, vocabSize: 10, optimizer: good.optimizer,
      objective: example.studentObjective)
    #expect(throws: DistillationError.moduleVocabulary(module: 10, student: 11)) {
      try MutualTrainer(student: good, module: narrow)
    }
  }
}
