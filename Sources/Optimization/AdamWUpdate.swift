internal import Foundation
internal import Kernels

/// One step of AdamW on some parameters, with the arithmetic of PyTorch in its order:
///
///     θ ← θ (1 − η λ)                 m ← m + (1 − β₁)(g − m)          v ← β₂ v + (1 − β₂) g²
///     θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
struct AdamWUpdate: Sendable {
  private let gradientScale: Float  // min(1, max_norm / (norm + 1e-6)), as clip_grad_norm_
  private let decay: Float  // 1 − η λ
  private let firstWeight: Float  // 1 − β₁
  private let secondDecay: Float  // β₂
  private let secondWeight: Float  // 1 − β₂
  private let secondScale: Float  // √(1 − β₂ᵗ)
  private let epsilon: Float
  private let stepSize: Float  // η / (1 − β₁ᵗ)

  init(_ options: AdamWOptions, step: Int, learningRate: Double, gradientNorm: Double) {
    gradientScale =
      options.maxGradientNorm > 0 ? Float(min(1, options.maxGradientNorm / (gradientNorm + 1e-6))) : 1
    decay = Float(1 - learningRate * options.weightDecay)
    firstWeight = Float(1 - options.beta1)
    secondDecay = Float(options.beta2)
    secondWeight = Float(1 - options.beta2)
    secondScale = Float((1 - pow(options.beta2, Double(step))).squareRoot())
    epsilon = Float(options.epsilon)
    stepSize = Float(learningRate / (1 - pow(options.beta1, Double(step))))
  }

  func apply(parameters: FloatView, gradients: FloatView, first: FloatView, second: FloatView, decays: Bool) {
    let (theta, gradient) = unsafe (parameters.pointer, gradients.pointer)
    let (m, v) = unsafe (first.pointer, second.pointer)
    let decay = decays ? decay : 1
    for i in 0..<parameters.count {
      let g = unsafe gradient[i] * gradientScale
      let mean = unsafe m[i] + firstWeight * (g - m[i])
      let square = unsafe v[i] * secondDecay + secondWeight * (g * g)
      unsafe m[i] = mean
      unsafe v[i] = square
      let denominator = square.squareRoot() / secondScale + epsilon
      unsafe theta[i] = theta[i] * decay - stepSize * (mean / denominator)
    }
  }
}
