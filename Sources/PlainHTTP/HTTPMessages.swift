/// A request, as far as pages need it: bodies are never read.
public struct HTTPRequest: Sendable, Hashable {
  /// The path as it was sent, without what follows a `?`.
  public var path: String
  /// `GET` and `HEAD` alone ask for a page.
  public var isRead: Bool
  /// What the client calls this server.
  public var host: String?
  /// What it shows to be let in.
  public var authorization: String?

  /// Makes a request.
  public init(path: String, isRead: Bool = true, host: String? = nil, authorization: String? = nil) {
    (self.path, self.isRead, self.host, self.authorization) = (path, isRead, host, authorization)
  }
}

/// An answer, sent whole.
public struct HTTPAnswer: Sendable, Hashable {
  /// The status: 200, 404.
  public var status: Int
  /// What the body is.
  public var contentType: String
  /// Further headers.
  public var headers: [String: String]
  /// The body.
  public var body: String

  /// Makes an answer.
  public init(status: Int = 200, contentType: String, headers: [String: String] = [:], body: String) {
    (self.status, self.contentType, self.headers, self.body) = (status, contentType, headers, body)
  }

  /// An answer for people: one line.
  public static func line(_ text: String, status: Int, headers: [String: String] = [:]) -> HTTPAnswer {
    HTTPAnswer(status: status, contentType: "text/plain; charset=utf-8", headers: headers, body: "\(text)\n")
  }
}
