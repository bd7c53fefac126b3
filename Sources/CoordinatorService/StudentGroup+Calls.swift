internal import GRPCCore
internal import Sequences
internal import WireFormat

extension StudentGroup {
  // MARK: Work of one replica

  func load(_ request: LoadRequest) async throws -> LoadResponse {
    _ = await wait { !$0.machine.members.isEmpty || $0.machine.failure != nil }
    try Task.checkCancellation()
    try checkFailure()
    guard let first = members(machine.members).first else { throw Self.gone }
    let response = try await call(first) { try await $0.load(request) }
    loading = request
    handle(.loaded(step: response.step))
    // Whoever is given up takes its share of a sharded optimizer with it.
    surroundings.registry.share(surroundings.runID, isSharded ? nil : surroundings.wish)
    return response
  }

  /// Whether each replica has a share of the optimizer's state alone.
  private var isSharded: Bool { loading?.shardOptimizer == true }

  func save(_ request: SaveRequest) async throws -> SaveResponse {
    guard isSharded else { return try await byOne(clearing: [request.path]) { try await $0.save(request) } }
    return try await saveTogether(request)
  }

  /// Asks all replicas, of which the first writes; where one fails, they meet again and see whether all of the state is left.
  private func saveTogether(_ request: SaveRequest) async throws -> SaveResponse {
    var isFirst = true
    while true {
      try await form()
      // Somebody may have left meanwhile, without whom the group saves nothing.
      guard machine.isWhole else { continue }
      var shared = request
      shared.groupID = groupID
      if !isFirst { surroundings.clear(request.path) }
      isFirst = false
      if let response = try await save(shared, members(machine.group)).response { return response }
      handle(.roundOver(isMade: false))
    }
  }

  /// Has all of a group save; no answer where the first has not written.
  private func save(_ request: SaveRequest, _ group: [Member]) async throws -> Answer<SaveResponse> {
    try await withThrowingTaskGroup(of: (rank: Int, answer: Answer<SaveResponse>).self) { tasks in
      for (rank, member) in group.enumerated() {
        tasks.addTask { (rank, try await self.attempt(member) { try await $0.save(request) }) }
      }
      var written = Answer<SaveResponse>(nil)
      while let (rank, answer) = try await tasks.next() {
        if rank == 0 { written = answer }
        // The first waits for what is not given.
        if answer.response == nil, written.response == nil {
          tasks.cancelAll()
          break
        }
      }
      return written
    }
  }

  func export(_ request: ExportRequest) async throws -> ExportResponse {
    try await byOne(clearing: [request.path, request.modulePath]) { try await $0.export(request) }
  }

  func score(_ sequences: SequenceBatch) async throws -> [Float] {
    try await byOne { try await $0.score(sequences) }
  }

  /// Work that any replica of the group can do: where one is lost, by the next.
  ///
  /// - Parameter clearing: Folders that one which was lost may have begun; empty ones are none.
  private func byOne<Result: Sendable>(
    clearing folders: [String] = [],
    _ body: @escaping @Sendable (any StudentConnection) async throws -> Result
  ) async throws -> Result {
    var isFirst = true
    while true {
      try await form()
      guard let member = members(machine.group).first else { continue }
      if !isFirst { for folder in folders where !folder.isEmpty { surroundings.clear(folder) } }
      isFirst = false
      if let response = try await attempt(member, body).response { return response }
    }
  }

  /// A call to a replica of the group; no answer where it failed for a reason that is only the group's.
  private func attempt<Response: Sendable>(
    _ member: Member, _ body: @escaping @Sendable (any StudentConnection) async throws -> Response
  ) async throws -> Answer<Response> {
    do { return Answer(try await call(member, body)) } catch {
      try Task.checkCancellation()
      guard isPassing(handle(.failed(leaseID: member.grant.leaseID, GroupMachine.CallFailure(error)))) else {
        throw error
      }
      return Answer(nil)
    }
  }

  /// Whether a failed call is only the group's.
  func isPassing(_ actions: [GroupMachine.Action]) -> Bool {
    !actions.contains { if case .raise = $0 { true } else { false } }
  }

  /// A call to a replica, which is given up once that is not there any more, or its group is broken up.
  ///
  /// - Throws: UNAVAILABLE, or ABORTED.
  func call<Response: Sendable>(
    _ member: Member, _ body: @escaping @Sendable (any StudentConnection) async throws -> Response
  ) async throws -> Response {
    let (lease, epoch) = (member.grant.leaseID, machine.epoch)
    do {
      return try await withThrowingTaskGroup(of: Answer<Response>.self) { tasks in
        tasks.addTask { Answer(try await body(member.connection)) }
        tasks.addTask {
          _ = await self.wait { !$0.machine.has(lease) || $0.isBrokenUp(epoch) }
          return Answer(nil)
        }
        defer { tasks.cancelAll() }
        guard let response = try await tasks.next()?.response else { throw Self.brokenUp }
        return response
      }
    } catch {
      try Task.checkCancellation()
      // Whatever a connection that is closed says.
      throw machine.has(lease) ? error : Self.gone
    }
  }

  /// Whether a group was broken up; there is none before the first.
  private func isBrokenUp(_ epoch: Int) -> Bool { epoch > 0 && machine.brokenUp == epoch }

  static var gone: RPCError { RPCError(code: .unavailable, message: "its lease ended") }
  private static var brokenUp: RPCError { RPCError(code: .aborted, message: "nothing came from other replicas") }

  // MARK: Text

  /// Prompts are cut into as many requests as there may be replicas, so that texts do not depend on how many there are.
  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    var parts = try request.parts(surroundings.wish.count)
    var completions: [Completion] = []
    while !parts.isEmpty {
      try await form()
      let work = WorkShare(parts)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for member in members(machine.group) { tasks.addTask { try await self.write(work, member) } }
        try await tasks.waitForAll()
      }
      let found = work.results
      completions += found.completions
      parts = found.left
    }
    return completions.sorted { $0.promptIndex < $1.promptIndex }
  }

  /// Has a replica complete pieces while there are some and it is there.
  private func write(_ work: WorkShare, _ member: Member) async throws {
    while let part = work.next() {
      let answer = try await attempt(member) { try await $0.generate(part.request) }
      guard let completions = answer.response else { return }
      work.finish(part, completions)
    }
  }
}

/// What a call answered; nil: the replica is gone. By reference: optionals of large values are read wrongly (docs/LOG.md).
private final class Answer<Response: Sendable>: Sendable {
  let response: Response?

  init(_ response: Response?) { self.response = response }
}
