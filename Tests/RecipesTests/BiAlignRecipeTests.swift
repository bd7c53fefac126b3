import Foundation
import Recipes
import Sequences
import Testing

private func recipe(_ overrides: String...) throws -> Recipe {
  try Recipe(
    yaml: """
      method: bialign
      teacher: host:1
      student: models/student
      data: rows.jsonl
      output_dir: out
      """, overrides: overrides)
}

private let row =
  #"{"demonstrations":[{"prompt":"a","completion":"b"},{"prompt":"c","completion":"d"},{"prompt":"e","completion":"f"}],"prompt":"q","completion":"r"}"#

private func file(_ rows: String...) throws -> DataFile {
  try DataFile(contents: rows.joined(separator: "\n"), path: "rows.jsonl")
}

private func generator(_ row: Int) -> SeededGenerator { SeededGenerator(seed: 3, path: UInt64(row)) }

@Suite("A recipe of BiAlign") struct BiAlignRecipeTests {
  @Test("learns whole rows by forward KL and the order of subsets, with the authors' numbers")
  func defaults() throws {
    let recipe = try recipe()
    #expect(recipe.objective.terms.map(\.kind) == [.forwardKL, .crossEntropy])
    #expect(recipe.objective.terms.map(\.weight) == [1, 0] && recipe.objective.terms.allSatisfy { $0.source == .data })
    let ranking = try #require(recipe.objective.ranking)
    #expect(ranking.subsetCount == 4 && ranking.weight == 1 && ranking.leastSpread == 0.01)
    #expect(recipe.biAlign == Recipe.BiAlign(subsetCount: 4) && recipe.sequencesPerSample == 5)
    #expect(recipe.training.learningRate == 1e-6 && recipe.training.numTrainEpochs == 10)
    #expect(recipe.generation == nil && recipe.asksTeacher && recipe.usesTeacherDistributions)
    #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
  }

  @Test("takes its own numbers, a separator of several lines among them, and reads back as itself")
  func numbers() throws {
    let recipe = try recipe(
      "bialign.subsets=3", "bialign.demonstrations=5", "bialign.rank_weight=0.5", "bialign.rank_epsilon=0.1",
      "bialign.separator=\n---\n", "objective.loss_top_k=8", "objective.reduction=sequence_mean")
    let ranking = try #require(recipe.objective.ranking)
    #expect(ranking.subsetCount == 3 && ranking.weight == 0.5 && ranking.leastSpread == 0.1)
    #expect(recipe.biAlign == Recipe.BiAlign(subsetCount: 3, demonstrationCount: 5, separator: "\n---\n"))
    #expect(recipe.sequencesPerSample == 4 && recipe.objective.topCount == 8)
    #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
  }

