internal import Foundation
package import Logging

/// Asks each question once, however many ask it: from the ledger where the answer is there, else from the endpoint, in the
/// pace that it takes, again where it says that it did nothing. The one place that asks again.
public actor QuestionDesk {
  private final class Question {
    let request: UpstreamRequest
    let name: String
    let isProbe: Bool
    var askers: [Int: CheckedContinuation<UpstreamReply, any Error>] = [:]
    var cancel: (@Sendable () -> Void)?
    init(_ request: UpstreamRequest, name: String, isProbe: Bool) {
      (self.request, self.name, self.isProbe) = (request, name, isProbe)
    }
  }

  private let endpoint: EndpointURL
  private let transport: any EndpointTransport
  private let ledger: Ledger
  private let rules: DeskRules
  private let key: APIKey?
  private let logger: Logger
  private var dialect: UpstreamRequest.Dialect
  private var pace: Pace
  private var questions: [String: Question] = [:]
  private var queue: [String] = []
  private var runningCount = 0
  private var nextAsker = 0
  private let starts: AsyncStream<String>
  private let start: AsyncStream<String>.Continuation
  private let began = ContinuousClock.now
  private var generator = SystemRandomNumberGenerator()
  /// The model that answers, as the endpoint names it.
  private var servedModel: String
  /// What the desk did.
  public nonisolated let counters = DeskCounters()

  /// Makes a desk; ``run()`` serves it.
  package init(
    endpoint: EndpointURL, model: String, transport: any EndpointTransport, ledger: Ledger, rules: DeskRules,
    key: APIKey?, logger: Logger
  ) {
    (self.endpoint, self.transport, self.ledger, self.rules) = (endpoint, transport, ledger, rules)
    (self.key, self.logger) = (key, logger)
    dialect = UpstreamRequest.Dialect(model: model)
    dialect.streams = rules.streams
    servedModel = (try? ledger.servedModel(of: model, at: endpoint)) ?? ""
    pace = Pace(rules.pace)
    (starts, start) = AsyncStream.makeStream()
  }

  /// Whether a question of which nobody knows whether it was billed is left without an answer.
  nonisolated var skipsDoubtful: Bool { rules.doubtful == .skip }

  /// Where the endpoint is, for messages.
  var address: String { endpoint.base }

  /// Serves questions until cancelled; calls on their way are closed then.
  public func run() async {
    await withDiscardingTaskGroup { group in
      for await name in starts {
        group.addTask { await self.work(on: name) }
      }
      group.cancelAll()
    }
    for question in Array(questions.values) { end(question, .failure(CancellationError())) }
  }

  /// Puts questions as the endpoint wants them put.
  func speak(_ change: (inout UpstreamRequest.Dialect) -> Void) { change(&dialect) }

  /// The answer to a question.
  ///
  /// - Parameter isProbe: Whether the endpoint is to be asked though the answer is in the ledger.
  /// - Throws: ``UpstreamError``; `CancellationError` where the task is cancelled, which closes the call if nobody else waits.
  package func answer(_ request: UpstreamRequest, isProbe: Bool = false) async throws -> UpstreamReply {
    let name = request.name(at: endpoint, model: dialect.model)
    if !isProbe, questions[name] == nil, let stored = try ledger.reply(to: name) {
      counters.hit(seconds: stored.seconds)
      return stored.reply
    }
    nextAsker += 1
    let asker = nextAsker
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        enter(asker, Question(request, name: name, isProbe: isProbe), $0)
      }
    } onCancel: {
      Task { await self.leave(asker, name) }
    }
  }

  private func enter(
    _ asker: Int, _ question: Question, _ continuation: CheckedContinuation<UpstreamReply, any Error>
  ) {
    guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
    if let known = questions[question.name] {
      known.askers[asker] = continuation
      return
    }
    guard queue.count < rules.waitingLimit else {
      return continuation.resume(throwing: UpstreamError.busy(waiting: queue.count))
    }
    question.askers[asker] = continuation
    enqueue(question)
  }

  private func leave(_ asker: Int, _ name: String) {
    guard let question = questions[name], let continuation = question.askers.removeValue(forKey: asker) else { return }
    continuation.resume(throwing: CancellationError())
    guard question.askers.isEmpty else { return }
    if let place = queue.firstIndex(of: name) {
      queue.remove(at: place)
      questions[name] = nil
    } else if rules.price == nil {
      // Whoever asks the same from now on gets a call of their own. What is paid for is waited for, and kept.
      questions[name] = nil
      question.cancel?()
    }
  }

  private func enqueue(_ question: Question) {
    questions[question.name] = question
    queue.append(question.name)
    startMore()
  }

  private func startMore() {
    while runningCount < rules.pace.concurrency, !queue.isEmpty {
      runningCount += 1
      start.yield(queue.removeFirst())
    }
  }

  private func end(_ question: Question, _ result: Result<UpstreamReply, any Error>) {
    if questions[question.name] === question { questions[question.name] = nil }
    for continuation in question.askers.values { continuation.resume(with: result) }
    question.askers = [:]
  }

  /// Works on a question until it is answered or nobody wants to know any more.
  private func work(on name: String) async {
    defer {
      runningCount -= 1
      startMore()
    }
    guard let question = questions[name] else { return }
    let (cancelled, cancel) = AsyncStream<Void>.makeStream()
    question.cancel = { cancel.finish() }
    let (request, isProbe) = (question.request, question.isProbe)
    do {
      let reply = try await withThrowingTaskGroup(of: UpstreamReply?.self) { group in
        group.addTask { try await self.ask(request, name: name, isProbe: isProbe) }
        group.addTask {
          for await _ in cancelled {}
          return nil
        }
        defer { group.cancelAll() }
        guard let reply = try await group.next() ?? nil else { throw CancellationError() }
        return reply
      }
      end(question, .success(reply))
    } catch is CancellationError where !Task.isCancelled && questions[name] === question && !question.askers.isEmpty {
      // Those who had asked went away, and others came before that was seen.
      enqueue(question)
    } catch {
      end(question, .failure(error))
    }
  }
}

