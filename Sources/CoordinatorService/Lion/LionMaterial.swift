internal import Foundation
internal import Lion
internal import Recipes
internal import Sequences

/// A recipe of Lion with its instructions read: everything its loop needs besides the models.
struct LionMaterial: Sendable {
  let recipe: Recipe
  let settings: LionSettings
  let prompts: LionPrompts
  let codec: any TextCodec
  let limits: SequenceLimits
  /// The instructions to begin with.
  let seeds: [String]
  /// SHA-256 of all that the loop depends on.
  let dataDigest: String

  /// Reads everything.
  ///
  /// - Parameter load: Gives the tokenizer of a model folder.
  init(recipe: Recipe, codec load: (String) throws -> any TextCodec) throws {
    self.recipe = recipe
    settings = LionSettings(recipe)
    let folder = recipe.student.tokenizerFolder
    codec = try load(folder)
    limits = SequenceLimits(
      training: recipe.training, maxNewTokens: recipe.generation?.maxNewTokens,
      contextLength: try recipe.student.contextLength())
    prompts = try LionPrompts { name in
      guard let folder = recipe.lion?.prompts else { return nil }
      let file = URL(fileURLWithPath: folder).appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: file.path) ? try String(contentsOf: file, encoding: .utf8) : nil
    }
    var seen: Set<String> = []
    let file = try DataFile(path: recipe.trainData, limit: recipe.maxSamples)
    seeds = try file.rows.compactMap { line, row in
      guard let instruction = row.instruction else {
        throw RecipeError.badRow(
          path: recipe.trainData, line: line,
          reason: "method lion needs an instruction: 'prompt', 'instruction' or a message of the user")
      }
      return seen.insert(instruction).inserted ? instruction : nil
    }
    dataDigest = ContentName.of([Array(recipe.resolvedYAML.utf8)] + seeds.map { Array($0.utf8) })
  }

  /// Ids of a prompt, in the student's words.
  func tokenIDs(of prompt: PromptTemplate.Prompt) throws -> [TokenID] { try codec.tokenIDs(of: prompt) }

  /// A row of data with an answer, in the words in which teacher and student are asked.
  func row(instruction: String, answer: String) throws -> Data {
    let prompt = prompts.task.filled(["instruction": instruction])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let messages = prompt.messages
    guard try codec.renderChat(messages, tools: nil, addGenerationPrompt: true) != nil else {
      return try encoder.encode(["prompt": prompt.plainText, "completion": answer])
    }
    return try encoder.encode(["messages": messages + [ChatMessage(role: "assistant", content: answer)]])
  }

  /// Tokens of the longest instruction to begin with, as teacher and student are asked.
  var longestPrompt: Int {
    get throws { try seeds.map { try tokenIDs(of: prompts.task.filled(["instruction": $0])).count }.max() ?? 0 }
  }

  // MARK: How each role writes

  /// Of teacher and student: the recipe's own.
  var answerSampling: SamplingOptions { recipe.generation?.sampling ?? SamplingOptions() }

  /// Of the referee: near the most probable text.
  var refereeSampling: SamplingOptions {
    SamplingOptions(samplingTemperature: 0.2, maxNewTokens: recipe.lion?.refereeMaxNewTokens ?? 512)
  }

  /// Of the generator: the whole distribution, and four tokens for each word of the instruction that inspires it.
  func generatorSampling(parent: String) -> SamplingOptions {
    SamplingOptions(maxNewTokens: max(16, 4 * parent.split(whereSeparator: \.isWhitespace).count))
  }

  /// A seed of its own for each request.
  func seed(_ role: LionRole?, _ path: Int...) -> UInt64 {
    let stream: UInt64 = role.map { UInt64(LionRole.allCases.firstIndex(of: $0) ?? 0) + 1 } ?? 0
    var generator = SeededGenerator(seed: recipe.seed, path: SeedStream.lion.rawValue, stream)
    for index in path { generator = SeededGenerator(seed: generator.next(), path: UInt64(index)) }
    return generator.next()
  }
}

extension LionSettings {
  /// The settings of a recipe.
  init(_ recipe: Recipe) {
    self.init()
    seed = recipe.seed
    guard let lion = recipe.lion else { return }
    rounds = lion.rounds
    (hardCount, easyCount) = (lion.hardInstructions, lion.easyInstructions)
    (threshold, rougeLimit) = (lion.threshold, lion.rougeLimit)
    words = InstructionWords(rawValue: lion.words) ?? .unicode
    refereeSampleSize = lion.refereeSampleSize
    (samplesPerOrder, attemptsPerVerdict) = (lion.samplesPerOrder, lion.attemptsPerVerdict)
    requestsPerInstruction = lion.requestsPerInstruction
    leastHardShare = lion.leastHardShare
    budget = lion.budgetTokens.map { Double($0) }
  }
}
