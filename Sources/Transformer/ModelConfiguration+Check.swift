extension ModelConfiguration {
  /// Most parameters that a model may have: 64 GiB of float32.
  public static let parameterLimit = 1 << 34

  /// Throws where no model has these values; fields have the names of the description.
  func check() throws(ModelError) {
    try checkSizes()
    try checkHeads()
    try checkPositions()
    try checkNumbers()
    let count = ParameterLayout(self).count
    guard count <= Self.parameterLimit else {
      throw .invalidConfiguration(
        field: "width", value: "\(width)",
        requirement: "smaller: the model has \(count) parameters, at most \(Self.parameterLimit) are read")
    }
  }

  private func checkSizes() throws(ModelError) {
    let sizes = [
      ("vocabSize", vocabSize, 1 << 24), ("contextLength", contextLength, 1 << 24), ("width", width, 1 << 20),
      ("layerCount", layerCount, 1 << 12), ("headCount", headCount, 1 << 12),
      ("keyValueHeadCount", keyValueHeadCount, 1 << 12), ("headWidth", headWidth, 1 << 12),
      ("feedForwardWidth", feedForwardWidth, 1 << 22), ("embeddingWidth", embeddingWidth, 1 << 20),
    ]
    for (field, value, limit) in sizes where value < 1 || value > limit {
      throw .invalidConfiguration(field: field, value: "\(value)", requirement: "in 1...\(limit)")
    }
  }

  private func checkHeads() throws(ModelError) {
    let attention = block.attention
    guard headCount % keyValueHeadCount == 0 else {
      throw .invalidConfiguration(
        field: "keyValueHeadCount", value: "\(keyValueHeadCount)", requirement: "a divisor of headCount \(headCount)")
    }
    guard !attention.isInterleaved || keyValueHeadCount == headCount else {
      throw .invalidConfiguration(
        field: "keyValueHeadCount", value: "\(keyValueHeadCount)",
        requirement: "headCount \(headCount), since queries, keys and values are interleaved")
    }
    guard !family.names.isInputMajor || (keyValueHeadCount == headCount && queryWidth == width) else {
      throw .invalidConfiguration(
        field: "keyValueHeadCount", value: "\(keyValueHeadCount)",
        requirement: "headCount \(headCount), with heads that fill the width, in \(family.rawValue)")
    }
    guard attention.windows.isEmpty || attention.windows.count == layerCount else {
      throw .invalidConfiguration(
        field: "windows", value: "\(attention.windows.count) entries",
        requirement: "one for each of \(layerCount) layers")
    }
    for case let window? in attention.windows where window < 1 {
      throw .invalidConfiguration(field: "windows", value: "\(window)", requirement: "1 or greater")
    }
  }

  private func checkPositions() throws(ModelError) {
    guard let rotary else { return }
    guard rotary.fraction > 0, rotary.fraction <= 1 else {
      throw .invalidConfiguration(
        field: "rotaryFraction", value: "\(rotary.fraction)", requirement: "in 0...1, not 0")
    }
    let turned = rotary.turnedWidth(headWidth: headWidth)
    guard turned > 0, turned % 2 == 0 else {
      throw .invalidConfiguration(
        field: rotary.fraction == 1 ? "headWidth" : "rotaryFraction",
        value: rotary.fraction == 1 ? "\(headWidth)" : "\(rotary.fraction)",
        requirement: "such that an even number of columns turns, not \(turned)")
    }
    guard rotary.base > 1, rotary.base.isFinite else {
      throw .invalidConfiguration(field: "ropeTheta", value: "\(rotary.base)", requirement: "a number over 1")
    }
    try rotary.scaling?.check(pairs: turned / 2)
  }

  private func checkNumbers() throws(ModelError) {
    guard normEpsilon > 0, normEpsilon < 1 else {
      throw .invalidConfiguration(field: "normEpsilon", value: "\(normEpsilon)", requirement: "in 0..<1, not 0")
    }
    let numbers = [
      ("scoreScale", block.attention.scoreScale), ("softCap", block.attention.softCap ?? 1),
      ("logitSoftCap", Double(block.logitSoftCap ?? 1)), ("embeddingScale", Double(block.embeddingScale)),
    ]
    for (field, value) in numbers where !(value > 0 && value < 1e6) {
      throw .invalidConfiguration(field: field, value: "\(value)", requirement: "in 0..<1000000, not 0")
    }
  }
}

extension RotaryPositions.Scaling {
  fileprivate func check(pairs: Int) throws(ModelError) {
    func check(_ holds: Bool, _ field: String, _ value: some Any, _ requirement: String) throws(ModelError) {
      guard !holds else { return }
      throw .invalidConfiguration(field: "ropeScaling.\(field)", value: "\(value)", requirement: requirement)
    }
    func check(factor: Double) throws(ModelError) {
      try check(factor >= 1 && factor.isFinite, "factor", factor, "a number of 1 or more")
    }
    func check(attentionFactor factor: Double) throws(ModelError) {
      try check((0.001...1000).contains(factor), "attentionFactor", factor, "in 0.001...1000")
    }
    func check(originalContextLength length: Int, least: Int) throws(ModelError) {
      try check(length >= least, "originalContextLength", length, "\(least) or greater")
    }
    switch self {
    case .linear(let factor): try check(factor: factor)
    case .llama3(let values):
      let (low, high) = (values.lowFrequencyFactor, values.highFrequencyFactor)
      try check(factor: values.factor)
      try check(low > 0, "lowFrequencyFactor", low, "a number over 0")
      try check(high > low, "highFrequencyFactor", high, "over the factor of low frequencies, \(low)")
      try check(originalContextLength: values.originalContextLength, least: 1)
    case .yarn(let values):
      try check(factor: values.factor)
      try check(values.betaSlow > 0, "betaSlow", values.betaSlow, "a number over 0")
      try check(values.betaFast > values.betaSlow, "betaFast", values.betaFast, "over the slow one, \(values.betaSlow)")
      try check(originalContextLength: values.originalContextLength, least: 1)
      try check(attentionFactor: values.resolvedAttentionFactor)
    case .longRope(let values):
      for (field, factors) in [("shortFactors", values.shortFactors), ("longFactors", values.longFactors)] {
        let isGood = factors.count == pairs && factors.allSatisfy { $0 > 0 && $0.isFinite }
        try check(isGood, field, "a list of \(factors.count)", "a list of \(pairs) numbers over 0")
      }
      try check(originalContextLength: values.originalContextLength, least: 2)
      try check(attentionFactor: values.resolvedAttentionFactor)
    }
  }
}
