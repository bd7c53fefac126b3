import CKernels

/// One step of AdamW on some parameters: the arithmetic, with its numbers ready.
public struct AdamWStep: Sendable {
  /// Factor of the gradient: below 1 where it is clipped.
  public var gradientScale: Float = 1
  /// `1 − η λ`.
  public var decay: Float = 1
  /// `1 − β₁`.
  public var firstWeight: Float = 0
  /// `β₂`.
  public var secondDecay: Float = 0
  /// `1 − β₂`.
  public var secondWeight: Float = 0
  /// `√(1 − β₂ᵗ)`.
  public var secondScale: Float = 1
  /// ε.
  public var epsilon: Float = 0
  /// `η / (1 − β₁ᵗ)`.
  public var stepSize: Float = 0

  /// Makes a step of size 0.
  public init() {}

  /// Updates parameters θ and their moments m and v, given gradients g₀, all of one count, on the calling thread:
  ///
  ///     g = gradientScale · g₀     m ← m + firstWeight · (g − m)     v ← secondDecay · v + secondWeight · g²
  ///     θ ← θ · decay − stepSize · m / (√v / secondScale + ε)
  ///
  /// - Parameters:
  ///   - decays: False: `decay` counts as 1.
  ///   - clears: Whether gradients become 0.
  ///   - rounded: Gets the updated parameters as bfloat16s.
  public func apply(
    parameters: FloatView, gradients: FloatView, first: FloatView, second: FloatView, decays: Bool, clears: Bool,
    rounded: BFloat16View?
  ) {
    let count = parameters.count
    precondition(
      gradients.count == count && first.count == count && second.count == count && rounded?.count ?? count == count,
      "\(count) parameters, \(gradients.count) gradients, \(first.count) and \(second.count) moments")
    var step = retort_adamw(
      gradient_scale: gradientScale, decay: decay, first_weight: firstWeight, second_decay: secondDecay,
      second_weight: secondWeight, second_scale: secondScale, epsilon: epsilon, step_size: stepSize)
    unsafe retort_adamw(
      &step, decays ? 1 : 0, parameters.pointer, gradients.pointer, first.pointer, second.pointer, Int64(count),
      clears ? 1 : 0, rounded?.pointer)
  }
}
