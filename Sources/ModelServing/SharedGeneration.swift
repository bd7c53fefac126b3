internal import NIOConcurrencyHelpers
internal import Sequences
internal import Transformer

/// Generate requests about a model whose parameters never change, continued together: a request that comes while another is
/// answered joins it, and gets the text that it would get alone.
///
/// Whoever has the processor's turn works for all, until its own request is answered, and lets others compute between two tokens.
final class SharedGeneration: Sendable {
  private struct State {
    var entering: [GenerationTicket] = []
  }

  private let state = NIOLockedValueBox(State())
  private let bench = Bench()

  /// What the turn's holder works with.
  private final class Bench: @unchecked Sendable {
    // SAFETY: touched by `drive` alone, which one thread at a time runs, as its comment says.
    var batch: GenerationBatch?
    var tickets: [GenerationTicket] = []
    var owners: [Int: GenerationTicket] = [:]
    /// The lane of each caller in the batch.
    var lanes: [Caller: Int] = [:]
  }

  /// Lets a request take part from the next step on.
  func enter(_ ticket: GenerationTicket) { state.withLockedValue { $0.entering.append(ticket) } }

  /// Works until a ticket's request is answered or given up. Whoever has the processor's turn alone may do so.
  func drive(until ticket: GenerationTicket, _ turn: ComputeTurn, makeBatch: () -> GenerationBatch) {
    let batch = bench.batch ?? makeBatch()
    bench.batch = batch
    while true {
      let entering = state.withLockedValue { state in
        defer { state.entering = [] }
        return state.entering
      }
      for newcomer in entering { join(newcomer, batch) }
      dropCancelled(batch)
      guard !ticket.isDone else { return }
      batch.heldLanes = Set(bench.lanes.filter { turn.isHeld($0.key) }.values)
      for finished in batch.step() { bench.owners.removeValue(forKey: finished.id)?.take(finished) }
      let spent = batch.takeSpent()
      for (caller, lane) in bench.lanes { turn.spend(spent[lane] ?? 0, for: caller) }
      guard !ticket.isDone else { continue }
      turn.giveWay()
    }
  }

  /// A number for each caller that has something in the batch.
  private func lane(of caller: Caller) -> Int {
    if let lane = bench.lanes[caller] { return lane }
    let present = Set(bench.tickets.map(\.caller))
    bench.lanes = bench.lanes.filter { present.contains($0.key) }
    let lane = (bench.lanes.values.max() ?? -1) + 1
    bench.lanes[caller] = lane
    return lane
  }

  private func join(_ ticket: GenerationTicket, _ batch: GenerationBatch) {
    guard !ticket.isDone else { return }
    var ids: [Int] = []
    do {
      let lane = lane(of: ticket.caller)
      for request in ticket.requests { ids.append(try batch.add(request, lane: lane)) }
      for id in ids { bench.owners[id] = ticket }
      bench.tickets.append(ticket)
      ticket.begin(ids)
    } catch {
      batch.remove(Set(ids))
      ticket.finish(throwing: error)
    }
  }

  private func dropCancelled(_ batch: GenerationBatch) {
    for ticket in bench.tickets where ticket.isDone || ticket.isCancelled() {
      let ids = bench.owners.filter { $0.value === ticket }.map(\.key)
      batch.remove(Set(ids))
      for id in ids { bench.owners[id] = nil }
      ticket.finish(throwing: CancellationError())
    }
    bench.tickets.removeAll { $0.isDone }
  }
}

/// One Generate request that is answered together with others.
final class GenerationTicket: Sendable {
  let requests: [GenerationRequest]
  let caller: Caller
  let isCancelled: @Sendable () -> Bool
  /// The completions in the order of their prompts.
  let completions: AsyncThrowingStream<Completion, any Error>
  private let output: AsyncThrowingStream<Completion, any Error>.Continuation
  private struct State {
    var isDone = false
    var places: [Int: Int] = [:]
    var ended: [Int: GenerationBatch.Finished] = [:]
    var next = 0
  }

  private let state = NIOLockedValueBox(State())

  init(_ requests: [GenerationRequest], of caller: Caller, isCancelled: @escaping @Sendable () -> Bool) {
    self.requests = requests
    self.caller = caller
    self.isCancelled = isCancelled
    (completions, output) = AsyncThrowingStream.makeStream()
  }

  /// True once nothing more will come.
  var isDone: Bool { state.withLockedValue { $0.isDone } }

  /// Takes the numbers under which the requests' completions will come.
  func begin(_ ids: [Int]) {
    state.withLockedValue { $0.places = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices)) }
    if ids.isEmpty { finish(throwing: nil) }
  }

  /// Takes a completion, and passes on those whose turn it is.
  func take(_ finished: GenerationBatch.Finished) {
    let isLast = state.withLockedValue { state in
      guard !state.isDone, let place = state.places[finished.id] else { return false }
      state.ended[place] = finished
      while let next = state.ended.removeValue(forKey: state.next) {
        output.yield(
          Completion(
            promptIndex: state.next, tokenIDs: next.tokenIDs, tokenLogprobs: next.logprobs, finishReason: next.reason))
        state.next += 1
      }
      return state.next == requests.count
    }
    if isLast { finish(throwing: nil) }
  }

  /// Says that nothing more will come; later calls change nothing.
  func finish(throwing error: (any Error)?) {
    let isFirst = state.withLockedValue { state in
      defer { state.isDone = true }
      return !state.isDone
    }
    if isFirst { output.finish(throwing: error) }
  }
}

extension ComputeQueue {
  /// Has a ticket's request answered, in its own turn or in another's, and writes its completions as they come.
  func answer(
    _ ticket: GenerationTicket, with shared: SharedGeneration, bytes: Int,
    makeBatch: @escaping @Sendable () -> GenerationBatch, completionsPerMessage: Int,
    write: ([Completion]) async throws -> Void
  ) async throws {
    shared.enter(ticket)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await self.run(for: ticket.caller, bytes: bytes) { shared.drive(until: ticket, $0, makeBatch: makeBatch) }
        } catch {
          // Its own turn is not needed where another's work has answered it.
          ticket.finish(throwing: error)
        }
      }
      defer { ticket.finish(throwing: CancellationError()) }
      var pending: [Completion] = []
      for try await completion in ticket.completions {
        pending.append(completion)
        guard pending.count == completionsPerMessage else { continue }
        try await write(pending)
        pending = []
      }
      group.cancelAll()
      if !pending.isEmpty { try await write(pending) }
    }
  }
}
