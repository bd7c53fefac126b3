import Checkpoints
import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Transformer

/// One optimizer step of DistiLLM-2: skewed forward KL on the teacher's sequences, skewed reverse KL on the student's, the
/// teacher's log-probs given; clipping at norm 1, AdamW without decay at a constant rate.
final class TrainWork: EngineWork {
  let trainer: StudentTrainer
  private let batch: TrainingBatch
  private let teacher: PositionScores
  private let tokenCount: Int

  init(_ file: CaseFile, precision: EnginePrecision) throws {
    let model = try ModelFolder.load(URL(filePath: file.folder))
    let transformer = Transformer(model.configuration)
    let schedule = try LearningRateSchedule(shape: .constant, peak: CaseFile.learningRate, maxSteps: 1 << 20)
    let objective = try Objective(
      terms: [LossTerm(.skewForwardKL(alpha: CaseFile.alpha)), LossTerm(.skewReverseKL(alpha: CaseFile.alpha))],
      reduction: .tokenMean)
    trainer = try StudentTrainer(
      transformer: transformer, parameters: model.parameters, vocabSize: file.vocabSize,
      optimizer: AdamW(layout: transformer.layout, options: AdamWOptions(), schedule: schedule), objective: objective,
      arithmetic: TrainingArithmetic(precision: precision.products))
    let sequences = SequenceBatch(file.sequences.map { TokenSequence(tokenIDs: $0, promptLength: 1) })
    batch = try TrainingBatch(
      sequences: sequences, termIndices: file.terms, microBatchSize: file.microBatchSize)
    var scores = PositionScores()
    scores.positionCount = file.positionCount
    scores.fullLogprobs = try TeacherFile.read(file.teacher, count: file.positionCount * file.vocabSize)
    teacher = scores
    tokenCount = file.tokenCount
  }

  func round() throws -> WorkerRound {
    let (seconds, step) = try timed { try trainer.step(batch, teacher: teacher) }
    return WorkerRound(seconds: seconds, tokens: tokenCount, peakBytes: 0, values: [step.loss, step.gradientNorm])
  }
}
