import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Sequences
import Synchronization
import WireBytes
import WireFormat

/// One id per character; 1 begins and 2 ends a sequence.
struct LetterCodec: TextCodec {
  let eosTokenIDs: [TokenID] = [2]
  let bosTokenIDs: [TokenID] = [1]

  func encode(_ text: String, addSpecialTokens: Bool) -> [TokenID] {
    (addSpecialTokens ? bosTokenIDs : []) + text.unicodeScalars.map(\.value)
  }

  func encodeContinuation(_ text: String) -> [TokenID] { encode(text, addSpecialTokens: false) }

  func decode(_ tokenIDs: [TokenID]) -> String {
    String(String.UnicodeScalarView(tokenIDs.filter { $0 > 2 }.compactMap(Unicode.Scalar.init)))
  }

  func renderChat(_ messages: [ChatMessage], tools: String?, addGenerationPrompt: Bool) -> String? { nil }
}

/// Completions that depend on prompt, seed and a salt alone, cut at their limits.
func madeUp(_ prompts: WireSequenceBatch?, seeds: [UInt64], salt: UInt64, limits: [UInt32] = []) -> [Completion] {
  let batch = prompts.flatMap { try? SequenceBatch($0) } ?? SequenceBatch()
  return batch.sequences.enumerated().map { index, sequence in
    var generator = SeededGenerator(seed: seeds[index], path: salt, UInt64(sequence.tokenIDs.reduce(0, &+)))
    let ids = (0..<3).map { _ in TokenID(97 + generator.next() % 26) }
    let limit = limits.isEmpty ? 4 : min(4, Int(limits[index]))
    return Completion(
      promptIndex: index, tokenIDs: Array((ids + [2]).prefix(limit)), tokenLogprobs: [],
      finishReason: limit < 4 ? .length : .stop)
  }
}

/// A teacher that writes letters.
final class WritingTeacher: TeacherUpstream {
  let address = "teacher:7001"
  private let state = Mutex(0)
  var calls: Int { state.withLock { $0 } }

  func describe() async throws -> WireModelDescription { makeDescription() }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    state.withLock { $0 += 1 }
    let asked = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    // In two messages, the last prompt first, as a real teacher may.
    let limit = asked.sampling?.maxNewTokens ?? 4
    let made = madeUp(asked.prompts, seeds: asked.seeds, salt: 0, limits: asked.seeds.map { _ in limit }).reversed()
    for part in [made.prefix(1), made.dropFirst(1)] {
      try await receive(
        WireBytes(TeacherServiceGenerateResponse(completions: WireCompletionBatch(Array(part))).encoded()))
    }
  }
}

/// Students in this process. Their parameters are one number, changed by each batch; folders hold it as text.
final class FakeStudents: StudentConnector {
  struct State {
    var parameters: UInt64 = 0
    var step = 0
    /// The folder that was loaded; writing copies its tokenizer, so it must still be there.
    var origin = ""
    var loaded = false
    /// Calls until the student goes away; negative: never.
    var callsLeft = -1
    var trained: [Int] = []
    /// Of each batch.
    var tokenWeights: [[Float]] = []
    /// What was trained on.
    var batches: [WireTrainBatch] = []
    /// What was scored.
    var scored: [SequenceBatch] = []
    var lossAt: [Int: Double] = [:]
    /// What writing a folder is answered with; nil: it works.
    var writeError: RPCError?
    var writes = 0
    /// Who the student says it is.
    var description = makeDescription()
    /// What the model of a run's module is.
    var moduleDescription = makeDescription()
    /// What was asked for beside the student.
    var module: WireOnlineModule?
    /// What is to be minimised.
    var objective: WireObjective?
  }

  let state = Mutex(State())

  func withStudent(
    at address: String, _ body: @Sendable (any StudentConnection) async throws -> Void
  ) async throws {
    try await body(FakeStudent(students: self))
  }

  /// Counts a call; throws where the student has gone, after which a new one stands there with nothing loaded.
  fileprivate func call<T>(_ body: (inout State) throws -> T) throws -> T {
    try state.withLock { state in
      if state.callsLeft == 0 {
        (state.callsLeft, state.loaded) = (-1, false)
        throw RPCError(code: .unavailable, message: "the student is gone")
      }
      state.callsLeft -= 1
      return try body(&state)
    }
  }
}