  @Test(
    "refuses numbers outside their ranges and other methods' keys",
    arguments: [
      "bialign.subsets=1", "bialign.demonstrations=0", "bialign.rank_weight=-1", "bialign.rank_epsilon=0",
      "bialign.separator=", "objective.lm_weight=1", "objective.beta=0.3", "objective.hidden_weight=1",
    ])
  func refuses(override: String) { #expect(throws: RecipeError.self) { try recipe(override) } }
}

@Suite("Rows with demonstrations") struct DemonstratedRowTests {
  @Test("put them before the prompt, a blank line after each, for any method")
  func prompt() throws {
    let whole = try sample(row)
    #expect(whole.prompt == [1] + ids("ab\n\ncd\n\nef\n\nq".replacing("ab", with: "\u{F8}")))
    #expect(whole.completion == ids("r") + [2] && whole.rankedPrompts == nil && whole.isPrompt)
    let unanswered = try sample(row.replacing(#","completion":"r""#, with: ""))
    #expect(unanswered.prompt == whole.prompt && unanswered.completion == nil)
  }

  @Test("are read back from what is written of them, and take another answer or text before the question")
  func json() throws {
    let read = try #require(try file(row).rows.first).row
    let written = String(decoding: try read.json(), as: UTF8.self)
    #expect(try file(written).rows.first?.row == read)
    #expect(read.answer == "r" && read.instruction == "ab\n\ncd\n\nef\n\nq")
    #expect(read.answered(by: "s")?.answer == "s" && read.preceded(by: "p ").instruction?.hasSuffix("\n\np q") == true)
  }

  @Test(
    "that are none are refused",
    arguments: [
      #"{"demonstrations":[],"prompt":"q"}"#, #"{"demonstrations":"a","prompt":"q"}"#,
      #"{"demonstrations":[{"prompt":"a"}],"prompt":"q"}"#, #"{"demonstrations":[["a","b"]],"prompt":"q"}"#,
    ])
  func bad(row: String) { #expect(throws: RecipeError.self) { try file(row) } }

  @Test("have different subsets, none empty, in the order of the demonstrations, the same for a seed")
  func subsets() throws {
    let (options, codec) = (Recipe.BiAlign(subsetCount: 7), LetterCodec())
    let samples = try file(row, row).demonstrated(by: options, generator: generator).samples(
      codec: codec, lengths: wide)
    let prompts = try #require(samples[0].rankedPrompts)
    // Seven is all there are.
    let texts = Set(prompts.map { codec.decode($0).replacing("\u{F8}", with: "ab") })
    let all = ["ab", "cd", "ef", "ab cd", "ab ef", "cd ef", "ab cd ef"]
    #expect(texts == Set(all.map { $0.split(separator: " ").map { "\($0)\n\n" }.joined() + "q" }))
    #expect(samples[0].completion == ids("r") + [2])
    let few = Recipe.BiAlign(subsetCount: 3, separator: ";")
    func drawn() throws -> [[[TokenID]]?] {
      try file(row, row).demonstrated(by: few, generator: generator).samples(codec: codec, lengths: wide)
        .map(\.rankedPrompts)
    }
    #expect(try drawn() == drawn())
    #expect(try drawn()[0] != drawn()[1])
    #expect(try drawn().allSatisfy { Set($0 ?? []).count == 3 })
    let whole = try file(row).demonstrated(by: few, generator: generator).samples(codec: codec, lengths: wide)
    #expect(whole[0].prompt == [1] + ids("\u{F8};cd;ef;q"))
  }

  @Test("are refused with their line where there are fewer subsets than are asked for, or something would be cut")
  func refused() throws {
    let (codec, asked) = (LetterCodec(), Recipe.BiAlign(subsetCount: 8))
    let few = try #require(throws: RecipeError.self) { try file(row).demonstrated(by: asked, generator: generator) }
    #expect(few.description == "rows.jsonl:1: 3 demonstrations have 7 subsets, fewer than the 8 of bialign.subsets")
    let options = Recipe.BiAlign(subsetCount: 4)
    let none = try #require(throws: RecipeError.self) {
      try file(row, #"{"prompt":"a","completion":"b"}"#).demonstrated(by: options, generator: generator)
    }
    #expect(none.description.hasPrefix("rows.jsonl:2: method bialign needs 'demonstrations'"))
    let ready = try file(row).demonstrated(by: options, generator: generator)
    // 13 ids of the whole prompt, its first id among them, and 2 of the answer.
    let exact = SequenceLimits(prompt: 13, sequence: 15, completion: 2)
    let cut = SequenceLimits(prompt: 13, sequence: 14, completion: 2)
    let fits = try ready.samples(codec: codec, lengths: exact)
    #expect(fits[0].prompt.count == 13 && fits[0].completion?.count == 2)
    let error = try #require(throws: RecipeError.self) { try ready.samples(codec: codec, lengths: cut) }
    #expect(error.description.contains("13 tokens, the answer 2, where at most 13, 2 and together 14 are taken"))
  }

  @Test("are drawn from the other rows where a row has none; a row's own are kept")
  func drawn() throws {
    let plain = (0..<6).map { #"{"prompt":"p\#($0)","completion":"c\#($0)"}"# }
    let codec = LetterCodec()
    let rows = try DataFile(contents: (plain + [row]).joined(separator: "\n"), path: "rows.jsonl")
    let options = Recipe.BiAlign(subsetCount: 3, demonstrationCount: 4, separator: ";")
    let samples = try rows.demonstrated(by: options, generator: generator).samples(codec: codec, lengths: wide)
    for (place, sample) in samples.prefix(6).enumerated() {
      let parts = codec.decode(sample.prompt).split(separator: ";")
      #expect(parts.count == 5 && Set(parts).count == 5 && parts.last == "p\(place)")
      #expect(!parts.dropLast().contains { $0.hasPrefix("p\(place)") })
    }
    #expect(codec.decode(samples[6].prompt).replacing("\u{F8}", with: "ab") == "ab;cd;ef;q")
    // Rows held out are after some of those to learn from, and nothing of them is ranked.
    let heldOut = try file(#"{"prompt":"h"}"#, #"{"text":"t"}"#)
      .demonstrated(by: options, from: rows, generator: generator).samples(codec: codec, lengths: wide)
    #expect(codec.decode(heldOut[0].prompt).split(separator: ";").count == 5 && heldOut[0].rankedPrompts == nil)
    #expect(!heldOut[1].isPrompt)
    let many = Recipe.BiAlign(subsetCount: 3, demonstrationCount: 7)
    let error = try #require(throws: RecipeError.self) { try rows.demonstrated(by: many, generator: generator) }
    #expect(error.description.contains("7 are to be drawn from 6 other rows"))
  }
}
