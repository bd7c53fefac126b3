extension Recipe {
  /// Low-rank adapters (LoRA), by TRL's names; what they mean is PEFT's.
  public struct Adapters: Sendable, Hashable {
    /// `lora_r`: inner width.
    public var rank: Int
    /// `lora_alpha`: numerator of the scale.
    public var alpha: Double
    /// `lora_dropout`: probability that an element of an adapter's input is taken as 0.
    public var dropout: Double
    /// `lora_target_modules`: names of modules; empty for `all-linear`.
    public var targetModules: [String]
    /// `use_rslora`: whether the scale is `alpha / √r` and not `alpha / r`.
    public var usesRankStabilizedScale: Bool

    /// Reads the keys of a block.
    init(_ values: ResolvedValues, of block: String = "training") {
      rank = values.whole("\(block).lora_r")
      alpha = values.number("\(block).lora_alpha")
      dropout = values.number("\(block).lora_dropout")
      let names = values.list("\(block).lora_target_modules")
      targetModules = names == ["all-linear"] ? [] : names
      usesRankStabilizedScale = values.flag("\(block).use_rslora")
    }
  }
}
