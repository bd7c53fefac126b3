/// Numbers of low-rank adapters (LoRA), with PEFT's meaning: a module's matrix W becomes `W + scale · B A`, A of shape `[r, in]`, B
/// of shape `[out, r]`, and only A and B learn.
///
/// - SeeAlso: <https://arxiv.org/abs/2106.09685>; `LoraConfig` of PEFT.
public struct AdapterOptions: Sendable, Hashable, Codable {
  /// Which modules have an adapter.
  public enum Targets: Sendable, Hashable, Codable {
    /// All projections of all blocks: PEFT's `all-linear`.
    case allLinear
    /// Modules with one of these names, or whose path ends in `.` and one of them, such as `q_proj`.
    case names([String])
  }

  /// r: inner width of an adapter; `lora_r`.
  public var rank: Int
  /// Numerator of the scale; `lora_alpha`.
  public var alpha: Double
  /// Whether the scale is `alpha / √r` and not `alpha / r`; `use_rslora`.
  public var usesRankStabilizedScale: Bool
  /// Probability that an element of an adapter's input is taken as 0 in training, in [0, 1); `lora_dropout`.
  public var dropout: Double
  /// Which modules have an adapter; `lora_target_modules`.
  public var targets: Targets

  /// Makes options; the defaults are PEFT's, the targets aside, which there depend on the model.
  ///
  /// - Throws: ``ModelError/invalidOption(name:value:requirement:)``.
  public init(
    rank: Int = 8, alpha: Double = 8, usesRankStabilizedScale: Bool = false, dropout: Double = 0,
    targets: Targets = .allLinear
  ) throws(ModelError) {
    func refuse(_ name: String, _ value: some Any, _ requirement: String) -> ModelError {
      .invalidOption(name: name, value: "\(value)", requirement: requirement)
    }
    guard (1...4096).contains(rank) else { throw refuse("lora_r", rank, "in 1...4096") }
    guard alpha.isFinite, alpha > 0 else { throw refuse("lora_alpha", alpha, "a number over 0") }
    guard dropout >= 0, dropout < 1 else { throw refuse("lora_dropout", dropout, "in [0, 1)") }
    if case .names(let names) = targets, names.isEmpty {
      throw refuse("lora_target_modules", "[]", "at least one name, or all-linear")
    }
    self.rank = rank
    self.alpha = alpha
    self.usesRankStabilizedScale = usesRankStabilizedScale
    self.dropout = dropout
    self.targets = targets
  }

  /// Factor of `B A`.
  public var scale: Double { alpha / (usesRankStabilizedScale ? Double(rank).squareRoot() : Double(rank)) }
}
