public import GRPCCore

// The one place that chooses gRPC status codes for messages that cannot be read.
extension WireFormatError: RPCErrorConvertible {
  /// The status for a request at fault: INVALID_ARGUMENT, or RESOURCE_EXHAUSTED where it would take too much memory.
  public var rpcErrorCode: RPCError.Code {
    switch self {
    case .overBudget: .resourceExhausted
    case .malformed, .invalidUTF8, .missing, .outOfRange, .columns: .invalidArgument
    }
  }

  /// The description.
  public var rpcErrorMessage: String { description }

  /// The status for a response at fault: the peer's bug is no argument of ours, so INTERNAL.
  public var asResponseError: RPCError {
    RPCError(code: rpcErrorCode == .invalidArgument ? .internalError : rpcErrorCode, message: description)
  }
}
