/// Says what the calls that this process makes have cost since it was last asked.
///
/// It reads counters of the whole process: two that are read side by side see the same calls.
public struct TrafficMeter: Sendable {
  private let totals: @Sendable () -> [WireCallTraffic]
  private var last: [String: WireCallTraffic]

  /// Begins to measure now.
  ///
  /// - Parameter totals: What calls have cost since the process began, one entry per RPC.
  public init(_ totals: @escaping @Sendable () -> [WireCallTraffic] = { WireCallTraffic.made }) {
    self.totals = totals
    last = Self.byRPC(totals())
  }

  /// What was spent since the last time, for each RPC that was used, by name.
  public mutating func take() -> [WireCallTraffic] {
    let now = Self.byRPC(totals())
    defer { last = now }
    return now.values.map { $0 - (last[$0.rpc] ?? WireCallTraffic()) }.filter(\.isSome).sorted { $0.rpc < $1.rpc }
  }

  private static func byRPC(_ traffic: [WireCallTraffic]) -> [String: WireCallTraffic] {
    Dictionary(traffic.map { ($0.rpc, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

extension WireCallTraffic {
  /// What the calls that this process has made cost so far, as its encoders and decoders counted it: requests that were
  /// encoded, responses that were decoded.
  public static var made: [WireCallTraffic] {
    WireMethod.all.map { method in
      let (sent, received) = (method.request.encoded, method.response.decoded)
      return WireCallTraffic(
        rpc: method.name, messagesSent: UInt64(sent.messages), messagesReceived: UInt64(received.messages),
        bytesSent: UInt64(sent.bytes), bytesReceived: UInt64(received.bytes), encodeSeconds: sent.seconds,
        decodeSeconds: received.seconds)
    }
  }

  fileprivate var isSome: Bool {
    messagesSent > 0 || messagesReceived > 0 || retries > 0 || writeWaitSeconds > 0 || readWaitSeconds > 0
  }

  fileprivate static func - (later: WireCallTraffic, earlier: WireCallTraffic) -> WireCallTraffic {
    WireCallTraffic(
      rpc: later.rpc, messagesSent: later.messagesSent &- earlier.messagesSent,
      messagesReceived: later.messagesReceived &- earlier.messagesReceived,
      bytesSent: later.bytesSent &- earlier.bytesSent, bytesReceived: later.bytesReceived &- earlier.bytesReceived,
      encodeSeconds: later.encodeSeconds - earlier.encodeSeconds,
      decodeSeconds: later.decodeSeconds - earlier.decodeSeconds,
      writeWaitSeconds: later.writeWaitSeconds - earlier.writeWaitSeconds,
      readWaitSeconds: later.readWaitSeconds - earlier.readWaitSeconds, retries: later.retries &- earlier.retries)
  }
}
