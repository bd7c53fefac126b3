internal import Foundation

/// The learning rate of each step: a linear warm-up, then one of three shapes, by the formulas of transformers'
/// `get_linear_schedule_with_warmup`, `get_cosine_schedule_with_warmup` and `get_constant_schedule_with_warmup`.
public struct LearningRateSchedule: Sendable, Hashable, Codable {
  /// What follows the warm-up.
  public enum Shape: String, Sendable, Hashable, Codable, CaseIterable {
    /// Falls to 0 in a line.
    case linear
    /// Falls to 0 along half a cosine.
    case cosine
    /// Stays.
    case constant
  }

  /// What follows the warm-up.
  public let shape: Shape
  /// The learning rate at the end of the warm-up.
  public let peak: Double
  /// Steps of the warm-up; the first of them has a rate of 0, as in transformers.
  public let warmupSteps: Int
  /// Steps of the whole schedule.
  public let maxSteps: Int

  /// Makes a schedule.
  ///
  /// - Throws: ``OptimizationError/optionOutOfRange(name:value:range:)``.
  public init(shape: Shape, peak: Double, warmupSteps: Int = 0, maxSteps: Int) throws(OptimizationError) {
    try OptimizationError.expect("learning_rate", peak, peak.isFinite && peak >= 0, "[0, ∞)")
    try OptimizationError.expect("warmup_steps", Double(warmupSteps), warmupSteps >= 0, "0 and above")
    try OptimizationError.expect("max_steps", Double(maxSteps), maxSteps >= 0, "0 and above")
    self.shape = shape
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.maxSteps = maxSteps
  }

  /// The rate of a step; the first step is 0.
  public func learningRate(at step: Int) -> Double { peak * factor(at: step) }

  private func factor(at step: Int) -> Double {
    if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
    let span = Double(max(1, maxSteps - warmupSteps))
    switch shape {
    case .linear: return max(0, Double(maxSteps - step) / span)
    case .cosine: return max(0, 0.5 * (1 + cos(.pi * Double(step - warmupSteps) / span)))
    case .constant: return 1
    }
  }
}
