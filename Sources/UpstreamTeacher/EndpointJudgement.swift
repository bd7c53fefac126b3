internal import Foundation

/// What an answer means for the call: done, refused, to be asked again, or nobody knows.
enum EndpointJudgement: Sendable {
  /// It is answered.
  case answered(UpstreamReply)
  /// It was not done and never will be.
  case refused(UpstreamError)
  /// It was not done now, says the endpoint; or it failed on its side, and may be billed.
  case later(retryAfter: Double?, reason: String, mayBeBilled: Bool)
  /// It was done or not, and what came cannot be used.
  case doubtful(reason: String)

  /// Judges a whole answer.
  init(_ answer: EndpointAnswer, key: APIKey?) {
    guard answer.status != 200 else {
      do { self = .answered(try Self.reply(answer)) } catch {
        self = .doubtful(reason: Self.clean(error.reason, key))
      }
      return
    }
    let problem = Self.problem(answer, key)
    switch answer.status {
    case 401, 403: self = .refused(.keyRefused(status: answer.status))
    case 429 where problem.code == "insufficient_quota" || problem.code == "billing_hard_limit_reached":
      self = .refused(.refused(status: 429, reason: problem.reason))
    // 529 is what 503 is, at endpoints that say which of their parts has too much to do.
    case 409, 425, 429, 503, 529:
      self = .later(retryAfter: answer.retryAfter, reason: problem.reason, mayBeBilled: false)
    case 408, 500...599:
      self = .later(retryAfter: answer.retryAfter, reason: problem.reason, mayBeBilled: true)
    case 300..<400:
      self = .refused(
        .refused(status: answer.status, reason: "it redirects, which is not followed: correct --upstream"))
    default: self = .refused(.refused(status: answer.status, reason: problem.reason))
    }
  }

  /// The reply of a document or of a stream of events.
  static func reply(_ answer: EndpointAnswer) throws(AnswerText.Unreadable) -> UpstreamReply {
    var reader = AnswerReader()
    guard answer.contentType.lowercased().hasPrefix("text/event-stream") else {
      try reader.take(AnswerText(answer.body))
      return try reader.finished()
    }
    var events = ServerSentEvents()
    let pieces: [[UInt8]]
    // Some servers end their last event with the stream.
    do { pieces = try events.take(answer.body + Array("\n\n".utf8)) } catch {
      throw AnswerText.Unreadable(reason: "a line of the stream over \(error.limit) bytes")
    }
    let end = Array("[DONE]".utf8)
    for piece in pieces.prefix(while: { $0 != end }) { try reader.take(AnswerText(piece)) }
    guard pieces.contains(end) else { throw AnswerText.Unreadable(reason: "a stream that breaks off") }
    return try reader.finished()
  }

  /// What the endpoint says is wrong, without the key and in bounded length.
  private static func problem(_ answer: EndpointAnswer, _ key: APIKey?) -> (reason: String, code: String) {
    let said = try? AnswerText(answer.body)
    let words = said?.error?.message ?? ""
    let code = said?.error?.code?.text ?? said?.error?.type ?? ""
    return (clean("HTTP \(answer.status)\(words.isEmpty ? "" : ": \(words)")", key), code)
  }

  private static func clean(_ text: String, _ key: APIKey?) -> String {
    String((key?.removed(from: text) ?? text).prefix(300))
  }
}
