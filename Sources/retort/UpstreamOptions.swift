import ArgumentParser
import Commands
import Foundation
import UpstreamTeacher

/// Options of `retort teacher --upstream`.
struct UpstreamOptions: ParsableArguments {
  @Option(help: ArgumentHelp("OpenAI-compatible endpoint: https://HOST/v1.", valueName: "url"))
  var upstream: String?

  @Option(help: ArgumentHelp("The model's name at the endpoint.", valueName: "name"))
  var upstreamModel: String?

  @Option(help: ArgumentHelp("Folder of the student's tokenizer.", valueName: "dir"))
  var tokenizer: String?

  @Option(help: ArgumentHelp("File of the endpoint's key, which only its owner can read.", valueName: "file"))
  var apiKeyFile: String?

  @Option(help: ArgumentHelp("Folder of ledger and cache, shared by all runs.", valueName: "dir"))
  var state = "retort-teacher-state"

  @Option(help: ArgumentHelp("chat, completions, or auto: found out.", valueName: "route"))
  var upstreamApi = "auto"

  @Option(help: ArgumentHelp("PEM certificates that the endpoint's may come from.", valueName: "file"))
  var upstreamCa: String?

  @Flag(help: "The endpoint takes top_k, min_p and repetition_penalty, as vLLM's does.")
  var extraSampling = false

  @Flag(help: "Answers come as a stream of events.")
  var streamUpstream = false

  @Flag(help: "Refuse answers of another model than the one that answered before.")
  var refuseOtherModels = false

  @Option(help: ArgumentHelp("Longest sequence, if the endpoint does not say.", valueName: "tokens"))
  var contextLength: Int?

  @Option(help: ArgumentHelp("Price of a million tokens of prompts.", valueName: "price"))
  var priceInput: Double?

  @Option(help: ArgumentHelp("Price of a million new tokens.", valueName: "price"))
  var priceOutput: Double?

  @Option(help: ArgumentHelp("JSON price table: {\"MODEL\": {\"input\": 2.5, \"output\": 10}}.", valueName: "file"))
  var prices: String?

  @Option(help: ArgumentHelp("Most that the ledger's calls may cost together.", valueName: "amount"))
  var budget: Double?

  @Option(
    help: ArgumentHelp(
      "Questions whose call ended unseen and may be billed: retry; skip, the default with prices; or refuse.",
      valueName: "policy"))
  var doubtfulCalls: String?

  @Option(help: ArgumentHelp("Most calls per minute.", valueName: "n"))
  var requestsPerMinute: Int?

  @Option(help: ArgumentHelp("Most tokens per minute, prompts and new ones.", valueName: "n"))
  var tokensPerMinute: Int?

  @Option(help: ArgumentHelp("Most calls at once.", valueName: "n"))
  var concurrency = 8

  @Option(help: ArgumentHelp("Most seconds for one call of the endpoint.", valueName: "s"))
  var callTimeout = 600

  @Option(help: ArgumentHelp("Seconds to go on asking an endpoint that is away or busy.", valueName: "s"))
  var patience = 600

  /// The settings; nil where no endpoint is named.
  func settings() throws -> UpstreamTeacherProcess.Settings? {
    guard let upstream else { return nil }
    guard let upstreamModel, let tokenizer else {
      throw CommandError.badOption(
        name: "--upstream", value: upstream, expected: "--upstream-model NAME and --tokenizer DIR beside it")
    }
    var settings = UpstreamTeacherProcess.Settings(
      endpoint: try EndpointURL(upstream), model: upstreamModel,
      tokenizer: URL(filePath: tokenizer, directoryHint: .isDirectory),
      state: URL(filePath: state, directoryHint: .isDirectory))
    settings.keyFile = apiKeyFile.map { URL(filePath: $0) }
    settings.authority = upstreamCa
    settings.takesExtraSampling = extraSampling
    settings.contextLength = try contextLength.map { try positive("--context-length", $0) }
    settings.limits.call = .seconds(try positive("--call-timeout", callTimeout))
    if upstreamApi != "auto" {
      guard let api = EndpointProfile.API(rawValue: upstreamApi) else {
        throw CommandError.badOption(name: "--upstream-api", value: upstreamApi, expected: "chat, completions or auto")
      }
      settings.api = api
    }
    settings.rules = try rules(upstreamModel)
    return settings
  }

  private func rules(_ model: String) throws -> DeskRules {
    var rules = DeskRules()
    rules.pace = PaceLimits(
      requestsPerMinute: try requestsPerMinute.map { try positive("--requests-per-minute", $0) },
      tokensPerMinute: try tokensPerMinute.map { try positive("--tokens-per-minute", $0) },
      concurrency: try positive("--concurrency", concurrency))
    rules.patience = .seconds(try positive("--patience", patience))
    rules.streams = streamUpstream
    rules.refusesOtherModels = refuseOtherModels
    rules.price = try price(model)
    if let budget {
      guard budget > 0, budget <= 1e9 else {
        throw CommandError.badOption(name: "--budget", value: "\(budget)", expected: "an amount over 0")
      }
      rules.budget = Money(budget)
    }
    rules.doubtful = rules.price == nil ? .retry : .skip
    if let doubtfulCalls {
      guard let policy = DoubtfulCalls(rawValue: doubtfulCalls) else {
        throw CommandError.badOption(name: "--doubtful-calls", value: doubtfulCalls, expected: "retry, skip or refuse")
      }
      rules.doubtful = policy
    }
    return rules
  }

  private func price(_ model: String) throws -> Price? {
    if let prices {
      guard priceInput == nil, priceOutput == nil else {
        throw CommandError.badOption(
          name: "--prices", value: prices, expected: "no --price-input or --price-output beside it")
      }
      return try Price(file: URL(filePath: prices), model: model)
    }
    guard priceInput != nil || priceOutput != nil else { return nil }
    guard let priceInput, let priceOutput else {
      throw CommandError.badOption(
        name: "--price-input", value: "\(priceInput.map { "\($0)" } ?? "missing")",
        expected: "both --price-input and --price-output")
    }
    return try Price(input: priceInput, output: priceOutput, source: "--price-input, --price-output")
  }

  private func positive(_ name: String, _ value: Int) throws -> Int {
    guard value >= 1, value <= 1 << 30 else {
      throw CommandError.badOption(name: name, value: "\(value)", expected: "1 or more")
    }
    return value
  }
}
