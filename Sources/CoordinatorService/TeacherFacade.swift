public import Foundation
internal import GRPCCore
public import Logging
internal import Synchronization
public import WireBytes
public import WireFormat

/// A teacher as the façade sees it: who it is, and replies as bytes.
public protocol TeacherUpstream: Sendable {
  /// Where it is, for messages.
  var address: String { get }
  /// The services behind its name; empty where nobody looks after them.
  var replicas: [TeacherReplica] { get }
  /// Asks who it is.
  func describe() async throws -> WireModelDescription
  /// Sends one request of a method and passes the messages of the reply on, undecoded, as they come. No more is read while
  /// `receive` is busy, so that a slow reader slows the teacher.
  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws
}

extension TeacherUpstream {
  /// None.
  public var replicas: [TeacherReplica] { [] }
}

/// A method of the teacher whose replies are cached.
public enum TeacherMethod: String, Sendable, Hashable {
  case generate = "Generate"
  case score = "Score"
  case outputHead = "GetOutputHead"
}

/// The teacher behind a cache: each request is asked once, however often and by however many it is made.
///
/// A reply is passed on while it comes, and kept once it is whole; one message of it is in memory at a time. A teacher that is away is waited for, with growing pauses, until the caller gives up.
public actor TeacherFacade {
  private let upstream: any TeacherUpstream
  private let cache: ReplyCache
  private let pauses: Backoff
  private let logger: Logger
  private let now: @Sendable () -> Duration
  private let waiting = Mutex(Waiting())
  private let repeats = Mutex(0)
  private var description: WireModelDescription?
  private let askers = Askers()

  /// Calls that wait for the teacher, and why the last of them found nobody.
  private struct Waiting {
    var calls = 0
    var reason = ""
    /// When the first of them began to wait, and on the clock of pauses.
    var since: (date: Date, time: Duration)?
    /// How long calls had waited before.
    var past = Duration.zero
    var onChange: @Sendable () -> Void = {}
  }

  /// Serves a teacher.
  ///
  /// - Parameters:
  ///   - pauses: Pauses between attempts while the teacher is away.
  ///   - now: Time since a fixed moment.
  public init(
    upstream: any TeacherUpstream, cache: ReplyCache, pauses: Backoff = Backoff(), logger: Logger,
    now: @escaping @Sendable () -> Duration = Monotonic.now
  ) {
    (self.upstream, self.cache, self.pauses, self.logger, self.now) = (upstream, cache, pauses, logger, now)
  }

  /// Where the teacher is, for messages.
  public nonisolated var address: String { upstream.address }

  /// Why a teacher is not reached that a call waits for; nil while none does.
  public nonisolated var waitingReason: String? { waiting.withLock { $0.calls > 0 ? $0.reason : nil } }

  /// Since when calls have waited for the teacher, and for how long; nil while none does.
  public nonisolated var wait: (since: Date, time: Duration)? {
    waiting.withLock { $0.since.map { ($0.date, now() - $0.time) } }
  }

  /// How long calls have waited for the teacher in all.
  public nonisolated var waited: Duration {
    waiting.withLock { waiting in waiting.past + (waiting.since.map { now() - $0.time } ?? .zero) }
  }

  /// The services behind the teacher's name.
  public nonisolated var replicas: [TeacherReplica] { upstream.replicas }

  /// Has somebody called whenever ``waitingReason`` has changed.
  nonisolated func onWaiting(_ body: @escaping @Sendable () -> Void) { waiting.withLock { $0.onChange = body } }

  /// What the cache did.
  public nonisolated var counters: ReplyCache.Counters { cache.counters }

  /// Calls that were made again since the teacher was away, so far.
  public nonisolated var retries: Int { repeats.withLock { $0 } }

  /// Who the teacher is; waits until it answers. The answer is kept until a call finds the teacher gone.
  public func describe() async throws -> WireModelDescription {
    try await retrying { try await self.described() }
  }

  private func described() async throws -> WireModelDescription {
    if let description { return description }
    let answer = try await upstream.describe()
    description = answer
    return answer
  }

  /// Answers a request from the cache, or asks the teacher once; passes the messages of the reply on as they come.
  ///
  /// - Throws: UNAVAILABLE where a reply broke off and cannot be gone on with: ask again.
  public func reply(
    to request: WireBytes, of method: TeacherMethod, write: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let digest = try await describe().modelDigest
    let identity = digest.isEmpty ? "at \(address)" : digest
    let bytes = request.withUnsafeBytes { [UInt8]($0) }
    let name = ContentName.of([Array(identity.utf8), Array(method.rawValue.utf8), bytes])
    while true {
      if let reply = cache.reply(named: name) {
        guard try await !reply.forEach(write) else { return }
        cache.forget(name)
        throw RPCError(code: .unavailable, message: "a stored reply is damaged and was taken away: ask again")
      }
      if askers.begin(name) { break }
      await askers.wait(for: name)
      try Task.checkCancellation()
    }
    defer { askers.end(name) }
    let draft = cache.makeDraft()
    defer { draft.discard() }
    let passage = ReplyPassage(draft: draft, write: write)
    do {
      try await retrying {
        // After an outage another model may stand there: its replies must not get the first one's name.
        let now = try await self.described().modelDigest
        guard now == digest else { throw HandshakeRefusal.teacherChanged(before: digest, now: now) }
        passage.begin()
        try await self.upstream.reply(to: request, of: method) { try await passage.take($0) }
      }
    } catch is ReplyPassage.Changed {
      throw RPCError(code: .unavailable, message: "the teacher went away and then answered something else: ask again")
    }
    cache.keep(draft, named: name, teacherTime: passage.teacherTime)
  }

  /// Answers a request as ``reply(to:of:write:)`` does, with all messages at once: for replies that are small.
  public func reply(to request: WireBytes, of method: TeacherMethod) async throws -> [WireBytes] {
    let messages = Mutex<[WireBytes]>([])
    try await reply(to: request, of: method) { message in messages.withLock { $0.append(message) } }
    return messages.withLock { $0 }
  }

  private func retrying<T: Sendable>(_ attempt: () async throws -> T) async throws -> T {
    var (failures, isAnswered) = (0, false)
    defer { if failures > 0 { noteEnd(isAnswered: isAnswered) } }
    while true {
      do {
        let result = try await attempt()
        isAnswered = true
        return result
      } catch is AskElsewhere {
        try Task.checkCancellation()
      } catch let error as RPCError where error.code == .unavailable {
        try Task.checkCancellation()
        description = nil
        failures += 1
        repeats.withLock { $0 += 1 }
        note(error.message, isFirst: failures == 1)
        try await pauses.pause(afterFailures: failures)
      }
    }
  }
}

