internal import Kernels
public import Transformer

/// Numbers of AdamW, with PyTorch's names and defaults (weight decay aside, which is 0 here).
public struct AdamWOptions: Sendable, Hashable, Codable {
  /// Decoupled decay of matrices; vectors (norms, biases) have none.
  public let weightDecay: Double
  /// Decay of the first moment, in [0, 1).
  public let beta1: Double
  /// Decay of the second moment, in [0, 1).
  public let beta2: Double
  /// Added to the denominator, after the square root.
  public let epsilon: Double
  /// Largest norm of the gradient; 0: no clipping.
  public let maxGradientNorm: Double

  /// Makes options.
  ///
  /// - Throws: ``OptimizationError/optionOutOfRange(name:value:range:)``.
  public init(
    weightDecay: Double = 0, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    maxGradientNorm: Double = 1
  ) throws(OptimizationError) {
    func expect(_ name: String, _ value: Double, _ range: Range<Double>) throws(OptimizationError) {
      try OptimizationError.expect(name, value, range.contains(value), "[\(range.lowerBound), \(range.upperBound))")
    }
    try expect("weight_decay", weightDecay, 0..<Double.infinity)
    try expect("adam_beta1", beta1, 0..<1)
    try expect("adam_beta2", beta2, 0..<1)
    try expect("adam_epsilon", epsilon, 0..<Double.infinity)
    try expect("max_grad_norm", maxGradientNorm, 0..<Double.infinity)
    self.weightDecay = weightDecay
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.maxGradientNorm = maxGradientNorm
  }
}

/// AdamW as `torch.optim.AdamW`, after `clip_grad_norm_`, at the rate of a schedule.
///
/// State: two moments of each parameter and the number of steps. One caller uses it at a time. The work is cut into pieces that
/// depend on the layout alone, so that the number of threads changes no bit.
///
/// - SeeAlso: Algorithm 2 of <https://arxiv.org/abs/1711.05101>.
public final class AdamW {
  /// The numbers.
  public let options: AdamWOptions
  /// The rates.
  public let schedule: LearningRateSchedule
  /// Steps taken.
  public internal(set) var stepCount: Int
  /// Whose moments are here: ranges of parameters, in the order in which their moments stand in the buffers. All parameters, unless
  /// replicas share them out.
  public internal(set) var held: [Range<Int>]
  /// Running means of the gradients, of ``held``.
  public internal(set) var firstMoments: ParameterBuffer
  /// Running means of their squares, of ``held``.
  public internal(set) var secondMoments: ParameterBuffer
  /// Number of parameters.
  public let parameterCount: Int
  let pieces: [Piece]

  /// Neighbouring parameters that are updated alike.
  struct Piece: Sendable {
    let range: Range<Int>
    let decays: Bool
  }

  /// Starts with moments of 0.
  public convenience init(layout: ParameterLayout, options: AdamWOptions, schedule: LearningRateSchedule) {
    self.init(
      layout: layout, options: options, schedule: schedule, stepCount: 0,
      firstMoments: ParameterBuffer(count: layout.count), secondMoments: ParameterBuffer(count: layout.count))
  }

  /// Goes on from the state of a checkpoint. The moments must have the layout's count.
  public init(
    layout: ParameterLayout, options: AdamWOptions, schedule: LearningRateSchedule, stepCount: Int,
    firstMoments: ParameterBuffer, secondMoments: ParameterBuffer
  ) {
    precondition(
      firstMoments.count == layout.count && secondMoments.count == layout.count,
      "\(firstMoments.count) and \(secondMoments.count) moments for \(layout.count) parameters")
    self.options = options
    self.schedule = schedule
    self.stepCount = stepCount
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
    (held, parameterCount) = ([0..<layout.count], layout.count)
    pieces = layout.entries.flatMap { entry in
      stride(from: entry.offset, to: entry.range.upperBound, by: 1 << 16).map {
        Piece(range: $0..<min($0 + 1 << 16, entry.range.upperBound), decays: entry.isMatrix)
      }
    }
  }

  /// Goes on as another one that has taken so many steps, whose moments are here already.
  public func adopt(stepCount: Int) { self.stepCount = stepCount }

  /// The rate that the next step has.
  public var learningRate: Double { schedule.learningRate(at: stepCount) }

  /// Clips the gradients, updates the parameters in place, with their bfloat16 copy where they have one, and counts the step.
  ///
  /// - Parameters:
  ///   - clearsGradients: Whether the gradients are 0 afterwards; they stay as they are where not, or where this throws.
  ///   - norm: Of all gradients that are clipped together, where these are a part of them; nil: these are all.
  /// - Returns: The norm of the gradient before clipping, and the rate of this step.
  /// - Throws: ``OptimizationError/gradientNotFinite(norm:)``; then nothing has changed.
  @discardableResult
  public func step(
    _ parameters: ParameterBuffer, gradients: ParameterBuffer, clearsGradients: Bool = false, norm: Double? = nil
  ) throws(OptimizationError) -> (gradientNorm: Double, learningRate: Double) {
    let norm = norm ?? self.norm(gradients)
    guard norm.isFinite else { throw .gradientNotFinite(norm: norm) }
    precondition(holdsAll, "moments of \(held) of \(parameterCount) parameters")
    let rate = learningRate
    stepCount += 1
    let update = AdamWStep(options, step: stepCount, learningRate: rate, gradientNorm: norm)
    let (first, second, pieces, rounded) = (firstMoments, secondMoments, pieces, parameters.rounded)
    ComputePool.forEach(pieces.count) { index in
      let piece = pieces[index]
      func window(_ buffer: ParameterBuffer) -> FloatView {
        buffer.view.window(piece.range.lowerBound, piece.range.count)
      }
      update.apply(
        parameters: window(parameters), gradients: window(gradients), first: window(first), second: window(second),
        decays: piece.decays, clears: clearsGradients,
        rounded: rounded?.window(piece.range.lowerBound, piece.range.count))
    }
    return (norm, rate)
  }

  /// The Euclidean norm of all gradients, summed in double.
  public func norm(_ gradients: ParameterBuffer) -> Double {
    Self.norm(squares: squares(gradients, pieces: Array(pieces.indices)))
  }
}
