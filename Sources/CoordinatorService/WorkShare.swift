internal import Sequences
internal import Synchronization
internal import WireFormat

/// Prompts that some replicas complete between them, each taking the next piece when it has finished one.
final class WorkShare: Sendable {
  /// Neighbouring prompts of a request.
  struct Part: Sendable {
    /// Index of the first prompt in the whole request.
    let first: Int
    let request: StudentServiceGenerateRequest
  }

  private struct State {
    var waiting: [Part]
    var underWay: [Int: Part] = [:]
    var completions: [Completion] = []
  }

  private let state: Mutex<State>

  init(_ parts: [Part]) { state = Mutex(State(waiting: parts)) }

  /// The next piece; nil: none is left.
  func next() -> Part? {
    state.withLock { state in
      guard !state.waiting.isEmpty else { return nil }
      let part = state.waiting.removeFirst()
      state.underWay[part.first] = part
      return part
    }
  }

  /// A piece is done.
  func finish(_ part: Part, _ completions: [Completion]) {
    state.withLock { state in
      state.underWay[part.first] = nil
      state.completions += completions.map { completion in
        var completion = completion
        completion.promptIndex += part.first
        return completion
      }
    }
  }

  /// What is done, and the pieces that are not.
  var results: (completions: [Completion], left: [Part]) {
    state.withLock { state in
      (state.completions, (Array(state.underWay.values) + state.waiting).sorted { $0.first < $1.first })
    }
  }
}

extension StudentServiceGenerateRequest {
  /// At most `count` requests of neighbouring prompts, as many in each as can be.
  func parts(_ count: Int) throws -> [WorkShare.Part] {
    let prompts = try SequenceBatch(prompts, field: "prompts")
    let parts = min(count, prompts.count)
    return (0..<parts).map { part in
      let range = prompts.count * part / parts..<prompts.count * (part + 1) / parts
      var request = self
      request.prompts = WireSequenceBatch(prompts.slice(range))
      request.seeds = seeds.isEmpty ? [] : Array(seeds[range])
      request.maxNewTokens = maxNewTokens.isEmpty ? [] : Array(maxNewTokens[range])
      return WorkShare.Part(first: range.lowerBound, request: request)
    }
  }
}