private struct FakeStudent: StudentConnection {
  let students: FakeStudents

  func load(_ request: LoadRequest) async throws -> LoadResponse {
    try students.call { state in
      guard request.fencingToken > 0 else {
        throw RPCError(code: .failedPrecondition, message: "the student serves another caller")
      }
      if request.resume {
        let parts = try String(contentsOfFile: request.path + "/state", encoding: .utf8).split(separator: " ")
        (state.step, state.parameters) = (Int(parts[0]) ?? -1, UInt64(parts[1]) ?? 0)
      } else {
        (state.step, state.parameters) = (0, request.seed)
      }
      (state.loaded, state.origin, state.module) = (true, request.path, request.module)
      state.objective = request.objective
      return LoadResponse(
        model: state.description, step: UInt64(state.step), module: request.module.map { _ in state.moduleDescription })
    }
  }

  func generate(_ request: StudentServiceGenerateRequest) async throws -> [Completion] {
    try students.call {
      madeUp(request.prompts, seeds: request.seeds, salt: $0.parameters, limits: request.maxNewTokens)
    }
  }

  func score(_ sequences: SequenceBatch) async throws -> [Float] {
    try students.call { state in
      state.scored.append(sequences)
      return sequences.scoredPositions.targets.map { -1 - Float($0 % 7) }
    }
  }

  func train(
    requests: @escaping @Sendable (_ send: @Sendable (TrainRequest) async throws -> Void) async throws -> Void,
    onReply: @escaping @Sendable (TrainResponse) async throws -> Void
  ) async throws {
    try await requests { request in
      let metrics = try students.call { state in
        guard state.loaded else { throw RPCError(code: .failedPrecondition, message: "nothing is loaded") }
        if request.evaluate { return WireStepMetrics(loss: 0.5, tokenCount: 4, topAgreement: 0.75) }
        guard Int(request.step) == state.step + 1 else {
          throw RPCError(code: .failedPrecondition, message: "step \(request.step) after \(state.step)")
        }
        var hash = SeededGenerator(seed: state.parameters, path: request.step)
        for id in request.batch?.sequences?.tokenIDs ?? [] {
          hash = SeededGenerator(seed: hash.next(), path: UInt64(id))
        }
        state.parameters = hash.next()
        state.step += 1
        state.trained.append(state.step)
        state.tokenWeights.append(request.batch?.tokenWeights ?? [])
        state.batches.append(request.batch ?? WireTrainBatch())
        let module = state.module.map { _ in WireModuleMetrics(loss: 0.25, gradientNorm: 2, learningRate: 0.5) }
        return WireStepMetrics(
          loss: state.lossAt[state.step] ?? 1 / Double(state.step), termLosses: [1, 2, 3], tokenCount: 8,
          traffic: [
            WireCallTraffic(
              rpc: "retort.v1.TeacherService/Score", messagesSent: 1, messagesReceived: 2, bytesSent: 30,
              bytesReceived: 400, encodeSeconds: 0.5, decodeSeconds: 0.25, readWaitSeconds: 1, retries: 3)
          ], rankingLoss: 0.25, rankingAgreement: 0.75, module: module)
      }
      try await onReply(TrainResponse(step: request.step, metrics: metrics))
    }
  }

  func save(_ request: SaveRequest) async throws -> SaveResponse {
    try students.call { state in
      state.writes += 1
      if let error = state.writeError { throw error }
      try write(state, to: request.path)
      return SaveResponse(step: UInt64(state.step), modelDigest: "\(state.parameters)")
    }
  }

  func export(_ request: ExportRequest) async throws -> ExportResponse {
    try students.call { state in
      state.writes += 1
      if let error = state.writeError { throw error }
      try write(state, to: request.path)
      if !request.modulePath.isEmpty {
        try FileManager.default.createDirectory(atPath: request.modulePath, withIntermediateDirectories: false)
      }
      return ExportResponse(modelDigest: "\(state.parameters)")
    }
  }

  private func write(_ state: FakeStudents.State, to folder: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: state.origin)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    if names.contains("config.json") {
      try FileManager.default.copyItem(atPath: state.origin + "/config.json", toPath: folder + "/config.json")
    }
    try Data("\(state.step) \(state.parameters)".utf8).write(to: URL(fileURLWithPath: folder + "/state"))
  }
}
