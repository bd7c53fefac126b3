import GRPCCore
import GRPCNGHTTP2Transport
import Testing

/// SplitMix64: the same draws in every run.
struct FixedGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("Pauses between attempts to connect")
struct BackoffTests {
  /// Seconds without jitter: 1, times 1.6, at most 120.
  private static let series =
    [1, 1.6, 2.56, 4.096, 6.5536, 10.48576, 16.777216, 26.8435456, 42.94967296]
    + [68.719476736, 109.9511627776, 120, 120, 120]

  @Test("ten thousand failures stay within a fifth of gRPC's series, and use all of that width")
  func staysInBand() {
    var generator = FixedGenerator(state: 1)
    let backoff = ConnectionBackoff()
    for (index, expected) in Self.series.enumerated() {
      let ratios = (0..<(10_000 / Self.series.count + 1)).map { _ in
        backoff.delay(afterFailures: index + 1, using: &generator) / .seconds(1) / expected
      }
      #expect(ratios.allSatisfy { $0 >= 0.8 - 1e-9 && $0 <= 1.2 + 1e-9 })
      #expect((ratios.min() ?? 1) < 0.81 && (ratios.max() ?? 1) > 1.19)
    }
  }

  @Test(
    "a hundred clients of a server that restarts come back spread over at least 30 % of the pause", arguments: 1...12)
  func spreads(failures: Int) {
    let delays = (0..<100).map { client in
      var generator = FixedGenerator(state: UInt64(client) &* 7919)
      return ConnectionBackoff().delay(afterFailures: failures, using: &generator) / .seconds(1)
    }
    let spread = (delays.max() ?? 0) - (delays.min() ?? 0)
    #expect(spread >= 0.3 * Self.series[failures - 1])
  }

  /// Plays a day of a server that does not answer, then answers and is lost, under a clock that only jumps.
  @Test("attempts of a client follow the series, and begin again after an answer", arguments: 0..<20)
  func followsTheSeries(seed: UInt64) throws {
    var generator = FixedGenerator(state: seed)
    var machine = ChannelMachine<FakeConnection, String>(
      PickFirst(), addresses: [ServerAddress(.unixSocket(path: "A"))])
    var now = Duration.zero
    var effects = machine.pick(1, "waiter", waitsForReady: true, at: now)
    for round in 0..<2 {
      for expected in Self.series {
        guard case .step(.connect(_, let attempt)) = try #require(effects.first) else {
          Issue.record("no attempt at \(now)")
          return
        }
        effects = machine.attemptFailed(attempt, RPCError(code: .unavailable, message: "refused"), at: now)
        guard case .step(.backOff(let id, let failures)) = try #require(effects.first) else {
          Issue.record("no pause at \(now)")
          return
        }
        let delay = ConnectionBackoff().delay(afterFailures: failures, using: &generator)
        #expect(abs(delay / .seconds(expected) - 1) <= 0.2 + 1e-9)
        now += delay
        effects = machine.backoffElapsed(id, at: now)
      }
      guard case .step(.connect(_, let attempt)) = try #require(effects.first) else { return }
      _ = machine.attemptSucceeded(attempt, FakeConnection(id: round), at: now)
      _ = machine.connectionLost(round, at: now)
      effects = machine.pick(UInt64(round + 2), "waiter", waitsForReady: true, at: now)
    }
  }
}
