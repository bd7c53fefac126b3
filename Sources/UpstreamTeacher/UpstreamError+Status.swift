public import GRPCCore

// The one place that chooses gRPC status codes for an endpoint's answers. UNAVAILABLE is what the coordinator asks again:
// only a call gets it that the ledger counts for whatever it may have cost.
extension UpstreamError: RPCErrorConvertible {
  /// The status.
  public var rpcErrorCode: RPCError.Code {
    switch self {
    case .badURL, .keyInTheClear, .badKeyFile, .badPrices, .budgetWithoutPrices, .stateUnusable, .notAnEndpoint,
      .keyRefused, .mayBePaid, .otherModel, .unaligned:
      .failedPrecondition
    case .samplingRule, .notGiven: .unimplemented
    case .badRequest, .refused: .invalidArgument
    case .budgetSpent, .busy: .resourceExhausted
    case .away: .unavailable
    case .unreadable: .dataLoss
    case .ledger: .internalError
    }
  }

  /// The description.
  public var rpcErrorMessage: String { description }
}
