internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Calls over HTTP/1.1, through AsyncHTTPClient with all of its own repeating switched off.
public final class HTTPTransport: EndpointTransport {
  /// How long what may take.
  public struct Limits: Sendable, Hashable {
    /// Until the connection stands.
    public var connect: Duration = .seconds(10)
    /// Between one piece of an answer and the next.
    public var idle: Duration = .seconds(120)
    /// The whole call.
    public var call: Duration = .seconds(600)
    /// Bytes of an answer.
    public var answerBytes = 32 << 20

    /// The defaults.
    public init() {}
  }

  private let client: HTTPClient
  private let key: APIKey?
  private let limits: Limits

  /// Makes a client.
  ///
  /// - Parameters:
  ///   - authority: PEM file of certificates that the endpoint's may come from; nil: the system's.
  ///   - connections: Most connections at once.
  public init(key: APIKey?, authority: String? = nil, connections: Int = 8, limits: Limits = Limits()) {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let authority { tls.trustRoots = .file(authority) }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: HTTPClient.Configuration.Timeout(
        connect: TimeAmount(limits.connect), read: TimeAmount(limits.idle)),
      decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, connections)
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    (self.key, self.limits) = (key, limits)
  }

  /// Closes all connections.
  public func shutDown() async throws { try await client.shutdown() }

  package func send(_ call: EndpointCall) async throws -> EndpointAnswer {
    var request = HTTPClientRequest(url: call.url)
    request.headers.add(name: "Accept", value: call.streams ? "text/event-stream" : "application/json")
    request.headers.add(name: "User-Agent", value: "retort")
    if let key { request.headers.add(name: "Authorization", value: key.authorization) }
    if let body = call.body {
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    do {
      let response = try await client.execute(request, deadline: .now() + TimeAmount(limits.call))
      return try await answer(response)
    } catch let error as TransportFailure {
      throw error
    } catch {
      // AsyncHTTPClient has its own word for a cancelled task.
      try Task.checkCancellation()
      throw Self.failure(error)
    }
  }

  private func answer(_ response: HTTPClientResponse) async throws -> EndpointAnswer {
    let coding = response.headers["Content-Encoding"].first ?? "identity"
    guard coding == "identity" else { throw TransportFailure.lost("a compressed answer, which nobody asked for") }
    var body: [UInt8] = []
    for try await piece in response.body {
      guard body.count + piece.readableBytes <= limits.answerBytes else {
        throw TransportFailure.lost("an answer over \(limits.answerBytes >> 20) MiB")
      }
      body += piece.readableBytesView
    }
    return EndpointAnswer(
      status: Int(response.status.code), retryAfter: Self.retryAfter(response.headers),
      contentType: response.headers["Content-Type"].first ?? "", body: body)
  }

  /// Seconds, or a date as HTTP writes it.
  private static func retryAfter(_ headers: HTTPHeaders) -> Double? {
    if let text = headers["Retry-After-Ms"].first, let value = Double(text), value >= 0 { return value / 1000 }
    guard let text = headers["Retry-After"].first else { return nil }
    if let seconds = Double(text) { return seconds >= 0 && seconds.isFinite ? seconds : nil }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: text).map { max(0, $0.timeIntervalSinceNow) }
  }

  private static func words(_ error: (any Error)?) -> String {
    guard let error else { return "no address of that name" }
    return (error as? IOError).map { POSIXError.words($0.errnoCode) } ?? "\(error)"
  }

  /// Whether anything was sent before it failed.
  package static func failure(_ error: any Error) -> TransportFailure {
    switch error {
    case let error as NIOConnectionError:
      return .notSent("nobody listens there (\(words(error.connectionErrors.first?.error)))")
    case let error as HTTPClientError where error == .connectTimeout: return .notSent("no connection in time")
    case let error as HTTPClientError where error == .getConnectionFromPoolTimeout:
      return .notSent("no connection is free")
    case let error as HTTPClientError where error == .readTimeout: return .lost("the answer stopped coming")
    case let error as HTTPClientError where error == .deadlineExceeded: return .lost("the answer took too long")
    case let error as HTTPClientError where error == .remoteConnectionClosed: return .lost("the connection was closed")
    case let error as HTTPClientError: return .lost("\(error.shortDescription)")
    case let error as IOError where error.errnoCode == ECONNREFUSED: return .notSent("nobody listens there")
    case let error as NIOSSLError where error.isOfHandshake: return .notSent("no TLS connection (\(error))")
    case is NIOSSLExtraError: return .notSent("no TLS connection (\(error))")
    case is NIOSSLError: return .lost("the TLS connection broke off (\(error))")
    case is HTTPParserError: return .lost("an answer that is not HTTP")
    default: return .lost("\(error)")
    }
  }
}

extension NIOSSLError {
  /// Whether no connection stood yet, so that nothing can have been sent.
  fileprivate var isOfHandshake: Bool {
    switch self {
    case .handshakeFailed, .noCertificateToValidate, .unableToValidateCertificate, .failedToLoadCertificate,
      .noSuchFilesystemObject:
      true
    default: false
    }
  }
}

extension TimeAmount {
  fileprivate init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}

extension POSIXError {
  /// The system's words for an error number.
  fileprivate static func words(_ number: CInt) -> String {
    POSIXErrorCode(rawValue: number).map { POSIXError($0).localizedDescription } ?? "error \(number)"
  }
}
