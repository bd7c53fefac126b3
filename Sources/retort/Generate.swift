import ArgumentParser
import Commands
import Foundation
import Sequences

/// `retort generate`.
struct Generate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Writes what a model says after a prompt.")

  @Option(help: ArgumentHelp("Hugging Face model folder.", valueName: "dir"))
  var model: String

  @Option(help: ArgumentHelp("Text to go on from.", valueName: "text"))
  var prompt: String?

  @Option(help: ArgumentHelp("Message to answer, as the model's chat template has it.", valueName: "text"))
  var chat: String?

  @Option(help: ArgumentHelp("With --chat: what the model is told before.", valueName: "text"))
  var system: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Most tokens to write.", valueName: "n"))
  var maxNewTokens = 128

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sampling temperature; 0 takes the most probable token.", valueName: "x"))
  var temperature: Float = 1

  @Option(parsing: .unconditional, help: ArgumentHelp("Keep the n most probable tokens; 0 keeps all.", valueName: "n"))
  var topK = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keep the most probable tokens of this share, in (0, 1].", valueName: "p"))
  var topP: Float = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Drop tokens below this share of the most probable one, in [0, 1].", valueName: "p"))
  var minP: Float = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Divide the logits of tokens so far by this; 1 leaves them.", valueName: "x"))
  var repetitionPenalty: Float = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Write no n-gram of so many tokens twice; 0 allows any.", valueName: "n"))
  var noRepeatNgramSize = 0

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Write no end before so many tokens.", valueName: "n"))
  var minNewTokens = 0

  @Option(help: ArgumentHelp("Text that ends the completion, and is cut from it; may be repeated.", valueName: "text"))
  var stop: [String] = []

  @Option(help: ArgumentHelp("Weights are read as float32, bfloat16 or int8.", valueName: "format"))
  var generationWeights = "float32"

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of the sampling.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Write one JSON object: text, token_ids, prompt_length, logprobs, finish_reason.")
  var json = false

  func validate() throws {
    guard (prompt == nil) != (chat == nil) else { throw ValidationError("give either --prompt or --chat") }
    guard system == nil || chat != nil else { throw ValidationError("--system needs --chat") }
  }

  func run() async throws {
    let sampling = SamplingOptions(
      samplingTemperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty,
      noRepeatNgramSize: noRepeatNgramSize, minNewTokens: minNewTokens, maxNewTokens: maxNewTokens, stopStrings: stop)
    try PromptCompletion.check(sampling)
    let model = try LocalModel(
      folder: URL(filePath: model), generationWeights: LocalModel.weightFormat(generationWeights))
    let completion =
      if let chat {
        try PromptCompletion(to: chat, system: system, model: model, sampling: sampling, seed: seed)
      } else {
        try PromptCompletion(of: prompt ?? "", model: model, sampling: sampling, seed: seed)
      }
    printLine(json ? completion.json.description : completion.text)
  }
}
