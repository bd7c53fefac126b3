public import GRPCCore
internal import WireFormat

/// Takes names of keys from calls of a server that asks for no tokens: there a name would be the caller's own claim.
public struct KeyRemovalInterceptor: ServerInterceptor {
  /// Needs nothing.
  public init() {}

  /// Passes the call on without the name of a key.
  public func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>, context: ServerContext,
    next:
      @Sendable @concurrent (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<
        Output
      >
  ) async throws -> StreamingServerResponse<Output> {
    var request = request
    request.metadata.removeAllValues(forKey: CallMetadata.key)
    return try await next(request, context)
  }
}
