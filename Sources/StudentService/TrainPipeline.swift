internal import Distillation
internal import GRPCCore
internal import ModelServing
internal import NIOConcurrencyHelpers
internal import Sequences
internal import WireFormat

/// The steps of one Train call: while one trains, the teacher is asked about the next.
struct TrainPipeline: Sendable {
  let student: LoadedStudent
  let queue: ComputeQueue
  /// Nil where Load named no teacher.
  let teacher: (any Teacher)?
  /// The teacher's output head, where hidden states are asked.
  let heads: OutputHeadShelf
  /// The replicas that make steps together.
  let membership: Membership
  /// Whose steps are made.
  let fence: Fence
  /// Told which steps are in hand.
  let silences: SilenceWatch
  /// Measures what calls cost.
  let meter: TrafficMeter
  /// Whether the student is still the one that is loaded.
  let isCurrent: @Sendable () -> Bool
  /// Whether the caller has gone.
  let isCancelled: @Sendable () -> Bool

  /// A step whose log-probs are there, and when they were asked for and came.
  private struct Prepared: Sendable {
    let work: TrainWork
    let fencingToken: UInt64
    let reply: TeacherReply
    let head: OutputHead?
    let asked: ContinuousClock.Instant
    let answered: ContinuousClock.Instant
    /// What it takes of the permits.
    var permits: Int { reply.byteCount > TrainPipeline.largeReply ? TrainPipeline.depth : 1 }
  }

  /// Steps whose log-probs are fetched before their turn.
  private static let depth = 2
  /// Bytes of a step's log-probs above which one step alone waits for its turn: memory then holds those of two.
  private static let largeReply = 128 << 20

  /// Makes the steps of `requests` in order and writes a response for each.
  func run(
    _ requests: RPCAsyncSequence<TrainRequest, any Error>,
    write: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    let (steps, output) = AsyncThrowingStream.makeStream(of: Prepared.self)
    // A step takes permits before the next is prepared; they come back when it has been made.
    let (permits, permit) = AsyncStream.makeStream(of: Void.self)
    let groupID = NIOLockedValueBox("")
    for _ in 0..<Self.depth { permit.yield() }
    let inHand = NIOLockedValueBox(0)
    defer { for _ in 0..<inHand.withLockedValue({ $0 }) { silences.end() } }
    try await withRPCCancellationHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          do {
            var permits = permits.makeAsyncIterator()
            for try await request in requests {
              groupID.withLockedValue { $0 = request.groupID }
              inHand.withLockedValue { $0 += 1 }
              silences.begin()
              let prepared = try await prepare(request)
              output.yield(prepared)
              for _ in 0..<prepared.permits where await permits.next() == nil { return output.finish() }
            }
            output.finish()
          } catch {
            output.finish(throwing: error)
          }
        }
        defer { group.cancelAll() }
        try await train(steps, permit: permit) { response in
          try await write(response)
          inHand.withLockedValue { $0 -= 1 }
          silences.end()
        }
      }
    } onCancelRPC: {
      output.finish(throwing: CancellationError())
      membership.leave(ifIn: groupID.withLockedValue { $0 })
    }
  }

  private func train(
    _ steps: AsyncThrowingStream<Prepared, any Error>, permit: AsyncStream<Void>.Continuation,
    write: @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    let clock = ContinuousClock()
    var idleSince = clock.now
    var meter = meter
    for try await prepared in steps {
      if isCancelled() { throw CancellationError() }
      var metrics = try await compute(prepared)
      let waited = max(.zero, max(idleSince, prepared.asked).duration(to: prepared.answered))
      metrics.waitTeacherSeconds = waited / .seconds(1)
      metrics.teacherBytes = UInt64(prepared.reply.byteCount)
      metrics.traffic = meter.take()
      try await write(TrainResponse(step: prepared.work.step, metrics: metrics))
      for _ in 0..<prepared.permits { permit.yield() }
      idleSince = clock.now
    }
    try Task.checkCancellation()
  }

  private func prepare(_ request: TrainRequest) async throws -> Prepared {
    try fence.check(request.fencingToken)
    let work = try TrainWork(request, student: student, replicas: try membership.replicas(request.groupID))
    let clock = ContinuousClock()
    let asked = clock.now
    var reply = TeacherReply(scores: PositionScores(), byteCount: 0)
    var head: OutputHead?
    if !work.questions.isEmpty {
      guard let teacher else { throw StudentError.noTeacher }
      let vocabSize = student.model.vocabSize
      if work.objective.usesHiddenStates { head = try await heads.head(of: teacher, vocabSize: vocabSize) }
      reply = try await work.questions.reply(from: teacher, options: work.objective.scoreOptions, vocabSize: vocabSize)
    }
    return Prepared(
      work: work, fencingToken: request.fencingToken, reply: reply, head: head, asked: asked, answered: clock.now)
  }

  private func compute(_ prepared: Prepared) async throws -> WireStepMetrics {
    try await queue.run {
      guard isCurrent() else { throw StudentError.replaced }
      try fence.check(prepared.fencingToken)
      let clock = ContinuousClock()
      let begin = clock.now
      let replicas = try membership.replicas(prepared.work.groupID)
      let before = replicas?.traffic
      let found: StepMeasurements
      do {
        found = try student.train(prepared.work, prepared.reply.scores, head: prepared.head, replicas: replicas)
      } catch {
        // The others are not to wait for a step that is not made here.
        if replicas != nil { membership.leave(ifIn: prepared.work.groupID) }
        throw error
      }
      var metrics = WireStepMetrics(found)
      metrics.computeSeconds = begin.duration(to: clock.now) / .seconds(1)
      if let replicas, let before {
        metrics.replicaCount = UInt32(replicas.size)
        metrics.exchangeSeconds = replicas.traffic.seconds - before.seconds
        metrics.exchangeBytes = replicas.traffic.bytes - before.bytes
        student.keep(metrics)
      }
      return metrics
    }
  }
}
