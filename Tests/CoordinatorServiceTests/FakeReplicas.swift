import CoordinatorService
import Foundation
import GRPCCore
import Sequences
import Synchronization
import WireFormat

/// Students that share steps, each at an address of its own. Their parameters are one number, changed by each step; a step needs all
/// replicas of its group at once.
final class FakeReplicas: StudentConnector {
  struct Student {
    /// Processes that stood at the address before.
    var incarnation = 0
    var parameters: UInt64 = 0
    var step = 0
    var isLoaded = false
    /// Of the newest caller that loaded; calls of others are refused.
    var token: UInt64 = 0
    var runID = ""
    var groupID = ""
    /// Steps that are taken up before it dies; negative: never.
    var stepsLeft = -1
    /// Whether it does nothing any more, and yet holds its connections.
    var isStalled = false
    /// Made by itself, as Join tells them.
    var recent: [TrainResponse] = []
    /// Answers that get lost on their way.
    var answersToLose = 0
    var arithmetic = "OpenBLAS SkylakeX"
    var written = 0
    /// Whether replicas share out the optimizer's state, and which twelfths of it are here.
    var isSharded = false
    var held = Set(0..<12)
  }

  struct State {
    var students: [String: Student] = [:]
    /// By group: who came, and how many are awaited.
    var groups: [String: (came: [Int: String], size: Int, isBroken: Bool)] = [:]
    /// By group and step: who has come as far.
    var steps: [String: Set<String>] = [:]
    /// How many replicas made each step together, in order.
    var made: [(step: Int, replicas: Int)] = []
    var folders: [String: (step: Int, parameters: UInt64)] = [:]
    /// By group: which twelfths of the optimizer's state its replicas had when it was formed.
    var shares: [String: Set<Int>] = [:]
    /// What something between replicas is to swallow next; then the group of which it did, and nothing comes from one to another.
    var swallows: Swallowed?
    var swallowed = ""
    /// The newest group that each was asked to join, by address.
    var asked: [String: String] = [:]
    /// Called when steps are made, with the count of them.
    var onStep: (@Sendable (Int) -> Void)?
    /// Called before a student writes or evaluates, with its address.
    var onWork: (@Sendable (String) -> Void)?

    enum Swallowed: Sendable { case join, step, save }

    /// Whether a call of a group gets nowhere.
    mutating func isSwallowed(_ what: Swallowed, of groupID: String) -> Bool {
      if swallows == what { (swallows, swallowed) = (nil, groupID) }
      return swallowed == groupID
    }

    /// Another process stands at an address, with nothing loaded.
    mutating func replace(_ address: String) {
      var student = Student()
      student.incarnation = (students[address]?.incarnation ?? 0) + 1
      students[address] = student
    }
  }

  let state = Mutex(State())

  func withStudent(
    at address: String, _ body: @Sendable (any StudentConnection) async throws -> Void
  ) async throws {
    let incarnation = state.withLock { $0.students[address, default: Student()].incarnation }
    try await body(FakeReplica(address: address, incarnation: incarnation, replicas: self))
  }

  /// The process at an address dies, and a new one stands there.
  func kill(_ address: String) {
    state.withLock { state in
      let groupID = state.students[address]?.groupID ?? ""
      state.groups[groupID]?.isBroken = true
      state.replace(address)
    }
  }

  /// Waits for something that others bring about.
  func wait<Value: Sendable>(_ body: (inout State) throws -> Value?) async throws -> Value {
    while true {
      if let value = try state.withLock({ try body(&$0) }) { return value }
      if Task.isCancelled { throw RPCError(code: .cancelled, message: "cancelled") }
      try? await Task.sleep(for: .microseconds(200))
    }
  }
}

private struct FakeReplica: StudentConnection {
  let address: String
  let incarnation: Int
  let replicas: FakeReplicas
  private var gone: RPCError { RPCError(code: .unavailable, message: "\(address) is gone") }

  private var fenced: RPCError { RPCError(code: .failedPrecondition, message: "\(address) serves another caller") }

  private func change<T>(_ body: (inout FakeReplicas.Student) throws -> T) throws -> T {
    try replicas.state.withLock { state in
      _ = try here(state, orUnloaded: true)
      return try body(&state.students[address, default: FakeReplicas.Student()])
    }
  }