extension QuestionDesk {
  private var now: Double { Self.seconds(began.duration(to: .now)) }

  /// How long a route is tried that few endpoints have, before it counts as not there.
  private static let ownRoutePatience: Duration = .seconds(5)

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  /// Asks the endpoint, again and again where that can be right.
  ///
  /// A probe is a token or a few, and without it nothing starts: it is asked whatever became of earlier ones.
  private func ask(_ request: UpstreamRequest, name: String, isProbe: Bool) async throws -> UpstreamReply {
    if !isProbe { try checkDoubts(name) }
    let worst = rules.price?.worst(request) ?? .zero
    let tokens = request.promptTokenBound / 3 + request.maxTokens
    let patience = Self.seconds(
      isProbe && request.nextToken != nil ? min(rules.patience, Self.ownRoutePatience) : rules.patience)
    var firstSent: Double?
    var (passing, lost) = (0, 0)
    while true {
      try await Task.sleep(for: .seconds(pace.take(tokens: tokens, at: now)))
      // What others have been told meanwhile holds for this call too.
      while pace.held(at: now) > 0 { try await Task.sleep(for: .seconds(pace.held(at: now))) }
      guard questions[name]?.askers.isEmpty == false else { throw CancellationError() }
      let call = try ledger.reserve(name, worst: worst, price: rules.price, budget: rules.budget)
      let sent = now
      firstSent = firstSent ?? sent
      let judgement = try await send(request, call)
      switch judgement {
      case .answered(let reply):
        let other = otherModel(reply.model)
        let isRefused = other != nil && rules.refusesOtherModels
        settle(call, name: name, request: request, reply, seconds: now - sent, paced: tokens, keepsReply: !isRefused)
        if let other, isRefused { throw UpstreamError.otherModel(before: other, now: reply.model) }
        noteServed(reply.model)
        return reply
      case .refused(let error):
        try ledger.release(call, reason: error.description)
        throw error
      case .later(let retryAfter, let reason, let mayBeBilled):
        if mayBeBilled {
          try ledger.fail(call, reason: reason)
        } else {
          try ledger.release(call, reason: reason)
        }
        passing += 1
        counters.passing()
        let waited = now - (firstSent ?? sent)
        guard waited < patience else {
          throw UpstreamError.away(url: endpoint.base, waited: .seconds(waited), reason: reason)
        }
        let pause = rules.pauses.seconds(
          afterFailures: passing, retryAfter: retryAfter, unit: Double.random(in: 0..<1, using: &generator))
        // An endpoint that says when it will answer says so to everybody.
        if let retryAfter { pace.hold(until: now + min(retryAfter, rules.pauses.longestRetryAfter)) }
        // Where each failure may cost something, one call finds out for all whether it goes on.
        if mayBeBilled, rules.price != nil { pace.hold(until: now + pause) }
        note("the endpoint asks for patience", reason, failures: passing, pause: pause)
        try await Task.sleep(for: .seconds(min(pause, max(0, patience - waited) + 0.01)))
      case .doubtful(let reason):
        try ledger.doubt(call, reason: reason)
        lost += 1
        counters.lost()
        if !isProbe { try checkDoubts(name) }
        guard lost < rules.lostAttempts else { throw UpstreamError.unreadable(attempts: lost, reason: reason) }
        let pause = rules.pauses.seconds(
          afterFailures: lost, retryAfter: nil, unit: Double.random(in: 0..<1, using: &generator))
        note("an answer was lost", reason, failures: lost, pause: pause)
        try await Task.sleep(for: .seconds(pause))
      }
    }
  }

