internal import Foundation
internal import Kernels

extension AdamWStep {
  /// The numbers of a step with PyTorch's arithmetic in its order, clipped as `clip_grad_norm_` does.
  init(_ options: AdamWOptions, step: Int, learningRate: Double, gradientNorm: Double) {
    self.init()
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
}
