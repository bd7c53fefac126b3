public import GRPCCore
public import Transformer

// The one place that chooses gRPC status codes for questions about a model.
extension ServingError: RPCErrorConvertible {
  /// The status.
  public var rpcErrorCode: RPCError.Code {
    switch self {
    case .descriptionMismatch: .internalError
    case .busy, .requestTooLarge, .replyTooLarge, .tooManyCandidates: .resourceExhausted
    case .otherOutputHead: .failedPrecondition
    case .readerStalled: .deadlineExceeded
    case .tokenizerTooLarge, .promptWithCompletion, .promptFillsContext, .seedCount, .newTokenLimits: .invalidArgument
    case .notPromised, .stopStringsWithoutTokenizer: .unimplemented
    }
  }

  /// The description.
  public var rpcErrorMessage: String { description }

  /// When to try again, as gRPC's retries read it, where others are in the way.
  public var rpcErrorMetadata: Metadata {
    guard case .busy = self else { return [:] }
    return ["grpc-retry-pushback-ms": "1000"]
  }
}

extension ModelError: RPCErrorConvertible {
  /// INVALID_ARGUMENT: a request asks for what the model cannot read.
  public var rpcErrorCode: RPCError.Code { .invalidArgument }

  /// The description.
  public var rpcErrorMessage: String { description }
}
