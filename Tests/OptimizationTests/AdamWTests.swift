import Foundation
import Kernels
import Optimization
import Testing
import Transformer

/// One sequence of steps of PyTorch's AdamW.
struct AdamWCase: Decodable, CustomTestStringConvertible {
  struct Step: Decodable {
    let gradients: [Float]
    let norm: Double
    let learningRate: Double
    let parameters: [Float]
  }

  let lr, weightDecay, beta1, beta2, eps, maxNorm: Double
  let start: [Float]
  let steps: [Step]
  var testDescription: String { "lr \(lr), decay \(weightDecay), max norm \(maxNorm)" }

  var options: AdamWOptions {
    get throws {
      try AdamWOptions(
        weightDecay: weightDecay, beta1: beta1, beta2: beta2, epsilon: eps, maxGradientNorm: maxNorm)
    }
  }
  var schedule: LearningRateSchedule {
    get throws { try LearningRateSchedule(shape: .cosine, peak: lr, warmupSteps: 2, maxSteps: 8) }
  }
}

func golden<Content: Decodable>(_ name: String) throws -> Content {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
  return try JSONDecoder().decode(Content.self, from: Data(contentsOf: folder.appending(path: name)))
}

func buffer(_ values: [Float]) -> ParameterBuffer {
  let buffer = ParameterBuffer(count: values.count)
  for (index, value) in values.enumerated() { buffer.view[index] = value }
  return buffer
}

/// The llama of Golden/generate.py: 40 parameters.
func smallLayout() throws -> ParameterLayout {
  ParameterLayout(
    try ModelConfiguration(
      family: .llama, vocabSize: 3, width: 2, layerCount: 1, headCount: 1, feedForwardWidth: 2, contextLength: 4))
}

@Suite struct AdamWTests {
  /// More parameters than are updated at once, and a rest.
  @Test("leaves gradients as they are or clears them, and renews a bfloat16 copy that there is")
  func clearsAndRounds() throws {
    let model = try ModelConfiguration(
      family: .llama, vocabSize: 301, width: 10, layerCount: 1, headCount: 1, feedForwardWidth: 6, contextLength: 4)
    let layout = ParameterLayout(model)
    let values = (0..<layout.count).map { Float($0 % 17) - 8.3 }
    let results = try [false, true].map { clears in
      let optimizer = AdamW(
        layout: layout, options: try AdamWOptions(),
        schedule: try LearningRateSchedule(shape: .constant, peak: 0.1, maxSteps: 2))
      let (parameters, gradients) = (buffer(values), buffer(values.reversed()))
      if clears { parameters.updateRounded() }
      try optimizer.step(parameters, gradients: gradients, clearsGradients: clears)
      #expect(gradients.view.array == (clears ? values.map { _ in 0 } : values.reversed()))
      return parameters
    }
    #expect(results[0].view.array == results[1].view.array)
    #expect(results[0].rounded == nil)
    let (rounded, expected) = (try #require(results[1].rounded), BFloat16Storage(count: layout.count).view)
    expected.round(results[1].view)
    #expect((0..<layout.count).allSatisfy { rounded[$0] == expected[$0] })
  }

  /// Tolerance: both sum in float32, in orders that may differ by one rounding per operation and step.
  @Test("makes the steps of torch.optim.AdamW", arguments: try golden("adamw.json") as [AdamWCase])
  func matchesPyTorch(_ example: AdamWCase) throws {
    let optimizer = AdamW(layout: try smallLayout(), options: try example.options, schedule: try example.schedule)
    let parameters = buffer(example.start)
    for step in example.steps {
      let (norm, rate) = try optimizer.step(parameters, gradients: buffer(step.gradients))
      #expect(abs(norm - step.norm) <= 1e-6 * step.norm)
      #expect(abs(rate - step.learningRate) <= 1e-15)
      for (ours, theirs) in zip(parameters.view.array, step.parameters) {
        #expect(abs(ours - theirs) <= 2e-7 + 2e-6 * abs(theirs))
      }
    }
  }

  @Test("goes on from saved moments with the same bits")
  func resumes() throws {
    let example = try #require((try golden("adamw.json") as [AdamWCase]).last)
    let (layout, options, schedule) = (try smallLayout(), try example.options, try example.schedule)
    let (straight, broken) = (buffer(example.start), buffer(example.start))
    let first = AdamW(layout: layout, options: options, schedule: schedule)
    var second = AdamW(layout: layout, options: options, schedule: schedule)
    for step in example.steps {
      try first.step(straight, gradients: buffer(step.gradients))
      try second.step(broken, gradients: buffer(step.gradients))
      second = AdamW(
        layout: layout, options: options, schedule: schedule, stepCount: second.stepCount,
        firstMoments: second.firstMoments.copy(), secondMoments: second.secondMoments.copy())
    }
    #expect(straight.view.array == broken.view.array)
    #expect(first.stepCount == 8)
  }

  @Test("leaves everything as it is when a gradient is not finite", arguments: [Float.nan, .infinity])
  func refusesNonFinite(_ bad: Float) throws {
    let example = try #require((try golden("adamw.json") as [AdamWCase]).first)
    let optimizer = AdamW(layout: try smallLayout(), options: try example.options, schedule: try example.schedule)
    let parameters = buffer(example.start)
    var gradients = example.steps[0].gradients
    gradients[17] = bad
    #expect(throws: OptimizationError.self) { try optimizer.step(parameters, gradients: buffer(gradients)) }
    #expect(parameters.view.array == example.start)
    #expect(optimizer.stepCount == 0)
    #expect(optimizer.firstMoments.view.array.allSatisfy { $0 == 0 })
  }

  @Test(
    "refuses numbers outside their ranges",
    arguments: [[-0.1, 0.9, 0.999, 1e-8], [0, 1, 0.999, 1e-8], [0, 0.9, -0.1, 1e-8], [0, 0.9, 0.999, -1e-8]]
      as [[Double]])
  func refusesOptions(_ numbers: [Double]) {
    #expect(throws: OptimizationError.self) {
      try AdamWOptions(weightDecay: numbers[0], beta1: numbers[1], beta2: numbers[2], epsilon: numbers[3])
    }
  }
}
