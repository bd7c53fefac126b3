import GRPCCore
import GRPCNGHTTP2Transport
import ServiceMetrics

/// Enters the calls of transports into a ledger.
struct LedgerObserver: CallObserver {
  let ledger: CallLedger

  /// A method that nobody serves is `unknown`: callers must not choose what is kept.
  func callEnded(_ report: CallReport) {
    let key = CallLedger.Key(
      rpc: report.method.type == nil ? "unknown" : report.method.fullyQualifiedMethod, role: report.role.rawValue,
      code: report.status.metricName, cause: report.end.rawValue, isRetry: report.previousAttempts > 0)
    ledger.add(
      key, seconds: report.duration / .seconds(1), sent: CallLedger.Traffic(report.sent),
      received: CallLedger.Traffic(report.received))
  }
}

extension CallLedger.Traffic {
  fileprivate init(_ traffic: CallReport.Traffic) {
    self.init()
    (messages, messageBytes, wireBytes) = (traffic.messages, traffic.messageBytes, traffic.wireBytes)
    waitSeconds = traffic.waited / .seconds(1)
  }
}

extension Status.Code {
  /// gRPC's name: `invalidArgument` is `INVALID_ARGUMENT`.
  fileprivate var metricName: String {
    if self == .ok { return "OK" }
    if self == .internalError { return "INTERNAL" }
    return description.reduce(into: "") { name, letter in
      if letter.isUppercase { name += "_" }
      name += letter.uppercased()
    }
  }
}
