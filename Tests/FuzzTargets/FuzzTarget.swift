import LoaderFuzzTargets

/// What is fed with bytes that somebody else chose. Each checks its own invariants; a broken one ends the process.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// A connection's bytes, as the server sees them.
  case http2Server = "http2-server"
  /// A connection's bytes, as the client sees them.
  case http2Client = "http2-client"
  /// DATA of a stream: prefixes, messages, gzip.
  case messages
  /// Every message of `Protos/`; the first byte chooses.
  case wireMessages = "wire-messages"
  /// What decoded messages mean: scores, batches, completions, options.
  case mappings
  /// Header lists, statuses, metadata, addresses.
  case heads
  /// The header of a safetensors file.
  case safetensors
  /// `config.json`.
  case configuration
  /// `tokenizer.json`, and what it makes of a text.
  case tokenizer
  /// `tokenizer.model`, and what it makes of a text.
  case sentencePiece = "sentencepiece"
  /// A chat template, rendered.
  case chatTemplate = "chat-template"

  /// Runs one input.
  package func run(_ bytes: [UInt8]) {
    switch self {
    case .http2Server: fuzzServer(bytes[...])
    case .http2Client: fuzzClient(bytes[...])
    case .messages: fuzzMessages(bytes[...])
    case .wireMessages: fuzzWireMessage(bytes[...])
    case .mappings: fuzzMapping(bytes[...])
    case .heads: fuzzHeads(bytes)
    case .safetensors: LoaderFuzzing.safetensors(bytes)
    case .configuration: LoaderFuzzing.configuration(bytes)
    case .tokenizer: LoaderFuzzing.tokenizer(bytes)
    case .sentencePiece: LoaderFuzzing.sentencePiece(bytes)
    case .chatTemplate: LoaderFuzzing.chatTemplate(bytes)
    }
  }
}
