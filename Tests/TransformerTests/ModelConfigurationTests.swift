import Kernels
import Sequences
import Testing
import Transformer

@Suite("A model's configuration")
struct ModelConfigurationTests {
  @Test(
    "refuses values that no model has, naming the field",
    arguments: [
      ("headCount", 12, 5, 5, nil as Int?), ("keyValueHeadCount", 12, 4, 3, nil), ("headWidth", 12, 4, 2, nil),
      ("headWidth", 8, 2, 2, 3), ("width", 0, 2, 2, nil), ("headCount", 8, 0, 1, nil),
    ])
  func refusals(field: String, width: Int, heads: Int, keyValueHeads: Int, headWidth: Int?) throws {
    let error = #expect(throws: ModelError.self) {
      try ModelConfiguration(
        family: .llama, vocabSize: 10, width: width, layerCount: 1, headCount: heads,
        keyValueHeadCount: keyValueHeads, headWidth: headWidth, feedForwardWidth: 4, contextLength: 8)
    }
    guard case .invalidConfiguration(field, _, _) = error else {
      Issue.record("\(String(describing: error)) does not name \(field)")
      return
    }
  }

  @Test("a layout has no gaps, and a tied head no entry of its own", arguments: [true, false])
  func layout(tied: Bool) throws {
    let layout = ParameterLayout(
      try ModelConfiguration(
        family: .llama, vocabSize: 10, width: 8, layerCount: 2, headCount: 2, feedForwardWidth: 4, contextLength: 8,
        tiesWordEmbeddings: tied))
    var next = 0
    for entry in layout.entries {
      #expect(entry.offset == next)
      next += entry.count
    }
    #expect(next == layout.count)
    #expect((layout["lm_head.weight"] == nil) == tied)
    #expect(layout["model.layers.1.self_attn.q_proj.weight"]?.shape == [8, 8])
    #expect(layout.entries.filter { !$0.isMatrix }.allSatisfy { $0.name.contains("norm") })
  }

  @Test("fresh parameters have the spread they are drawn with; the same seed gives the same bits")
  func initialization() throws {
    let transformer = Transformer(
      try ModelConfiguration(
        family: .gpt2, vocabSize: 200, width: 32, layerCount: 2, headCount: 2, feedForwardWidth: 64, contextLength: 8))
    func fresh(_ seed: UInt64) -> ParameterBuffer {
      let buffer = ParameterBuffer(count: transformer.layout.count)
      var generator = SeededGenerator(seed: seed)
      transformer.initialize(buffer, using: &generator)
      return buffer
    }
    let parameters = fresh(1)
    #expect(parameters.view.array == fresh(1).view.array)
    #expect(parameters.view.array != fresh(2).view.array)
    for entry in transformer.layout.entries {
      let values = parameters.view(entry).array.map(Double.init)
      let mean = values.reduce(0, +) / Double(values.count)
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
      if entry.isMatrix {
        let expected = entry.name.hasSuffix("c_proj.weight") ? 0.02 / 2 : 0.02
        // Four standard errors of a deviation over so many draws.
        #expect(abs(deviation / expected - 1) < 4 / (2 * Double(values.count)).squareRoot(), "\(entry.name)")
      } else {
        #expect(mean == (entry.name.hasSuffix("bias") ? 0 : 1) && deviation == 0, "\(entry.name)")
      }
    }
  }
}
