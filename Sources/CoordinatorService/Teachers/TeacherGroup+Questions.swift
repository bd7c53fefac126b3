internal import GRPCCore
internal import Logging
internal import Synchronization
public import WireBytes
internal import WireFormat

extension TeacherGroup {
  /// Asks one of the replicas.
  ///
  /// - Throws: ``AskElsewhere`` where the question was taken from a replica and another is there; UNAVAILABLE where none is, or where the one
  ///   is away that alone may answer it.
  public func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let ask = try await assign(request, method)
    let reader = ReaderFailure()
    let ending = await withTaskGroup(of: Ending.self) { tasks in
      tasks.addTask {
        do {
          try await ask.connection.reply(to: request, of: method) { message in
            self.heard(ask, isRead: true)
            defer { self.heard(ask, isRead: false) }
            try await reader.noting { try await receive(message) }
          }
          return .answered
        } catch {
          return .failed(error)
        }
      }
      tasks.addTask {
        for await recall in ask.recalls { return .recalled(recall) }
        return .failed(CancellationError())
      }
      defer { tasks.cancelAll() }
      return await tasks.next() ?? .failed(CancellationError())
    }
    if let error = reader.error {
      end(ask, .failed)
      throw error
    }
    if Task.isCancelled {
      end(ask, .failed)
      throw CancellationError()
    }
    switch ending {
    case .answered: end(ask, .answered)
    case .failed(let error as RPCError) where error.code == .unavailable:
      end(ask, .failed)
      throw lost(ask, error)
    case .failed(let error):
      end(ask, .failed)
      throw error
    case .recalled(.silent(let reason)):
      end(ask, .failed)
      throw lost(ask, RPCError(code: .unavailable, message: reason))
    case .recalled(.slow):
      end(ask, .moved)
      throw AskElsewhere()
    }
  }

  private enum Ending: Sendable {
    case answered
    case failed(any Error)
    case recalled(Recall)
  }

  /// A question that a replica was given.
  struct Assignment: Sendable {
    let address: String
    let id: UInt64
    let connection: any TeacherConnection
    let recalls: AsyncStream<Recall>
    /// The question's name by its content, once somebody wants it.
    let name: @Sendable () -> String
  }

  /// Gives a question to a replica; where none is there, after asking all who they are.
  func assign(_ request: WireBytes, _ method: TeacherMethod) async throws -> Assignment {
    let name: @Sendable () -> String = {
      ContentName.of([Array(method.rawValue.utf8), request.withUnsafeBytes { [UInt8]($0) }])
    }
    try await lookUp()
    if let assignment = choose(method, work: request.count, name) { return assignment }
    await probe { $0.standing != .present }
    if let assignment = choose(method, work: request.count, name) { return assignment }
    throw state.withLock { Self.nobody($0) }
  }

  private func choose(
    _ method: TeacherMethod, work: Int, _ name: @escaping @Sendable () -> String
  ) -> Assignment? {
    state.withLock { state in
      let now = settings.now()
      let content = state.roster.mayCharge || !state.moved.isEmpty ? name() : ""
      guard let address = state.roster.choice(method, work: work, name: content, at: now),
        let link = state.links[address]
      else { return nil }
      let id = state.roster.begin(address, method, work: work, hasMoved: state.moved.contains(content), at: now)
      let (recalls, recall) = AsyncStream<Recall>.makeStream()
      state.recalls[id] = recall
      return Assignment(address: address, id: id, connection: link.connection, recalls: recalls, name: name)
    }
  }

  func heard(_ ask: Assignment, isRead: Bool) {
    state.withLock { $0.roster.heard(ask.address, ask.id, isRead: isRead, at: settings.now()) }
  }

  func end(_ ask: Assignment, _ outcome: TeacherRoster.Outcome) {
    state.withLock { state in
      state.recalls.removeValue(forKey: ask.id)?.finish()
      state.roster.end(ask.address, ask.id, outcome, at: settings.now())
      if case .moved = outcome {
        state.moved.insert(ask.name())
      } else if !state.moved.isEmpty {
        state.moved.remove(ask.name())
      }
    }
    guard case .moved = outcome else { return }
    logger.info(
      "a question is asked again elsewhere: its replica is slow", metadata: ["teacher.address": "\(ask.address)"])
  }

  /// What to do about a question whose replica is away: another may take it over, unless that could cost money.
  func lost(_ ask: Assignment, _ error: RPCError) -> any Error {
    state.withLock { state in
      let isPresent = state.roster.present.contains { $0.address == ask.address }
      if isPresent { lose(ask.address, error.message, gaveNoSign: false, in: &state) }
      return state.roster.present.isEmpty || state.roster.mayCharge ? error : AskElsewhere()
    }
  }
}

/// What went wrong with whoever reads an answer: that is not the teacher's.
private final class ReaderFailure: Sendable {
  private let failure = Mutex<(any Error)?>(nil)

  var error: (any Error)? { failure.withLock { $0 } }

  func noting(_ body: () async throws -> Void) async throws {
    do { try await body() } catch {
      failure.withLock { $0 = error }
      throw error
    }
  }
}
