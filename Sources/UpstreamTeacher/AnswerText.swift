internal import Foundation

/// JSON of OpenAI's answers, whole or one piece of a stream, or of llama.cpp's own: what is used of it.
struct AnswerText: Decodable {
  struct Choice: Decodable {
    var index: Int?
    var text: String?
    var message: Message?
    var delta: Message?
    var finishReason: String?
    var logprobs: Logprobs?
    var promptLogprobs: [[String: PromptEntry]?]?
    var promptTokenIds: [UInt32]?
  }

  struct Message: Decodable {
    var content: String?
    var refusal: String?
  }

  /// Either form: that of chat (`content`), which llama.cpp also sends for completions, and the older one.
  struct Logprobs: Decodable {
    var content: [Token]?
    var tokens: [String]?
    var tokenLogprobs: [Double?]?
    var topLogprobs: [[String: Double]?]?
  }

  struct Token: Decodable {
    var token: String
    var id: Int?
    var bytes: [UInt8]?
    var logprob: Double
    var topLogprobs: [Candidate]?
  }

  struct Candidate: Decodable {
    var token: String
    var id: Int?
    var bytes: [UInt8]?
    var logprob: Double
  }

  struct PromptEntry: Decodable {
    var logprob: Double
    var decodedToken: String?
  }

  struct Usage: Decodable {
    struct Details: Decodable { var cachedTokens: Int? }
    var promptTokens: Int?
    var completionTokens: Int?
    var promptTokensDetails: Details?
  }

  /// A value of a name that others may use for something else, which counts as absent.
  struct Loose<Value: Decodable>: Decodable {
    var value: Value?
    init(from decoder: any Decoder) throws { value = try? Value(from: decoder) }
  }

  /// What llama.cpp's server says of its work.
  struct Timings: Decodable { var cacheN: Int? }

  struct Problem: Decodable {
    var message: String?
    var code: Code?
    var type: String?

    /// A word or a number.
    struct Code: Decodable {
      let text: String
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        text = (try? container.decode(String.self)) ?? "\((try? container.decode(Int.self)) ?? 0)"
      }
    }
  }

  var choices: [Choice]?
  var usage: Usage?
  var model: String?
  var systemFingerprint: String?
  var error: Problem?
  // Of llama.cpp's own `/completion`.
  var content: Loose<String>?
  var stopType: String?
  var tokensEvaluated: Int?
  var tokensPredicted: Int?
  var timings: Loose<Timings>?
  var completionProbabilities: [Token]?

  /// Deepest nesting that is read.
  static let depthLimit = 64

  /// Reads JSON of bounded depth.
  ///
  /// - Throws: ``Unreadable``.
  init(_ bytes: some Collection<UInt8>) throws(Unreadable) {
    guard Self.depth(of: bytes) <= Self.depthLimit else {
      throw Unreadable(reason: "JSON nested over \(Self.depthLimit) deep")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do { self = try decoder.decode(AnswerText.self, from: Data(bytes)) } catch {
      throw Unreadable(reason: "not the JSON of an answer (\(bytes.count) bytes)")
    }
  }

  /// Why an answer cannot be used.
  struct Unreadable: Error, Hashable {
    var reason: String
  }

  /// How deep brackets nest.
  static func depth(of bytes: some Collection<UInt8>) -> Int {
    var (depth, most, inString, escaped) = (0, 0, false, false)
    for byte in bytes {
      if inString {
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          inString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): inString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        most = max(most, depth)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
    }
    return most
  }
}
