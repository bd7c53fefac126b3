import Optimization
import Testing

struct ScheduleCase: Decodable, CustomTestStringConvertible {
  let shape: LearningRateSchedule.Shape
  let warmup: Int
  let total: Int
  let peak: Double
  let rates: [Double]
  var testDescription: String { "\(shape), \(warmup) of \(total)" }
}

@Suite struct LearningRateScheduleTests {
  /// Tolerance: a few roundings in double.
  @Test("gives the rates of transformers", arguments: try golden("schedules.json") as [ScheduleCase])
  func matchesTransformers(_ example: ScheduleCase) throws {
    let schedule = try LearningRateSchedule(
      shape: example.shape, peak: example.peak, warmupSteps: example.warmup, maxSteps: example.total)
    for (step, rate) in example.rates.enumerated() {
      // Past its end transformers' cosine rises again; no run takes such a step.
      guard example.shape != .cosine || step <= example.total else { continue }
      #expect(abs(schedule.learningRate(at: step) - rate) <= 1e-15, "step \(step)")
    }
  }

  @Test("refuses rates and steps below zero")
  func refuses() {
    #expect(throws: OptimizationError.self) {
      try LearningRateSchedule(shape: .linear, peak: -1, maxSteps: 10)
    }
    #expect(throws: OptimizationError.self) {
      try LearningRateSchedule(shape: .linear, peak: .nan, maxSteps: 10)
    }
    #expect(throws: OptimizationError.self) {
      try LearningRateSchedule(shape: .linear, peak: 1, warmupSteps: -1, maxSteps: 10)
    }
  }
}
