import Checkpoints
public import Foundation
import Logging
import ModelServing
import ServiceMetrics
import Tokenization
public import UpstreamTeacher

/// `retort teacher --upstream`: a process that serves an OpenAI-compatible endpoint as a teacher.
public struct UpstreamTeacherProcess: Sendable {
  /// What is served, and how.
  public struct Settings: Sendable {
    /// Where the endpoint is.
    public var endpoint: EndpointURL
    /// The model's name there.
    public var model: String
    /// Folder of the student's tokenizer.
    public var tokenizer: URL
    /// Folder of ledger and cache.
    public var state: URL
    /// File of the key; nil: the endpoint wants none.
    public var keyFile: URL?
    /// PEM file of certificates that the endpoint's may come from; nil: the system's.
    public var authority: String?
    /// The route; nil: found out.
    public var api: EndpointProfile.API?
    /// Whether the endpoint takes `top_k`, `min_p` and `repetition_penalty`.
    public var takesExtraSampling = false
    /// Longest sequence; nil: what the endpoint says.
    public var contextLength: Int?
    /// Pace, price, budget, retries.
    public var rules = DeskRules()
    /// How long calls may take.
    public var limits = HTTPTransport.Limits()

    /// Names what cannot be guessed.
    public init(endpoint: EndpointURL, model: String, tokenizer: URL, state: URL) {
      (self.endpoint, self.model, self.tokenizer, self.state) = (endpoint, model, tokenizer, state)
    }
  }

  private let settings: Settings
  private let service: ServiceSettings

  /// Serves an endpoint.
  ///
  /// - Throws: `UpstreamError` where the settings contradict each other.
  public init(_ settings: Settings, service: ServiceSettings) throws {
    (self.settings, self.service) = (settings, service)
    if settings.rules.budget != nil, settings.rules.price == nil { throw UpstreamError.budgetWithoutPrices }
    let endpoint = settings.endpoint
    if settings.keyFile != nil, !endpoint.isEncrypted, !endpoint.isLoopback, !service.insecure {
      throw UpstreamError.keyInTheClear(url: endpoint.base)
    }
  }

  /// Finds out what the endpoint gives, and serves it until asked to stop.
  public func run() async throws {
    let (host, logger) = try service.host(label: "retort.teacher")
    let key = try settings.keyFile.map { try APIKey(file: $0) }
    guard let tokenizer = try Tokenizer.ifPresent(in: settings.tokenizer) else {
      throw CommandError.noTokenizer(folder: settings.tokenizer.relativePath)
    }
    let special = try ModelFolder.specialTokens(in: settings.tokenizer)
    let state = try StateFolder(settings.state)
    let ledger = try Ledger(path: state.ledgerPath)
    if ledger.leftBehind.calls > 0 {
      logger.warning(
        "calls were on their way when the last process ended, and may have been billed",
        metadata: ["calls": "\(ledger.leftBehind.calls)", "worst.price": "\(ledger.leftBehind.worst)"])
    }
    let transport = HTTPTransport(
      key: key, authority: settings.authority, connections: settings.rules.pace.concurrency, limits: settings.limits)
    let desk = QuestionDesk(
      endpoint: settings.endpoint, model: settings.model, transport: transport, ledger: ledger, rules: settings.rules,
      key: key, logger: logger)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await desk.run() }
        defer { group.cancelAll() }
        let profile = try await EndpointProbe(desk: desk, tokenizer: tokenizer, logger: logger).run(api: settings.api)
        let model = UpstreamModel(
          endpoint: settings.endpoint, name: settings.model, profile: profile, tokenizer: tokenizer,
          bosTokenIDs: special.bosTokenID.map { [$0] } ?? [], eosTokenIDs: special.eosTokenIDs,
          contextLength: settings.contextLength, takesExtraSampling: settings.takesExtraSampling)
        let answers = UpstreamTeacherRPCs(model: model, desk: desk, callsAtOnce: settings.rules.pace.concurrency)
        try await host.run(
          [answers], sources: [{ UpstreamMetrics(desk: desk.counters.counts, ledger: ledger.totals).write(to: &$0) }],
          abandon: { exit(0) })
      }
    } catch {
      try? await transport.shutDown()
      throw error
    }
    try await transport.shutDown()
    withExtendedLifetime(state) {}
  }
}
