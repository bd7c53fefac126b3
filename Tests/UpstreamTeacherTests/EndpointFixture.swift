import Foundation
import GRPCCore
import GRPCInProcessTransport
import Logging
import ScriptedEndpoint
import Sequences
import Tokenization
import UpstreamTeacher
import WireFormat

/// A desk before a scripted endpoint, with a ledger of its own.
struct EndpointFixture {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "retort-upstream-\(UUID().uuidString)", directoryHint: .isDirectory)
  static let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }()

  /// Rules that never wait long.
  static func rules(_ change: (inout DeskRules) -> Void = { _ in }) -> DeskRules {
    var rules = DeskRules()
    rules.pauses = RetryPauses(first: 0.001, limit: 0.002, longestRetryAfter: 0.05)
    change(&rules)
    return rules
  }

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  func openLedger() throws -> Ledger {
    try Ledger(path: folder.appending(path: "ledger.sqlite").path(percentEncoded: false))
  }

  /// Runs a body with a desk.
  func withDesk<Result: Sendable>(
    _ url: String, rules: DeskRules = rules(), key: APIKey? = nil, limits: HTTPTransport.Limits = .init(),
    ledger: Ledger,
    _ body: (QuestionDesk) async throws -> Result
  ) async throws -> Result {
    let transport = HTTPTransport(key: key, limits: limits)
    let desk = QuestionDesk(
      endpoint: try EndpointURL(url), model: "m", transport: transport, ledger: ledger, rules: rules, key: key,
      logger: Self.quiet)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await desk.run() }
      do {
        let result = try await body(desk)
        group.cancelAll()
        try await group.waitForAll()
        try await transport.shutDown()
        return result
      } catch {
        group.cancelAll()
        try? await group.waitForAll()
        try? await transport.shutDown()
        throw error
      }
    }
  }

  /// Runs a body with a desk and a ledger of its own before a script.
  static func run<Result: Sendable>(
    rules: DeskRules = rules(), key: APIKey? = nil, limits: HTTPTransport.Limits = .init(),
    script: Script,
    _ body: (QuestionDesk, ScriptedEndpoint, Ledger) async throws -> Result
  ) async throws -> Result {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let ledger = try fixture.openLedger()
    return try await ScriptedEndpoint.with(script) { endpoint in
      try await fixture.withDesk(endpoint.url, rules: rules, key: key, limits: limits, ledger: ledger) {
        try await body($0, endpoint, ledger)
      }
    }
  }

  /// A question about a text.
  static func question(_ text: String = "hello", temperature: Double = 0, seed: UInt64 = 0) -> UpstreamRequest {
    var request = UpstreamRequest(.messages([.init(role: "user", content: text)]), maxTokens: 5)
    (request.temperature, request.seed) = (temperature, seed)
    return request
  }
}

/// A tokenizer of bytes, a few words and an end, with a template.
enum SmallTokenizer {
  static func make(template: Bool = true) throws -> Tokenizer {
    var vocabulary: [String: Int] = [:]
    var alphabet: [String] = []
    var next: UInt32 = 0x100
    for byte in UInt32(0)..<256 {
      let printable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      let scalar = printable ? byte : next
      if !printable { next += 1 }
      alphabet.append(String(Unicode.Scalar(scalar).map(Character.init) ?? "?"))
    }
    for (id, character) in alphabet.enumerated() { vocabulary[character] = id }
    for token in ["he", "ll", "hell", "Ġw", "or", "Ġwor"] { vocabulary[token] = vocabulary.count }
    let document: [String: Any] = [
      "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": NSNull(),
      "added_tokens": ["<s>", "</s>", "<u>", "<a>"].enumerated().map {
        [
          "id": 262 + $0, "content": $1, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
          "special": true,
        ] as [String: Any]
      },
      "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
      "post_processor": ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
      "decoder": ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
      "model": [
        "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(), "continuing_subword_prefix": NSNull(),
        "end_of_word_suffix": NSNull(), "fuse_unk": false, "byte_fallback": false, "vocab": vocabulary,
        "merges": ["h e", "l l", "he ll", "Ġ w", "o r", "Ġw or"],
      ] as [String: Any],
    ]
    var configuration: [String: Any] = ["bos_token": "<s>", "eos_token": "</s>"]
    if template {
      configuration["chat_template"] =
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}<a>{{ m.content }}</s>"
        + "{% else %}<u>{{ m.role }}: {{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"
    }
    return try Tokenizer(
      tokenizerJSON: JSONSerialization.data(withJSONObject: document),
      configuration: JSONSerialization.data(withJSONObject: configuration))
  }
}

typealias UpstreamClient = TeacherServiceRPC.Client<InProcessTransport.Client>

/// Runs a body with a teacher before a script.
func withUpstream(
  _ profile: EndpointProfile = EndpointProfile(api: .chat), template: Bool = true, extraSampling: Bool = false,
  rules: DeskRules = EndpointFixture.rules(), contextLength: Int? = nil,
  script: Script,
  _ body: (UpstreamClient, ScriptedEndpoint, Tokenizer) async throws -> Void
) async throws {
  let tokenizer = try SmallTokenizer.make(template: template)
  try await EndpointFixture.run(rules: rules, script: script) { desk, endpoint, _ in
    let model = UpstreamModel(
      endpoint: try EndpointURL(endpoint.url), name: "m", profile: profile, tokenizer: tokenizer,
      contextLength: contextLength, takesExtraSampling: extraSampling)
    let transport = InProcessTransport()
    try await withGRPCServer(
      transport: transport.server, services: [UpstreamTeacherRPCs(model: model, desk: desk, callsAtOnce: 4)]
    ) { _ in
      try await withGRPCClient(transport: transport.client) {
        try await body(UpstreamClient(wrapping: $0), endpoint, tokenizer)
      }
    }
  }
}

/// Completions of prompts, in their order.
func generate(
  _ client: UpstreamClient, _ prompts: [[TokenID]], _ sampling: SamplingOptions = SamplingOptions(maxNewTokens: 16),
  seeds: [UInt64] = []
) async throws -> [Completion] {
  let batch = SequenceBatch(prompts.map { TokenSequence(prompt: $0, completion: []) })
  let request = TeacherServiceGenerateRequest(
    prompts: WireSequenceBatch(batch), sampling: WireSamplingOptions(sampling), seeds: seeds)
  return try await client.generate(request) { response in
    var completions: [Completion] = []
    for try await message in response.messages {
      completions += try message.completions?.completions(promptCount: prompts.count) ?? []
    }
    return completions.sorted { $0.promptIndex < $1.promptIndex }
  }
}
