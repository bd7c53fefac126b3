/// A kind of work that is measured.
public enum EngineSuite: String, Sendable, Codable, CaseIterable {
  /// Output projection, log-softmax, divergence and gradient over the vocabulary.
  case loss
  /// One optimizer step.
  case train
  /// Continuing prompts.
  case generate
  /// Log-probs of given tokens.
  case score
  /// What the machine can do: peak rates of matrix products, and memory bandwidth.
  case machine

  /// The suites that a user asks for.
  public static let measured: [EngineSuite] = [.loss, .train, .generate, .score]
}