  private func checkDoubts(_ name: String) throws {
    guard rules.doubtful != .retry else { return }
    let (count, worst) = try ledger.doubtfulCalls(of: name)
    guard count > 0 else { return }
    if rules.doubtful == .skip {
      logger.warning(
        "a question that may have been billed is left without an answer",
        metadata: ["calls": "\(count)", "worst.price": "\(worst)"])
    }
    throw UpstreamError.mayBePaid(calls: count, worst: "\(worst)")
  }

  /// Sends one call. A call that is cut off by cancellation is doubtful.
  private func send(_ request: UpstreamRequest, _ call: Ledger.CallID) async throws -> EndpointJudgement {
    let body = [UInt8](request.body(dialect))
    do {
      let answer = try await transport.send(
        EndpointCall(
          url: request.address(at: endpoint), body: body, streams: dialect.streams && request.nextToken == nil))
      let judgement = EndpointJudgement(answer, key: key)
      return if case .answered(let reply) = judgement { .answered(request.condensed(reply)) } else { judgement }
    } catch TransportFailure.notSent(let reason) {
      return .later(retryAfter: nil, reason: reason, mayBeBilled: false)
    } catch TransportFailure.lost(let reason) {
      return .doubtful(reason: reason)
    } catch {
      try ledger.doubt(call, reason: "nobody waited for it any more")
      counters.closed()
      throw error
    }
  }

  /// Stores an answer. Where that fails, whoever asked gets what is paid for, and its row stays at the worst price.
  private func settle(
    _ call: Ledger.CallID, name: String, request: UpstreamRequest, _ reply: UpstreamReply, seconds: Double, paced: Int,
    keepsReply: Bool
  ) {
    let usage =
      reply.usage ?? UpstreamReply.Usage(prompt: request.promptTokenBound, completion: request.maxTokens)
    let cost = rules.price?.cost(usage) ?? .zero
    do {
      try ledger.settle(
        call, question: name, reply: reply, usage: usage, cost: cost, seconds: seconds, keepsReply: keepsReply)
    } catch {
      logger.error("an answer is passed on that could not be stored", metadata: ["reason": "\(error)"])
    }
    pace.giveBack(tokens: paced - usage.prompt - usage.completion)
    counters.asked(seconds: seconds)
    if cost > call.worst {
      logger.warning(
        "the endpoint counts more tokens than it was allowed",
        metadata: ["tokens.prompt": "\(usage.prompt)", "tokens.completion": "\(usage.completion)"])
    }
  }

  /// The model that answered before, where another one answers now. It is counted and said: an alias that moves changes the
  /// teacher within a run.
  private func otherModel(_ model: String) -> String? {
    guard !model.isEmpty, !servedModel.isEmpty, model != servedModel else { return nil }
    counters.otherModel()
    logger.warning(
      "another model answers than before: give --upstream-model a name that stays",
      metadata: ["model.before": "\(servedModel)", "model.now": "\(model)"])
    return servedModel
  }

  private func noteServed(_ model: String) {
    guard !model.isEmpty, model != servedModel else { return }
    servedModel = model
    // Known again at the next start; a disk that is full stops the next call.
    try? ledger.noteServed(model, of: dialect.model, at: endpoint)
  }

  private func note(_ message: Logger.Message, _ reason: String, failures: Int, pause: Double) {
    logger.warning(
      message,
      metadata: ["reason": "\(reason)", "failures": "\(failures)", "pause.seconds": "\(Int(pause.rounded(.up)))"])
  }
}
