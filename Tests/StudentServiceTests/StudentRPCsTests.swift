import Foundation
import GRPCCore
import ModelServing
import NIOConcurrencyHelpers
import Sequences
import ServiceTestSupport
import StudentService
import Testing
import WireFormat

@Suite("Student service")
struct StudentRPCsTests {
  @Test("everything but Describe and Load waits for a model")
  func notLoaded() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      let description = try await client.describe(StudentServiceDescribeRequest())
      #expect(description == StudentServiceDescribeResponse())
      let calls: [@Sendable () async throws -> Void] = [
        { _ = try await client.save(SaveRequest(path: "checkpoint-0")) },
        { _ = try await client.export(ExportRequest(path: "out")) },
        { _ = try await train(client, [.step(1)]) },
        { try await client.generate(StudentServiceGenerateRequest()) { for try await _ in $0.messages {} } },
        {
          try await client.score { _ in
          } onResponse: {
            for try await _ in $0.messages {}
          }
        },
      ]
      for call in calls {
        let error = await #expect(throws: RPCError.self) { try await call() }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message == "no model is loaded: call Load first")
      }
    }
  }

  @Test("writes as many tokens of each prompt as its own limit allows: the beginning of what it would write alone")
  func limits() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(.training())
      let prompts = SequenceBatch((0..<4).map { TokenSequence(prompt: [1, TokenID(5 + $0)], completion: []) })
      func write(_ limits: [UInt32], stops: [TokenID] = [31]) async throws -> [Completion] {
        let request = StudentServiceGenerateRequest(
          prompts: WireSequenceBatch(prompts),
          sampling: WireSamplingOptions(SamplingOptions(minNewTokens: 3, maxNewTokens: 6, stopTokenIDs: stops)),
          seeds: [1, 2, 3, 4], maxNewTokens: limits)
        return try await client.generate(request) { response in
          var completions: [Completion] = []
          for try await message in response.messages {
            completions += try (message.completions ?? WireCompletionBatch()).completions(promptCount: 4)
          }
          return completions.sorted { $0.promptIndex < $1.promptIndex }
        }
      }
      let whole = try await write([])
      let cut = try await write([1, 2, 5, 99])
      for (place, limit) in [1, 2, 5, 6].enumerated() {
        #expect(cut[place].tokenIDs == Array(whole[place].tokenIDs.prefix(limit)))
        #expect(cut[place].tokenLogprobs == Array(whole[place].tokenLogprobs.prefix(limit)))
      }
      #expect(cut[0].finishReason == .length && cut[0].tokenIDs.count == 1)
      for limits in [[1, 2, 3], [1, 0, 1, 1]] as [[UInt32]] {
        let error = await #expect(throws: RPCError.self) { try await write(limits) }
        #expect(error?.code == .invalidArgument && error?.message.contains("max_new_tokens for 4 prompts") == true)
      }
    }
  }

  @Test("serves the caller with the newest token alone: another's calls change nothing, and say why in a line")
  func fenced() async throws {
    let folder = try StudentFolder()
    try await withStudent(folder, dialer: FakeDialer()) { client in
      @Sendable func load(_ token: UInt64) async throws {
        var request = LoadRequest.training()
        (request.fencingToken, request.runID) = (token, "run-\(token)")
        _ = try await client.load(request)
      }
      @Sendable func step(_ number: Int, _ token: UInt64) -> TrainRequest {
        var request = TrainRequest.step(number)
        request.fencingToken = token
        return request
      }
      try await load(7)
      #expect(try await train(client, [step(1, 7)]).map(\.step) == [1])
      // Another coordinator, or another session, has the student from now on.
      try await load(9)
      let before = try await client.describe(StudentServiceDescribeRequest())
      #expect(before.runID == "run-9" && before.step == 0)
      for token in [7, 0, 8] as [UInt64] {
        let calls: [@Sendable () async throws -> Void] = [
          { try await load(token) },
          { _ = try await train(client, [step(1, token)]) },
          { _ = try await client.save(SaveRequest(path: "checkpoint-0", fencingToken: token)) },
          { _ = try await client.export(ExportRequest(path: "out", fencingToken: token)) },
          { _ = try await client.join(JoinRequest(groupID: "g", size: 1, runID: "run-9", fencingToken: token)) },
          {
            let request = StudentServiceGenerateRequest(
              prompts: WireSequenceBatch(SequenceBatch([TokenSequence(prompt: [1, 5], completion: [])])),
              sampling: WireSamplingOptions(SamplingOptions(maxNewTokens: 2)), fencingToken: token)
            try await client.generate(request) { for try await _ in $0.messages {} }
          },
        ]
        for call in calls {
          let error = await #expect(throws: RPCError.self) { try await call() }
          #expect(error?.code == .failedPrecondition && error?.message.contains("fencing token \(token)") == true)
          #expect(error?.message.contains("\n") == false)
        }
      }
      #expect(try await client.describe(StudentServiceDescribeRequest()) == before)
      for name in ["checkpoint-0", "out"] {
        #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: name).path))
      }
      let other = await #expect(throws: RPCError.self) {
        try await client.join(JoinRequest(groupID: "g", size: 1, runID: "run-7", fencingToken: 9))
      }
      #expect(other?.code == .failedPrecondition && other?.message.contains("run-7") == true)
      let unloaded = await #expect(throws: RPCError.self) { try await train(client, [step(1, 11)]) }
      #expect(unloaded?.code == .failedPrecondition && unloaded?.message.contains("call Load first") == true)
      #expect(try await train(client, [step(1, 9)]).map(\.step) == [1], "the newest caller goes on")
    }
  }

  @Test("learns from the teacher: the loss falls, and what it reports is whole")
  func learns() async throws {
    let dialer = try FakeDialer()
    try await withStudent(StudentFolder(), dialer: dialer) { client in
      let loaded = try await client.load(.training())
      #expect(loaded.step == 0)
      #expect(loaded.model?.vocabSize == 32 && loaded.model?.modelDigest.count == 64)
      var requests = [TrainRequest.step(0, evaluate: true)] + (1...30).map { .step($0) }
      requests.append(.step(30, evaluate: true))
      let answers = try await train(client, requests)
      #expect(answers.map(\.step) == requests.map(\.step))
      let (first, last) = (answers[0].metrics?.loss ?? 0, answers[31].metrics?.loss ?? 0)
      #expect(last < 0.8 * first, "\(first) to \(last)")
      let metrics = try #require(answers[1].metrics)
      #expect(metrics.termLosses.count == 2 && metrics.gradientNorm > 0 && metrics.learningRate == 0.01)
      #expect(metrics.computeSeconds > 0 && metrics.waitTeacherSeconds >= 0)
      #expect(Int(metrics.teacherBytes) > Int(metrics.tokenCount) * 4 * 32)
      #expect(abs(metrics.teacherMass - 1) < 1e-3)
      #expect(dialer.requestCount == requests.count)
      let described = try await client.describe(StudentServiceDescribeRequest())
      #expect(described.step == 30 && described.runID == "run-1" && described.loaded)
      #expect(described.model?.modelDigest != loaded.model?.modelDigest)
    }
  }

  @Test("tells operators of what it loads, makes and writes, for which run and after which step")
  func news() async throws {
    let folder = try StudentFolder()
    let told = NIOLockedValueBox<[StudentNews]>([])
    let tell: @Sendable (StudentNews) -> Void = { news in told.withLockedValue { $0.append(news) } }
    try await withStudent(folder, dialer: FakeDialer(), tell: tell) {
      _ = try await $0.load(.training(initialize: true))
      _ = try await train($0, (1...2).map { .step($0) })
      _ = try await $0.save(SaveRequest(path: "run/checkpoint-2"))
      _ = try await $0.export(ExportRequest(path: "student"))
    }
    let news = told.withLockedValue(\.self)
    #expect(news.map(\.event) == [.loaded, .stepped, .stepped, .saved, .exported])
    #expect(news.map(\.step) == [0, 1, 2, 2, 2] && news.allSatisfy { $0.runID == "run-1" })
  }

  @Test("two trainings from one seed end with the same bits; saving and resuming in between changes nothing")
  func resumes() async throws {
    func digest(pausingAfter pause: Int?) async throws -> String {
      let folder = try StudentFolder()
      var digest = ""
      try await withStudent(folder, dialer: FakeDialer()) { client in
        _ = try await client.load(.training(initialize: true, learningRate: 0.02))
        if let pause {
          _ = try await train(client, (1...pause).map { .step($0) })
          let saved = try await client.save(SaveRequest(path: "run/checkpoint-\(pause)"))
          _ = try await train(client, [.step(pause + 1)])
          let loaded = try await client.load(.training("run/checkpoint-\(pause)", resume: true, learningRate: 0.02))
          #expect(loaded.step == UInt64(pause) && loaded.model?.modelDigest == saved.modelDigest)
        }
        _ = try await train(client, ((pause ?? 0) + 1...6).map { .step($0) })
        digest = try await client.export(ExportRequest(path: "student")).modelDigest
      }
      #expect(try ServedModel(folder: folder.url.appending(path: "student")).description.modelDigest == digest)
      return digest
    }
    let straight = try await digest(pausingAfter: nil)
    #expect(try await digest(pausingAfter: nil) == straight)
    #expect(try await digest(pausingAfter: 4) == straight)
  }

  @Test(
    "goes on with the skews that it had, wherever it is stopped, and from whatever the teacher sends",
    arguments: [(0, false), (8, false), (0, true)])
  func adaptiveSkew(topCount: Int, hiddenState: Bool) async throws {
    func run(pausingAfter pause: Int?) async throws -> (digest: String, alphas: [Double]) {
      var (digest, alphas) = ("", [Double]())
      try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
        var load = LoadRequest.training(
          topCount: UInt32(topCount), hiddenState: hiddenState, initialize: true, learningRate: 0.02, adaptsAfter: 3)
        _ = try await client.load(load)
        if let pause {
          _ = try await train(client, (1...pause).map { .step($0) })
          _ = try await client.save(SaveRequest(path: "run/checkpoint-\(pause)"))
          (load.path, load.initialize, load.resume) = ("run/checkpoint-\(pause)", false, true)
          _ = try await client.load(load)
        }
        let answers = try await train(client, ((pause ?? 0) + 1...6).map { .step($0) })
        alphas = try #require(answers.last?.metrics).termAlphas
        digest = try await client.export(ExportRequest(path: "student")).modelDigest
      }
      return (digest, alphas)
    }
    let straight = try await run(pausingAfter: nil)
    #expect(straight.alphas.allSatisfy { $0 >= 0.01 && $0 <= 0.1001 } && straight.alphas != [0.1, 0.1])
    for pause in [2, 3, 5] { #expect(try await run(pausingAfter: pause) == straight, "after step \(pause)") }
  }

  @Test("an objective of cross-entropy alone asks no teacher")
  func crossEntropy() async throws {
    let dialer = try FakeDialer()
    try await withStudent(StudentFolder(), dialer: dialer) { client in
      _ = try await client.load(.training(kinds: [.crossEntropy]))
      let answers = try await train(client, (1...3).map { .step($0, terms: 1) })
      #expect(answers.count == 3 && answers.allSatisfy { $0.metrics?.teacherBytes == 0 })
      #expect(dialer.requestCount == 0)
    }
  }

  @Test("tokens have weights where the batch says so, and as many as there are tokens")
  func tokenWeights() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(.training(kinds: [.crossEntropy]))
      func metrics(_ weights: [Float]) async throws -> WireStepMetrics {
        var request = TrainRequest.step(0, evaluate: true, terms: 1)
        request.batch?.tokenWeights = weights
        return try #require(try await train(client, [request])[0].metrics)
      }
      let plain = try await metrics([])
      let count = Int(plain.tokenCount)
      let heavier = try await metrics(Array(repeating: 1.5, count: count))
      #expect(abs(heavier.loss - 1.5 * plain.loss) <= 1e-9 && heavier.tokenCount == plain.tokenCount)
      #expect(try await metrics([0, 0] + Array(repeating: 1, count: count - 2)).tokenCount == plain.tokenCount - 2)
      let error = await #expect(throws: RPCError.self) { try await metrics([1]) }
      #expect(error?.code == .invalidArgument && error?.message.contains("the tokens' weights has 1 values") == true)
    }
  }

  @Test("the kept tokens of the teacher are enough")
  func topCount() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(.training(topCount: 8))
      let metrics = try #require(try await train(client, [.step(1)])[0].metrics)
      #expect(metrics.teacherMass > 0.2 && metrics.teacherMass < 1 && metrics.loss > 0)
    }
  }

  @Test("from hidden states it learns what it learns from all log-probs; the output head travels once")
  func hiddenStates() async throws {
    let requests = (1...3).map { TrainRequest.step($0) }
    var answers: [[TrainResponse]] = []
    for hiddenState in [false, true] {
      let dialer = try FakeDialer()
      try await withStudent(StudentFolder(), dialer: dialer) { client in
        _ = try await client.load(.training(hiddenState: hiddenState))
        answers.append(try await train(client, requests))
        // A second call keeps the head of the first.
        _ = try await train(client, [.step(3, evaluate: true)])
      }
      #expect(dialer.headCount == (hiddenState ? 1 : 0))
    }
    for (full, hidden) in zip(answers[0], answers[1]) {
      let (a, b) = (try #require(full.metrics), try #require(hidden.metrics))
      // Both are float32; Adam's first steps amplify what their last bits differ by.
      #expect(abs(a.loss - b.loss) <= 1e-4 * a.loss && abs(a.gradientNorm - b.gradientNorm) <= 1e-3 * a.gradientNorm)
      #expect(b.topAgreement == a.topAgreement && b.teacherMass == 1)
      #expect(b.teacherBytes < a.teacherBytes)
    }
  }

  @Test(
    "float16 halves the bytes and moves the loss little",
    arguments: [(0, false), (8, false), (0, true)] as [(UInt32, Bool)])
  func float16(topCount: UInt32, hiddenState: Bool) async throws {
    var metrics: [WireStepMetrics] = []
    for precision in [WirePrecision.unspecified, .float16] {
      try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
        _ = try await client.load(.training(topCount: topCount, hiddenState: hiddenState, precision: precision))
        metrics.append(try #require(try await train(client, [.step(1)])[0].metrics))
      }
    }
    #expect(Double(metrics[1].teacherBytes) < 0.6 * Double(metrics[0].teacherBytes))
    #expect(metrics[0].loss != metrics[1].loss)
    #expect(abs(metrics[0].loss - metrics[1].loss) <= 5e-3 * metrics[0].loss)
  }

  @Test("an objective of hidden states and of kept tokens at once is refused")
  func contradictoryObjective() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.load(.training(topCount: 4, hiddenState: true))
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("a teacher that is away is waited for")
  func teacherAway() async throws {
    let dialer = try FakeDialer(failures: [.unavailable, .unavailable, .unavailable])
    try await withStudent(StudentFolder(), dialer: dialer) { client in
      _ = try await client.load(.training())
      #expect(try await train(client, [.step(1), .step(2)]).count == 2)
      #expect(dialer.requestCount == 5 && dialer.absenceCount == 3)
    }
  }

  @Test("a teacher that refuses ends the call with its words; the student stays as it was")
  func teacherRefuses() async throws {
    let dialer = try FakeDialer(failures: [.invalidArgument])
    try await withStudent(StudentFolder(), dialer: dialer) { client in
      let loaded = try await client.load(.training())
      let error = await #expect(throws: RPCError.self) { try await train(client, [.step(1)]) }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("made to fail") == true, "\(error?.message ?? "")")
      #expect(try await client.describe(StudentServiceDescribeRequest()).model == loaded.model)
    }
  }

  @Test("steps come in order, and an evaluation changes nothing")
  func stepNumbers() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      let loaded = try await client.load(.training())
      for wrong in [TrainRequest.step(0), .step(2), .step(1, evaluate: true)] {
        let error = await #expect(throws: RPCError.self) { try await train(client, [wrong]) }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("step \(wrong.step) came") == true)
      }
      let twice = try await train(client, [.step(0, evaluate: true), .step(0, evaluate: true)])
      #expect(twice[0].metrics?.loss == twice[1].metrics?.loss && twice[0].metrics?.gradientNorm == 0)
      #expect(try await client.describe(StudentServiceDescribeRequest()).model == loaded.model)
    }
  }

  @Test("a request may bring an objective of its own")
  func ownObjective() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(.training())
      var request = TrainRequest.step(0, evaluate: true, terms: 1)
      request.objective = WireObjective(
        terms: [WireLossTerm(kind: .forwardKL, weight: 1)], reduction: .sequenceMean)
      let metrics = try #require(try await train(client, [request])[0].metrics)
      #expect(metrics.termLosses.count == 1 && metrics.loss > 0)
    }
  }

  @Test("writes with rounded weights where Load says so: other numbers, close to those of the weights as they are")
  func roundedWeights() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      let prompt = WireSequenceBatch(tokenIDs: [1, 5], sequenceLengths: [2], promptLengths: [2])
      var firsts: [Float] = []
      for weights in [WireGenerationWeights.unspecified, .float32, .bfloat16, .int8] {
        var load = LoadRequest.training()
        load.generationWeights = weights
        _ = try await client.load(load)
        let request = StudentServiceGenerateRequest(
          prompts: prompt, sampling: WireSamplingOptions(temperature: 0, maxNewTokens: 1))
        firsts += try await client.generate(request) { response in
          var logprobs: [Float] = []
          for try await message in response.messages {
            logprobs += try message.completions?.completions(promptCount: 1).flatMap(\.tokenLogprobs) ?? []
          }
          return logprobs
        }
      }
      try #require(firsts.count == 4)
      #expect(firsts[0] == firsts[1] && Set(firsts).count == 3)
      #expect(firsts.allSatisfy { abs($0 - firsts[0]) < 0.05 })
    }
  }

  @Test("generates and scores with the present parameters")
  func answers() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(.training())
      let prompt = WireSequenceBatch(tokenIDs: [1, 5], sequenceLengths: [2], promptLengths: [2])
      let request = StudentServiceGenerateRequest(
        prompts: prompt, sampling: WireSamplingOptions(temperature: 0, maxNewTokens: 6))
      func complete() async throws -> [Completion] {
        try await client.generate(request) { response in
          var completions: [Completion] = []
          for try await message in response.messages {
            completions += try message.completions?.completions(promptCount: 1) ?? []
          }
          return completions
        }
      }
      let before = try await complete()
      _ = try await train(client, (1...5).map { .step($0) })
      let after = try await complete()
      #expect(before.count == 1 && after.count == 1 && before[0].tokenLogprobs != after[0].tokenLogprobs)

      // What Generate says of its own tokens, Score says too.
      let whole = TokenSequence(prompt: [1, 5], completion: after[0].tokenIDs)
      let chunk = try await client.score { writer in
        try await writer.write(
          StudentServiceScoreRequest(
            sequences: WireSequenceBatch(SequenceBatch([whole])), options: WireScoreOptions(tokenLogprobs: true)))
      } onResponse: { response in
        var last: WireScoreChunk?
        for try await message in response.messages { last = message.chunk }
        return last
      }
      let logprobs = try #require(chunk).tokenLogprobs
      #expect(logprobs.count == after[0].tokenLogprobs.count)
      #expect(zip(logprobs, after[0].tokenLogprobs).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  @Test(
    "refuses what it cannot load, and keeps what it has",
    arguments: [
      (LoadRequest(path: "absent"), RPCError.Code.notFound, "absent"),
      (LoadRequest(path: "../model"), .invalidArgument, "is not inside"),
      (LoadRequest(path: "/etc"), .invalidArgument, "is not inside"),
      (LoadRequest(path: "link"), .invalidArgument, "is not inside"),
      (LoadRequest(path: ""), .invalidArgument, "is not inside"),
      (LoadRequest.training("model", resume: true), .dataLoss, "manifest.json"),
      (LoadRequest(path: "model", objective: WireObjective()), .invalidArgument, "objective.reduction"),
      (LoadRequest(path: "model", objective: WireObjective(reduction: .tokenMean)), .invalidArgument, "no terms"),
      (
        LoadRequest(path: "model", optimizer: WireOptimizerOptions(lrSchedulerType: "square")), .invalidArgument,
        "linear, cosine or constant"
      ),
    ])
  func refusedLoads(request: LoadRequest, code: RPCError.Code, words: String) async throws {
    let folder = try StudentFolder()
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "link"), withDestinationURL: URL(filePath: "/etc"))
    try await withStudent(folder, dialer: FakeDialer()) { client in
      let loaded = try await client.load(.training())
      let error = await #expect(throws: RPCError.self) { try await client.load(request) }
      #expect(error?.code == code)
      #expect(
        error?.message.contains(words) == true && error?.message.contains("\n") == false, "\(error?.message ?? "")")
      #expect(try await client.describe(StudentServiceDescribeRequest()).model == loaded.model)
    }
  }

  @Test("a checkpoint's folder is named after its step, inside the root")
  func refusedSaves() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(.training())
      for path in ["checkpoint-1", "../checkpoint-0", "/checkpoint-0"] {
        let error = await #expect(throws: RPCError.self) { try await client.save(SaveRequest(path: path)) }
        #expect(error?.code == .invalidArgument, "\(path)")
      }
      #expect(try await client.save(SaveRequest(path: "a/b/checkpoint-0")).step == 0)
    }
  }

  @Test("training what another Load replaced is refused")
  func replaced() async throws {
    try await withStudent(StudentFolder(), dialer: FakeDialer()) { client in
      _ = try await client.load(.training())
      let error = await #expect(throws: RPCError.self) {
        try await client.train { writer in
          try await writer.write(.step(1))
          _ = try await client.load(.training())
          try await writer.write(.step(2))
        } onResponse: { response in
          for try await _ in response.messages {}
        }
      }
      #expect(error?.code == .aborted)
    }
  }
}
