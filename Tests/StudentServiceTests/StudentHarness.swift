import Checkpoints
import Foundation
import GRPCCore
import GRPCInProcessTransport
import ModelServing
import NIOConcurrencyHelpers
import Sequences
import ServiceTestSupport
import StudentService
import TeacherService
import Transformer
import WireFormat

typealias StudentClient = StudentServiceRPC.Client<InProcessTransport.Client>

/// A folder of its own for one test, with `model/` in it; removed with the value.
final class StudentFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "retort-student-\(UUID().uuidString)")
    let model = try TinyModel.served(seed: 11)
    let folder = ModelFolder(
      configuration: model.transformer.configuration, parameters: model.parameters,
      special: SpecialTokens(bosTokenID: 1, eosTokenIDs: [2]))
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try folder.write(to: url.appending(path: "model"))
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// A teacher in this process. Its first calls can be made to fail; it counts what it is asked.
final class FakeDialer: TeacherDialer {
  private let model: ServedModel
  private let failures: NIOLockedValueBox<[RPCError.Code]>
  private let requests = NIOLockedValueBox(0)
  private let heads = NIOLockedValueBox(0)
  private let absences = NIOLockedValueBox(0)

  init(failures: [RPCError.Code] = []) throws {
    let tiny = try TinyModel.served(seed: 12)
    // The student's head has no padding, since its folder has no tokenizer.
    var description = tiny.description
    description.vocabSize = description.headSize
    description.abilities = .all(vocabSize: Int(description.headSize))
    model = try ServedModel(transformer: tiny.transformer, parameters: tiny.parameters, description: description)
    self.failures = NIOLockedValueBox(failures)
  }

  /// Score requests that reached the teacher.
  var requestCount: Int { requests.withLockedValue { $0 } }
  /// Output heads that the teacher sent.
  var headCount: Int { heads.withLockedValue { $0 } }
  /// Times that the student was told that nobody answers.
  var absenceCount: Int { absences.withLockedValue { $0 } }

  func withTeacher<Result: Sendable>(
    at address: String, _ body: (any Teacher) async throws -> Result
  ) async throws -> Result {
    let transport = InProcessTransport()
    let service = Flaky(model: model, failures: failures, requests: requests, heads: heads)
    let absences = absences
    let patience = TeacherPatience(delays: RetryDelays(first: .milliseconds(1))) { _, _ in
      absences.withLockedValue { $0 += 1 }
    }
    return try await withGRPCServer(transport: transport.server, services: [service]) { _ in
      try await withGRPCClient(transport: transport.client) { client in
        try await body(GRPCTeacher(client: client, address: address, patience: patience))
      }
    }
  }

  private struct Flaky: TeacherServiceRPC.SimpleServiceProtocol {
    let model: ServedModel
    let failures: NIOLockedValueBox<[RPCError.Code]>
    let requests: NIOLockedValueBox<Int>
    let heads: NIOLockedValueBox<Int>
    var real: TeacherRPCs { TeacherRPCs(model: model) }

    func describe(
      request: TeacherServiceDescribeRequest, context: ServerContext
    ) async throws -> TeacherServiceDescribeResponse {
      try await real.describe(request: request, context: context)
    }

    func generate(
      request: TeacherServiceGenerateRequest, response: RPCWriter<TeacherServiceGenerateResponse>,
      context: ServerContext
    ) async throws {
      try await real.generate(request: request, response: response, context: context)
    }

    func score(
      request: RPCAsyncSequence<TeacherServiceScoreRequest, any Error>,
      response: RPCWriter<TeacherServiceScoreResponse>, context: ServerContext
    ) async throws {
      requests.withLockedValue { $0 += 1 }
      if let code = failures.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() }) {
        throw RPCError(code: code, message: "made to fail")
      }
      try await real.score(request: request, response: response, context: context)
    }

    func getOutputHead(
      request: GetOutputHeadRequest, response: RPCWriter<GetOutputHeadResponse>, context: ServerContext
    ) async throws {
      heads.withLockedValue { $0 += 1 }
      try await real.getOutputHead(request: request, response: response, context: context)
    }
  }
}

/// Calls `body` with a client of a student whose root is a folder.
func withStudent(
  _ folder: StudentFolder, dialer: any TeacherDialer, tell: @escaping @Sendable (StudentNews) -> Void = { _ in },
  _ body: (StudentClient) async throws -> Void
) async throws {
  let transport = InProcessTransport()
  let service = StudentRPCs(root: RootFolder(folder.url), dialer: dialer, version: "test", tell: tell)
  try await withGRPCServer(transport: transport.server, services: [service]) { _ in
    try await withGRPCClient(transport: transport.client) { try await body(StudentClient(wrapping: $0)) }
  }
}

extension LoadRequest {
  /// Loads `path` to learn by an objective.
  static func training(
    _ path: String = "model", kinds: [WireTokenLossKind] = [.skewForwardKL, .skewReverseKL], topCount: UInt32 = 0,
    hiddenState: Bool = false, precision: WirePrecision = .unspecified, resume: Bool = false, initialize: Bool = false,
    learningRate: Double = 0.01, adaptsAfter firstSteps: UInt64? = nil
  ) -> LoadRequest {
    LoadRequest(
      runID: "run-1", path: path, resume: resume, initialize: initialize, seed: 5, teacherAddress: "teacher:1",
      objective: WireObjective(
        terms: kinds.map {
          WireLossTerm(
            kind: $0, alpha: 0.1, beta: 0.5, weight: 1, finalWeight: 0.5, rampShare: firstSteps == nil ? 0 : 0.1,
            leastAlpha: firstSteps == nil ? 0 : 0.01, firstSteps: firstSteps ?? 0)
        }, reduction: .tokenMean,
        topCount: topCount, hiddenState: hiddenState, precision: precision),
      optimizer: WireOptimizerOptions(
        learningRate: learningRate, weightDecay: 0.01, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8,
        maxGradNorm: 1, lrSchedulerType: "constant", maxSteps: 100))
  }
}

extension TrainRequest {
  /// A step on eight sequences, half of each term.
  static func step(_ step: Int, evaluate: Bool = false, terms: UInt32 = 2) -> TrainRequest {
    TrainRequest(
      step: UInt64(step),
      batch: WireTrainBatch(
        sequences: WireSequenceBatch(TinyModel.sequences(8, seed: UInt64(evaluate ? 999 : step))),
        termIndices: (0..<8).map { UInt32($0) % terms }, microBatchSize: 3), evaluate: evaluate)
  }
}

/// Sends the requests and returns the answers.
func train(_ client: StudentClient, _ requests: [TrainRequest]) async throws -> [TrainResponse] {
  try await client.train { writer in
    for request in requests { try await writer.write(request) }
  } onResponse: { response in
    var answers: [TrainResponse] = []
    for try await message in response.messages { answers.append(message) }
    return answers
  }
}
