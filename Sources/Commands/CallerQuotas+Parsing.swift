import Authentication
public import ModelServing

extension CallerQuotas {
  /// Reads `--quota` options: `TOKENS` of each caller, `NAME=TOKENS` of one.
  ///
  /// - Throws: ``CommandError/badOption(name:value:expected:)``.
  public init(parsing options: [String]) throws(CommandError) {
    self.init()
    for option in options {
      let parts = option.split(separator: "=", omittingEmptySubsequences: false)
      guard let tokens = parts.last.flatMap({ Int($0) }), 1...1_000_000_000 ~= tokens, parts.count <= 2,
        parts.count == 1 || TokenTable.isName(parts[0])
      else {
        throw .badOption(
          name: "--quota", value: option, expected: "TOKENS or NAME=TOKENS, tokens a second from 1 to 1000000000")
      }
      let isSecond = parts.count == 1 ? others != nil : named[String(parts[0])] != nil
      guard !isSecond else {
        throw .badOption(name: "--quota", value: option, expected: "one quota for each name, and one without a name")
      }
      if parts.count == 1 { others = tokens } else { named[String(parts[0])] = tokens }
    }
  }
}