  /// The process that this connection is to.
  private func here(_ state: FakeReplicas.State, orUnloaded: Bool = false) throws -> FakeReplicas.Student {
    let student = state.students[address] ?? FakeReplicas.Student()
    guard student.incarnation == incarnation, student.isLoaded || orUnloaded else { throw gone }
    return student
  }

  func load(_ request: LoadRequest) async throws -> LoadResponse {
    // One that stands still answers nothing.
    try await replicas.wait { state in try here(state, orUnloaded: true).isStalled ? nil : () }
    let saved = try replicas.state.withLock { state in
      // Who loads leaves its group.
      state.groups[try here(state, orUnloaded: true).groupID]?.isBroken = true
      return state.folders[request.path]
    }
    return try change { student in
      guard request.fencingToken > 0, request.fencingToken >= student.token else { throw fenced }
      (student.token, student.runID) = (request.fencingToken, request.runID)
      (student.step, student.parameters) = saved ?? (0, request.seed)
      (student.isLoaded, student.groupID, student.recent) = (true, "", [])
      (student.isSharded, student.held) = (request.shardOptimizer, Set(0..<12))
      return LoadResponse(model: makeDescription(), step: UInt64(student.step))
    }
  }

  func join(_ request: JoinRequest) async throws -> JoinResponse {
    try replicas.state.withLock { state in
      let student = try here(state)
      guard student.token == request.fencingToken, student.runID == request.runID else { throw fenced }
      let old = student.groupID
      state.asked[address] = request.groupID
      state.groups[old]?.isBroken = true
      state.groups[request.groupID, default: ([:], Int(request.size), false)].came[Int(request.rank)] = address
    }
    return try await replicas.wait { state in
      guard let group = state.groups[request.groupID] else { return nil }
      if try here(state).isStalled { return nil }
      if group.isBroken { throw RPCError(code: .aborted, message: "another replica is gone") }
      if state.isSwallowed(.join, of: request.groupID) { return nil }
      guard group.came.count == group.size else { return nil }
      let all = group.came.values.compactMap { state.students[$0] }
      guard Set(all.map(\.arithmetic)).count == 1 else {
        throw RPCError(code: .failedPrecondition, message: "replicas compute with different arithmetic")
      }
      guard let first = all.max(by: { $0.step < $1.step }) else { return nil }
      if state.students[address]?.isSharded == true {
        guard let rank = group.came.first(where: { $0.value == address })?.key else { return nil }
        let dealt = "\(request.groupID) dealt"
        // Who has what is seen before anybody's share changes.
        let present = all.filter { $0.step == first.step }
        let known = state.shares[dealt] ?? present.reduce(into: []) { $0.formUnion($1.held) }
        state.shares[dealt] = known
        guard known.count == 12 else { return JoinResponse(step: UInt64(first.step), optimizerStateLost: true) }
        state.students[address]?.held = Set(12 * rank / group.size..<12 * (rank + 1) / group.size)
      }
      state.students[address]?.step = first.step
      state.students[address]?.parameters = first.parameters
      state.students[address]?.groupID = request.groupID
      let recent = (state.students[address]?.recent ?? []).suffix(3).reversed().map(Optional.some) + [nil, nil, nil]
      return JoinResponse(step: UInt64(first.step), last: recent[0], secondLast: recent[1], thirdLast: recent[2])
    }
  }

  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    replicas.state.withLock { $0.onWork }?(address)
    return try change { student in
      guard student.isLoaded else { throw gone }
      guard student.token == request.fencingToken else { throw fenced }
      student.written += 1
      return madeUp(request.prompts, seeds: request.seeds, salt: student.parameters)
    }
  }

  func score(_ sequences: SequenceBatch) async throws -> [Float] {
    [Float](repeating: -1, count: sequences.scoredPositions.count)
  }

  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    try await requests { request in
      let response = try await step(request)
      let isLost = try change { student in
        student.answersToLose -= 1
        return student.answersToLose >= 0
      }
      if !isLost { try await onReply(response) }
    }
  }

  private func step(_ request: TrainRequest) async throws -> TrainResponse {
    if request.evaluate {
      replicas.state.withLock { $0.onWork }?(address)
      return try change { student in
        guard student.isLoaded else { throw gone }
        return TrainResponse(step: request.step, metrics: WireStepMetrics(loss: 0.5, tokenCount: 4))
      }
    }
    let place = "\(request.groupID) \(request.step)"
    try replicas.state.withLock { state in
      var student = try here(state)
      guard student.token == request.fencingToken else { throw fenced }
      guard student.groupID == request.groupID, !request.groupID.isEmpty else {
        throw RPCError(code: .failedPrecondition, message: "\(address) is not in the group")
      }
      guard student.step + 1 == Int(request.step) else {
        throw RPCError(code: .failedPrecondition, message: "step \(request.step) after \(student.step)")
      }
      if student.stepsLeft == 0 {
        state.groups[student.groupID]?.isBroken = true
        state.replace(address)
        throw gone
      }
      student.stepsLeft -= 1
      state.students[address] = student
      state.steps[place, default: []].insert(address)
    }
    let made: Made = try await replicas.wait { state -> Made? in
      var student = try here(state)
      guard let group = state.groups[request.groupID], !student.isStalled,
        !state.isSwallowed(.step, of: request.groupID)
      else { return nil }
      guard state.steps[place]?.count == group.size else {
        if group.isBroken { throw RPCError(code: .aborted, message: "another replica is gone") }
        return nil
      }
      var hash = SeededGenerator(seed: student.parameters, path: request.step)
      for id in request.batch?.sequences?.tokenIDs ?? [] { hash = SeededGenerator(seed: hash.next(), path: UInt64(id)) }
      student.parameters = hash.next()
      student.step += 1
      let metrics = WireStepMetrics(
        loss: 1 / Double(student.step), tokenCount: 8, computeSeconds: 0.5, replicaCount: UInt32(group.size),
        exchangeSeconds: 0.125)
      let response = TrainResponse(step: request.step, metrics: metrics)
      student.recent.append(response)
      state.students[address] = student
      state.made.append((student.step, group.size))
      return Made(response: response, onStep: state.onStep, count: state.made.count)
    }
    made.onStep?(made.count)
    return made.response
  }

  private struct Made {
    let response: TrainResponse
    let onStep: (@Sendable (Int) -> Void)?
    let count: Int
  }

  func save(_ request: SaveRequest) async throws -> SaveResponse {
    let student = try replicas.state.withLock { try here($0) }
    guard student.token == request.fencingToken else { throw fenced }
    if student.isSharded, try await !collect(request) {
      return SaveResponse(step: UInt64(student.step), modelDigest: "\(student.parameters)")
    }
    try FileManager.default.createDirectory(atPath: request.path, withIntermediateDirectories: false)
    replicas.state.withLock { $0.folders[request.path] = (student.step, student.parameters) }
    return SaveResponse(step: UInt64(student.step), modelDigest: "\(student.parameters)")
  }

  /// Waits for the shares of all; true where this one writes.
  private func collect(_ request: SaveRequest) async throws -> Bool {
    let place = "\(request.groupID) saves \(request.path)"
    try replicas.state.withLock { state in
      let student = try here(state)
      guard student.groupID == request.groupID, !request.groupID.isEmpty else {
        throw RPCError(code: .failedPrecondition, message: "\(address) is not in the group")
      }
      if student.stepsLeft == 0 {
        state.groups[student.groupID]?.isBroken = true
        state.replace(address)
        throw gone
      }
      state.steps[place, default: []].insert(address)
    }
    return try await replicas.wait { state in
      _ = try here(state)
      guard let group = state.groups[request.groupID], !state.isSwallowed(.save, of: request.groupID) else {
        return nil
      }
      guard state.steps[place]?.count == group.size else {
        if group.isBroken { throw RPCError(code: .aborted, message: "another replica is gone") }
        return nil
      }
      return group.came[0] == address
    }
  }

  func export(_ request: ExportRequest) async throws -> ExportResponse {
    let student = try replicas.state.withLock { try here($0) }
    try FileManager.default.createDirectory(atPath: request.path, withIntermediateDirectories: false)
    try Data("\(student.step) \(student.parameters)".utf8).write(to: URL(fileURLWithPath: request.path + "/state"))
    return ExportResponse(modelDigest: "\(student.parameters)")
  }
}
