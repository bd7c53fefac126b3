import Kernels
import Sequences

/// Prompts that are continued together, a token each at a time.
struct GenerationGroup {
  /// One prompt and what was made of it.
  struct Slot {
    let prompt: [TokenID]
    let newTokenLimit: Int
    var generator: SeededGenerator
    var tokenIDs: [TokenID] = []
    var logprobs: [Float] = []
    var finishReason = FinishReason.length
  }

  private(set) var slots: [Slot]
  /// Indices of the slots that go on.
  private(set) var live: [Int]
  private let transformer: Transformer
  private let parameters: ParameterBuffer
  private let cache: KeyValueCache
  private let tape: Tape
  private let weights: FloatStorage
  private let selected: FloatStorage
  private let logits: FloatStorage

  init(
    _ transformer: Transformer, _ parameters: ParameterBuffer, prompts: [[TokenID]], sampling: SamplingOptions,
    seeds: [UInt64]
  ) {
    let model = transformer.configuration
    self.transformer = transformer
    self.parameters = parameters
    slots = zip(prompts, seeds).map { prompt, seed in
      Slot(
        prompt: prompt, newTokenLimit: min(sampling.maxNewTokens, model.contextLength - prompt.count),
        generator: SeededGenerator(seed: seed))
    }
    live = slots.indices.filter { [slots] in slots[$0].newTokenLimit > 0 }
    let capacity = slots.map { $0.prompt.count + $0.newTokenLimit }.max() ?? 1
    cache = KeyValueCache(model, slots: slots.count, capacity: capacity)
    tape = Tape(transformer, keepsActivations: false)
    weights = FloatStorage(count: capacity)
    selected = FloatStorage(count: slots.count * model.width)
    logits = FloatStorage(count: slots.count * model.vocabSize)
  }

  /// Reads all prompts, and leaves the logits that follow the last token of each.
  mutating func readPrompts() {
    guard !live.isEmpty else { return }
    let attention = transformer.attention
    var places: [(slot: Int, start: Int, length: Int)] = []
    (tape.tokenIDs, tape.positions) = ([], [])
    for index in live {
      let prompt = slots[index].prompt
      places.append((index, tape.tokenIDs.count, prompt.count))
      tape.tokenIDs += prompt
      tape.positions += 0..<Int32(prompt.count)
    }
    tape.attentionScratch.resize(attention.scratchCount(places.map(\.length).max() ?? 0))
    transformer.run(parameters: parameters, tape: tape) { layer, projected, attended in
      for (slot, start, length) in places {
        let rows = projected.rows(start, length)
        cache.store(rows, layer: layer, slot: slot, position: 0)
        attention.forward(rows, into: attended.rows(start, length), scratch: tape.attentionScratch.view)
      }
    }
    computeLogits(rows: places.map { $0.start + $0.length - 1 })
  }

  /// Reads the token that was drawn last for each live slot, and leaves the logits that follow it.
  mutating func readNewTokens() {
    guard !live.isEmpty else { return }
    tape.tokenIDs.removeAll(keepingCapacity: true)
    tape.positions.removeAll(keepingCapacity: true)
    for index in live {
      let slot = slots[index]
      guard let last = slot.tokenIDs.last else { continue }
      tape.tokenIDs.append(last)
      tape.positions.append(Int32(slot.prompt.count + slot.tokenIDs.count - 1))
    }
    transformer.run(parameters: parameters, tape: tape) { layer, projected, attended in
      for row in live.indices {
        attend(
          layer, slot: live[row], position: Int(tape.positions[row]), projected.rows(row, 1), attended.rows(row, 1))
      }
    }
    computeLogits(rows: Array(live.indices))
  }

  /// Keeps one new position of a slot, and lets its queries see all positions so far.
  private func attend(_ layer: Int, slot: Int, position: Int, _ projected: Matrix, _ attended: Matrix) {
    let (attention, model) = (transformer.attention, transformer.configuration)
    cache.store(projected, layer: layer, slot: slot, position: position)
    for head in 0..<model.headCount {
      let source = head / (model.headCount / model.keyValueHeadCount)
      attention.attend(
        query: projected.view.window(head * model.headWidth, model.headWidth),
        keys: cache.keys(layer: layer, slot: slot, head: source),
        values: cache.values(layer: layer, slot: slot, head: source), length: position + 1,
        into: attended.view.window(head * model.headWidth, model.headWidth), scratch: weights.view)
    }
  }

  private func computeLogits(rows: [Int]) {
    let model = transformer.configuration
    let hidden = selected.view.window(0, rows.count * model.width)  // [n, D]
    for (index, row) in rows.enumerated() {
      hidden.window(index * model.width, model.width).copy(from: tape.hidden.window(row * model.width, model.width))
    }
    transformer.logits(
      hidden: .float32(hidden), groups: [0..<rows.count], parameters: parameters,
      into: logits.view.window(0, rows.count * model.vocabSize))
  }

  /// Draws a token for each live slot from its logits; a slot that has ended is live no more.
  mutating func draw(with sampler: TokenSampler, vocabSize: Int, stops: Set<TokenID>) {
    let headSize = transformer.configuration.vocabSize
    let weights = FloatStorage(count: vocabSize).view
    var stillLive: [Int] = []
    for (row, index) in live.enumerated() {
      let row = logits.view.window(row * headSize, vocabSize)
      let (before, logSumExp) = (row.array, Softmax.logSumExp(row))
      let slot = slots[index]
      let token = sampler.draw(
        row, after: slot.prompt + slot.tokenIDs, promptLength: slot.prompt.count, weights: weights,
        using: &slots[index].generator)
      slots[index].tokenIDs.append(token)
      slots[index].logprobs.append(Float(Double(before[Int(token)]) - logSumExp))
      if stops.contains(token) {
        slots[index].finishReason = .stop
      } else if slots[index].tokenIDs.count < slots[index].newTokenLimit {
        stillLive.append(index)
      }
    }
    live = stillLive
  }
}
