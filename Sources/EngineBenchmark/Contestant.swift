import Foundation

/// Who takes part: a program that does a case's work, as ``EngineWorker`` says.
package struct Contestant: Sendable, Hashable {
  /// Whose code it is: `retort`, `torch`, `llama.cpp`.
  package let stack: String
  /// How it keeps its numbers: `float32`, `bfloat16`, `compiled`, `int8`.
  package let form: String
  /// The words that start it, before those of the case.
  let command: [String]

  /// Both names.
  package var name: String { "\(stack) \(form)" }
  /// Whether it is ours.
  package var isOurs: Bool { stack == Self.ours }

  static let ours = "retort"
  static let torch = "torch"
  static let llama = "llama.cpp"

  package init(stack: String, form: String, command: [String]) {
    (self.stack, self.form, self.command) = (stack, form, command)
  }
}

/// Where the programs of the contestants are.
public struct ContestantPrograms: Sendable {
  /// The words that start our worker: this program and `bench worker`.
  public var ours: [String]
  /// A Python with the peers' packages; nil: no peers.
  public var python: String?
  /// The folder of the peers' scripts.
  public var scripts: String

  /// Names the programs.
  public init(ours: [String], python: String? = nil, scripts: String = "Benchmarks") {
    (self.ours, self.python, self.scripts) = (ours, python, scripts)
  }

  /// Those who take part in a case, ours first.
  package func contestants(for engineCase: EngineCase) -> [Contestant] {
    let own = EnginePrecision.available(for: engineCase.suite).map {
      Contestant(stack: Contestant.ours, form: $0.rawValue, command: ours)
    }
    guard let python, !engineCase.isOursAlone else { return own }
    func peers(_ stack: String, _ script: String, _ forms: [String]) -> [Contestant] {
      forms.map { Contestant(stack: stack, form: $0, command: [python, "\(scripts)/\(script)"]) }
    }
    // Compiling pays where one shape is computed again and again: `generate` sees a longer cache with each token.
    let forms = engineCase.suite == .generate ? ["float32", "bfloat16"] : ["float32", "bfloat16", "compiled"]
    let isStream = engineCase.suite == .generate && engineCase.sequenceCount == 1
    return own + peers(Contestant.torch, "torch_peer.py", forms)
      + (isStream ? peers(Contestant.llama, "llama_peer.py", ["float32", "bfloat16", "int8"]) : [])
  }
}