extension TeacherFacade {
  /// Counts a call that waits, and says in the log why, once until the teacher is back.
  private func note(_ reason: String, isFirst: Bool) {
    let (isNew, onChange) = waiting.withLock { waiting -> (Bool, (@Sendable () -> Void)?) in
      let (isNew, isOther) = (waiting.since == nil, waiting.reason != reason)
      if isFirst { waiting.calls += 1 }
      if isNew { waiting.since = (Date(), now()) }
      waiting.reason = reason
      return (isNew, isNew || isOther ? waiting.onChange : nil)
    }
    let data: Logger.Metadata = ["teacher.address": "\(address)", "reason": "\(reason)"]
    if isNew { logger.warning("waiting for the teacher", metadata: data) }
    guard let onChange else { return }
    if !isNew { logger.debug("still waiting for the teacher", metadata: data) }
    onChange()
  }

  /// Counts a call that waits no more.
  ///
  /// - Parameter isAnswered: Whether the teacher is there again, and not the caller gone.
  private func noteEnd(isAnswered: Bool) {
    let (begin, onChange) = waiting.withLock { waiting -> (Duration?, (@Sendable () -> Void)?) in
      waiting.calls -= 1
      guard waiting.calls == 0 else { return (nil, nil) }
      defer { waiting.since = nil }
      if let begin = waiting.since?.time { waiting.past += now() - begin }
      return (waiting.since?.time, waiting.onChange)
    }
    if let begin, isAnswered {
      let seconds = Int((now() - begin) / .seconds(1))
      logger.info(
        "the teacher is back", metadata: ["teacher.address": "\(address)", "waited.seconds": "\(seconds)"])
    }
    onChange?()
  }
}

/// Pauses that double from attempt to attempt, up to a limit.
public struct Backoff: Sendable {
  private let first: Duration
  private let limit: Duration
  private let clock: any Clock<Duration>

  /// Makes pauses of `first`, twice that, and so on up to `limit`.
  public init(
    first: Duration = .milliseconds(200), limit: Duration = .seconds(2), clock: any Clock<Duration> = ContinuousClock()
  ) {
    (self.first, self.limit, self.clock) = (first, limit, clock)
  }

  /// The pause after so many failures in a row; none after none.
  public func duration(afterFailures failures: Int) -> Duration {
    failures < 1 ? .zero : min(first * (1 << min(failures - 1, 16)), limit)
  }

  func pause(afterFailures failures: Int) async throws {
    guard failures > 0 else { return }
    try await clock.sleep(for: duration(afterFailures: failures))
  }

  /// Repeats a body for as long as whom it calls is away.
  func whileUnavailable(_ body: () async throws -> Void) async throws {
    var failures = 0
    while true {
      do {
        return try await body()
      } catch let error as RPCError where error.code == .unavailable {
        failures += 1
        try await pause(afterFailures: failures)
      }
    }
  }
}
