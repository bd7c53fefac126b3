public import GRPCCore
public import GRPCNGHTTP2Transport

/// With what a client comes to a service: how its connections are secured, and the token that its calls bear.
public struct ClientAccess: Sendable {
  private let security: (any ClientConnectionSecurity)?
  private let token: WatchedFile<Token>?
  private var observer: (any CallObserver)?

  /// Neither TLS nor a token.
  public static let plain = ClientAccess(security: nil, token: nil)

  /// Makes an access.
  public init(security: (any ClientConnectionSecurity)?, token: WatchedFile<Token>?) {
    self.security = security
    self.token = token
  }

  /// Pauses between attempts to connect: services that end are started again within a moment, and their clients are few.
  static let backoff = ConnectionBackoff(initial: .milliseconds(100), maximum: .seconds(5))

  /// The same access, with somebody who is told of its calls.
  public func observed(by observer: any CallObserver) -> ClientAccess {
    var access = self
    access.observer = observer
    return access
  }

  /// What calls pass through.
  public var interceptors: [any ClientInterceptor] { token.map { [TokenInterceptor(token: $0)] } ?? [] }

  /// A transport to a service that may have several addresses.
  ///
  /// - Throws: ``AuthenticationError/tokenInTheClear(address:)`` where a token would leave this machine unencrypted.
  public func transport(
    to service: ServiceTarget,
    configuration: NGHTTP2ClientTransport.Configuration = NGHTTP2ClientTransport.Configuration()
  ) throws(AuthenticationError) -> NGHTTP2ClientTransport {
    guard security != nil || token == nil || service.isLocal else {
      throw .tokenInTheClear(address: "\(service)")
    }
    var configuration = configuration
    configuration.security = security
    configuration.backoff = Self.backoff
    if let observer { configuration.observer = observer }
    return NGHTTP2ClientTransport(service: service, configuration: configuration)
  }

  /// A client of a service; it connects while its `runConnections` runs.
  public func client(to target: ServiceTarget) throws(AuthenticationError) -> GRPCClient<NGHTTP2ClientTransport> {
    GRPCClient(transport: try transport(to: target), interceptors: interceptors)
  }

  /// Runs `body` with a client that connects as needed, and closes it at the end.
  public func withClient<Result: Sendable>(
    to target: ServiceTarget, _ body: (GRPCClient<NGHTTP2ClientTransport>) async throws -> Result
  ) async throws -> Result {
    try await withGRPCClient(transport: transport(to: target), interceptors: interceptors) { try await body($0) }
  }
}

/// Adds the token to calls.
struct TokenInterceptor: ClientInterceptor {
  let token: WatchedFile<Token>

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>, context: ClientContext,
    next: @concurrent (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    var request = request
    request.metadata.replaceOrAddString(token.value.authorization, forKey: "authorization")
    return try await next(request, context)
  }
}
