/// Decides when a connection asks for a sign of life, and when it ends for silence, idleness or age. Has no I/O and no clock.
///
/// It is asked now and then by ``tick(at:calls:callsBegun:)``, so that nothing is timed while messages pass.
///
/// - SeeAlso: gRFC A8 (keepalive) and A9 (idle, age and grace).
package struct KeepaliveMachine: Sendable {
  /// Why a connection takes no new calls.
  package enum Reason: String, Sendable, Hashable {
    case idle = "max_idle"
    case age = "max_age"
  }

  /// What is to be done.
  package enum Action: Sendable, Hashable {
    /// Send a PING.
    case ping
    /// Take no new calls, and close after those under way.
    case drain(Reason)
    /// Close at once.
    case close(TransportLimit)
  }

  private let keepalive: Keepalive
  private let maxIdle: Duration?
  private let maxAge: Duration?
  private let grace: Duration?
  private let start: Duration
  /// Bytes came since the last tick.
  private var heard = true
  private var quietSince: Duration
  private var pingedAt: Duration?
  private var hadCalls = false
  private var callsBegun = 0
  private var idleSince: Duration
  private var agedAt: Duration?
  private var isDraining = false

  /// Makes the machine of a server's end.
  ///
  /// - Parameter jitter: What the greatest age is multiplied with, from 0.9 to 1.1.
  package static func server(
    _ configuration: ConnectionConfiguration, start: Duration, jitter: Double
  ) -> KeepaliveMachine {
    KeepaliveMachine(
      keepalive: configuration.serverKeepalive, maxIdle: configuration.maxIdle,
      maxAge: configuration.maxAge.map { $0 * jitter }, grace: configuration.maxAgeGrace, start: start)
  }

  /// Makes the machine of a client's end.
  ///
  /// - Parameter stretch: What the interval is multiplied with: servers that complain double it.
  package static func client(
    _ configuration: ConnectionConfiguration, start: Duration, stretch: Int
  ) -> KeepaliveMachine {
    var keepalive = configuration.clientKeepalive
    keepalive.interval = keepalive.interval.map { max($0, Keepalive.shortestClientInterval) * stretch }
    return KeepaliveMachine(keepalive: keepalive, maxIdle: nil, maxAge: nil, grace: nil, start: start)
  }

  private init(keepalive: Keepalive, maxIdle: Duration?, maxAge: Duration?, grace: Duration?, start: Duration) {
    self.keepalive = keepalive
    self.maxIdle = maxIdle
    self.maxAge = maxAge
    self.grace = grace
    self.start = start
    self.quietSince = start
    self.idleSince = start
  }

  /// Bytes came from the peer.
  package mutating func didReceive() {
    heard = true
  }

  /// Decides what to do now, about one thing.
  ///
  /// - Parameters:
  ///   - calls: Calls that are under way.
  ///   - callsBegun: Calls that ever began, so that short ones between two ticks are seen.
  package mutating func tick(at now: Duration, calls: Int, callsBegun: Int) -> Action? {
    defer {
      hadCalls = calls > 0
      self.callsBegun = callsBegun
    }
    if calls > 0 || callsBegun != self.callsBegun { idleSince = now }
    if heard || (calls > 0 && !hadCalls && !keepalive.withoutCalls) { quietSince = now }
    if heard { pingedAt = nil }
    heard = false
    if let pingedAt, now - pingedAt >= keepalive.timeout { return .close(.keepaliveTimeout) }
    if let agedAt, let grace, now - agedAt >= grace { return .close(.ageGrace) }
    return drain(at: now) ?? ping(at: now, calls: calls)
  }

  private mutating func drain(at now: Duration) -> Action? {
    guard !isDraining else { return nil }
    if let maxAge, now - start >= maxAge {
      agedAt = now
      isDraining = true
      return .drain(.age)
    }
    if let maxIdle, now - idleSince >= maxIdle {
      isDraining = true
      return .drain(.idle)
    }
    return nil
  }

  private mutating func ping(at now: Duration, calls: Int) -> Action? {
    guard let interval = keepalive.interval, pingedAt == nil, calls > 0 || keepalive.withoutCalls,
      now - quietSince >= interval
    else { return nil }
    pingedAt = now
    return .ping
  }
}
