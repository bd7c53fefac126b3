import ArgumentParser
import Authentication
import Commands
import Foundation
import ServiceRuntime

/// `retort teacher`.
struct Teacher: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves a model folder, or an OpenAI-compatible endpoint, as a teacher.")

  @Option(help: ArgumentHelp("Hugging Face model folder.", valueName: "dir"))
  var model: String?

  @Option(help: ArgumentHelp("Where to listen: HOST:PORT or unix:PATH.", valueName: "address"))
  var listen = "127.0.0.1:7001"

  @Option(help: ArgumentHelp("Products of scoring: float32 or bfloat16, twice as fast.", valueName: "precision"))
  var precision = "float32"

  @Option(
    help: ArgumentHelp("Weights are read as float32, bfloat16 or int8 when it writes.", valueName: "format"))
  var generationWeights = "float32"

  @Option(
    help: ArgumentHelp(
      "Most tokens a second that a caller gets, by the name of its key or run, or each: who has had more waits. Repeatable.",
      valueName: "[name=]tokens"))
  var quota: [String] = []

  @OptionGroup(title: "Endpoint") var upstream: UpstreamOptions

  @OptionGroup var options: ServiceOptions

  func validate() throws {
    guard (model == nil) != (upstream.upstream == nil) else {
      throw ValidationError("give either --model DIR or --upstream URL")
    }
    guard quota.isEmpty || model != nil else {
      throw ValidationError("--quota is for --model DIR: an endpoint's pace is --tokens-per-minute")
    }
  }

  func run() async throws {
    let service = try options.settings(role: .teacher, listen: listen)
    if let settings = try upstream.settings() {
      try await UpstreamTeacherProcess(settings, service: service).run()
    } else {
      try await TeacherProcess(
        model: URL(filePath: model ?? ""), generationWeights: LocalModel.weightFormat(generationWeights),
        scoringWeights: LocalModel.scoringFormat(precision), quotas: quota, service: service
      ).run()
    }
  }
}
