import Foundation
import GRDB
import GRPCCore
import NIOSSL
import ScriptedEndpoint
import Testing
import UpstreamTeacher

@Suite("Asking an endpoint that fails")
struct QuestionDeskTests {
  private static let price = try? Price(input: 1000, output: 2000)

  @Test("an answer is read, stored with its price, and never asked for again, by another process neither")
  func answeredOnce() async throws {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let rules = EndpointFixture.rules { $0.price = Self.price }
    try await ScriptedEndpoint.with(.by { _ in .json(ScriptedTexts.chat("hi", usage: (7, 3))) }) { endpoint in
      for round in 0..<2 {
        let ledger = try fixture.openLedger()
        try await fixture.withDesk(endpoint.url, rules: rules, ledger: ledger) { desk in
          for _ in 0..<2 {
            let reply = try await desk.answer(EndpointFixture.question())
            #expect(reply.text == "hi" && reply.ending == .stop && reply.model == "m-1")
          }
          #expect(desk.counters.counts.hits == (round == 0 ? 1 : 2))
        }
        // 7 tokens at 1000 per million and 3 at 2000.
        #expect(ledger.totals.settled == Money(0.013) && ledger.totals.settledCalls == 1)
        #expect(ledger.totals.reserved == .zero && ledger.totals.doubtful == .zero)
      }
      #expect(endpoint.requests.count == 1)
    }
  }

  @Test("questions that differ in seed are different where something is sampled, and the same where nothing is")
  func samplesAreDifferent() async throws {
    try await EndpointFixture.run(script: .by { .json(ScriptedTexts.chat("answer \($0.index)")) }) {
      desk, endpoint, _ in
      let sampled = try await [1, 2, 1].asyncMap {
        try await desk.answer(EndpointFixture.question(temperature: 1, seed: $0)).text
      }
      #expect(sampled == ["answer 0", "answer 1", "answer 0"])
      let greedy = try await [1, 2].asyncMap { try await desk.answer(EndpointFixture.question(seed: $0)).text }
      #expect(greedy == ["answer 2", "answer 2"])
      #expect(endpoint.requests.count == 3)
    }
  }

  @Test("what an endpoint put off is asked again, and nothing of it is counted", arguments: [409, 425, 429, 503, 529])
  func putOff(status: Int) async throws {
    let rules = EndpointFixture.rules { $0.price = Self.price }
    try await EndpointFixture.run(
      rules: rules,
      script: .by { request in
        request.index < 3
          ? .json(ScriptedTexts.problem("later"), status: status, headers: ["Retry-After": "0.01"])
          : .json(ScriptedTexts.chat("at last"))
      }
    ) { desk, endpoint, ledger in
      let reply = try await desk.answer(EndpointFixture.question())
      #expect(reply.text == "at last")
      #expect(endpoint.requests.count == 4)
      #expect(
        ledger.totals.releasedCalls == 3 && ledger.totals.settledCalls == 1 && ledger.totals.spent == Money(0.013))
      #expect(desk.counters.counts.passingFailures == 3)
    }
  }

  @Test(
    "what failed on the endpoint's side is asked again, and counted at its worst price",
    arguments: [408, 500, 502, 504])
  func failed(status: Int) async throws {
    let rules = EndpointFixture.rules { $0.price = Self.price }
    try await EndpointFixture.run(
      rules: rules,
      script: .by { $0.index < 2 ? .json("", status: status) : .json(ScriptedTexts.chat("at last")) }
    ) { desk, endpoint, ledger in
      let question = EndpointFixture.question()
      #expect(try await desk.answer(question).text == "at last")
      let worst = try #require(Self.price).worst(question)
      #expect(ledger.totals.failedCalls == 2 && ledger.totals.failed == worst + worst)
      #expect(ledger.totals.spent == worst + worst + Money(0.013) && ledger.totals.doubtfulCalls == 0)
      #expect(endpoint.requests.count == 3)
    }
  }

  @Test("failures use the budget up: then nothing more is sent")
  func failuresAndBudget() async throws {
    let question = EndpointFixture.question()
    let worst = try #require(Self.price).worst(question)
    let rules = EndpointFixture.rules { ($0.price, $0.budget) = (Self.price, worst + worst) }
    try await EndpointFixture.run(rules: rules, script: .by { _ in .json("", status: 500) }) { desk, endpoint, _ in
      let error = await #expect(throws: UpstreamError.self) { _ = try await desk.answer(question) }
      #expect(error?.rpcErrorCode == .resourceExhausted && endpoint.requests.count == 2)
    }
  }

  @Test(
    "an answer without text is an answer: it is paid for once, and its end is not the model's",
    arguments: ["null", "missing"], ["stop", "length"])
  func silent(content: String, finish: String) async throws {
    let rules = EndpointFixture.rules { $0.price = Self.price }
    let message = content == "null" ? "{\"role\":\"assistant\",\"content\":null}" : "{\"role\":\"assistant\"}"
    let answer =
      "{\"choices\":[{\"index\":0,\"message\":\(message),\"finish_reason\":\"\(finish)\"}],"
      + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}"
    try await EndpointFixture.run(rules: rules, script: .by { _ in .json(answer) }) { desk, endpoint, ledger in
      for _ in 0..<2 {
        let reply = try await desk.answer(EndpointFixture.question())
        #expect(reply.text.isEmpty && reply.ending == (finish == "stop" ? .other : .length))
      }
      #expect(endpoint.requests.count == 1 && ledger.totals.spent == Money(0.013))
    }
  }

  @Test("an answer that cannot be stored is passed on, and stays counted at its worst price")
  func ledgerLost() async throws {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let rules = EndpointFixture.rules { $0.price = Self.price }
    let path = fixture.folder.appending(path: "ledger.sqlite").path(percentEncoded: false)
    let script = Script.by { _ in
      try? DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE replies") }
      return .json(ScriptedTexts.chat("paid"))
    }
    let question = EndpointFixture.question()
    let worst = try #require(Self.price).worst(question)
    try await ScriptedEndpoint.with(script) { endpoint in
      let ledger = try fixture.openLedger()
      try await fixture.withDesk(endpoint.url, rules: rules, ledger: ledger) { desk in
        let answer = try await desk.answer(question)
        #expect(answer.text == "paid")
        // Nothing more is sent.
        await #expect(throws: UpstreamError.self) { _ = try await desk.answer(EndpointFixture.question("more")) }
      }
      #expect(ledger.totals.spent == worst && endpoint.requests.count == 1)
    }
    let next = try fixture.openLedger()
    #expect(next.leftBehind.calls == 1 && next.totals.doubtful == worst)
  }

  @Test("nothing was sent where TLS did not come about; what broke off later may have been billed")
  func brokenTLS() {
    guard case .lost = HTTPTransport.failure(NIOSSLError.uncleanShutdown) else {
      Issue.record("a connection that was cut is taken for one that never was")
      return
    }
    guard case .notSent = HTTPTransport.failure(NIOSSLError.handshakeFailed(.syscallError)) else {
      Issue.record("no connection is taken for a lost answer")
      return
    }
  }

  @Test("answers of another model than before are counted")
  func otherModel() async throws {
    try await EndpointFixture.run(
      script: .by { .json(ScriptedTexts.chat("hi").replacing("m-1", with: $0.index == 2 ? "m-2" : "m-1")) }
    ) { desk, _, _ in
      for text in ["a", "b", "c", "d"] { _ = try await desk.answer(EndpointFixture.question(text)) }
      // To the other and back.
      #expect(desk.counters.counts.otherModels == 2)
    }
  }

  @Test("answers of another model are refused where they are not wanted: paid, not kept, and known at the next start")
  func refusesOtherModels() async throws {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let rules = EndpointFixture.rules {
      ($0.refusesOtherModels, $0.price) = (true, try? Price(input: 1, output: 1))
    }
    let moved = Script.by { request in
      .json(ScriptedTexts.chat("hi").replacing("m-1", with: [1, 3].contains(request.index) ? "m-2" : "m-1"))
    }
    try await ScriptedEndpoint.with(moved) { endpoint in
      func refused(_ desk: QuestionDesk, _ text: String) async {
        let error = await #expect(throws: UpstreamError.self) {
          _ = try await desk.answer(EndpointFixture.question(text))
        }
        #expect(error?.description.contains("'m-2' answers, and 'm-1' did before") == true)
      }
      let ledger = try fixture.openLedger()
      try await fixture.withDesk(endpoint.url, rules: rules, ledger: ledger) { desk in
        _ = try await desk.answer(EndpointFixture.question("a"))
        await refused(desk, "b")
        #expect(ledger.totals.settledCalls == 2 && ledger.totals.settled == Money(20e-6))
        // Asked again, for the other's answer was not kept.
        #expect(try await desk.answer(EndpointFixture.question("b")).model == "m-1")
      }
      try await fixture.withDesk(endpoint.url, rules: rules, ledger: try fixture.openLedger()) { desk in
        _ = try await desk.answer(EndpointFixture.question("b"))
        await refused(desk, "c")
        #expect(endpoint.requests.count == 4)
      }
    }
  }

  @Test("an endpoint that is away for longer than our patience is UNAVAILABLE, and the reason is named")
  func away() async throws {
    let rules = EndpointFixture.rules { $0.patience = .milliseconds(30) }
    try await EndpointFixture.run(rules: rules, script: .by { _ in .json("", status: 503) }) { desk, _, _ in
      let error = await #expect(throws: UpstreamError.self) { _ = try await desk.answer(EndpointFixture.question()) }
      #expect(error?.rpcErrorCode == .unavailable && error?.description.contains("HTTP 503") == true)
    }
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    // Port 1 of loopback: nobody listens.
    try await fixture.withDesk("http://127.0.0.1:1/v1", rules: rules, ledger: try fixture.openLedger()) { desk in
      let error = await #expect(throws: UpstreamError.self) { _ = try await desk.answer(EndpointFixture.question()) }
      #expect(error?.rpcErrorCode == .unavailable && error?.description.contains("nobody listens") == true)
    }
  }

  enum Loss: CaseIterable, Sendable {
    case cut, malformed, deep, noEnd, twoChoices, brokenStream, tooLarge, silence, notHTTPText

    var answer: ScriptedAnswer {
      switch self {
      case .cut: .cut("{\"choices\":[{\"text\":\"ha")
      case .malformed: .json("{\"choices\":[{\"message\":{\"content\":\"hal")
      case .deep: .json(String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000))
      case .noEnd: .json("{\"choices\":[{\"index\":0,\"text\":\"hal\"}]}")
      case .twoChoices:
        .json("{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"},{\"text\":\"b\",\"finish_reason\":\"stop\"}]}")
      case .brokenStream: .events(ScriptedTexts.chatEvents(["ha"], done: false), ends: true)
      case .tooLarge: .body([UInt8](repeating: 0x20, count: 3 << 20), type: "application/json")
      case .silence: .silence
      case .notHTTPText: .body([0xFF, 0xFE, 0x00], type: "application/json")
      }
    }
  }

  @Test(
    "an answer that was lost stays counted at its worst price; it is asked for again, and then given up",
    arguments: Loss.allCases)
  func lost(loss: Loss) async throws {
    let rules = EndpointFixture.rules { $0.price = Self.price }
    var limits = HTTPTransport.Limits()
    // Where silence is what is waited for, and nowhere else, waiting ends: a busy machine is no silent endpoint.
    (limits.answerBytes, limits.idle) = (1 << 20, loss == .silence ? .seconds(2) : .seconds(30))
    try await EndpointFixture.run(
      rules: rules, limits: limits,
      script: .by { $0.body.contains("worse") || $0.index == 0 ? loss.answer : .json(ScriptedTexts.chat("good")) }
    ) { desk, endpoint, ledger in
      let question = EndpointFixture.question()
      #expect(try await desk.answer(question).text == "good")
      let worst = try #require(Self.price).worst(question)
      #expect(ledger.totals.doubtfulCalls == 1 && ledger.totals.doubtful == worst)
      let error = await #expect(throws: UpstreamError.self) {
        _ = try await desk.answer(EndpointFixture.question("worse"))
      }
      #expect(error?.rpcErrorCode == .dataLoss)
      #expect(endpoint.requests.count == 5 && ledger.totals.doubtfulCalls == 4)
    }
  }

  @Test("under `refuse` a question with a lost answer is not asked again, after a restart neither")
  func refusesDoubtful() async throws {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let rules = EndpointFixture.rules { ($0.price, $0.doubtful) = (Self.price, .refuse) }
    try await ScriptedEndpoint.with(.by { _ in .cut("{") }) { endpoint in
      for _ in 0..<2 {
        try await fixture.withDesk(endpoint.url, rules: rules, ledger: try fixture.openLedger()) { desk in
          let error = await #expect(throws: UpstreamError.self) {
            _ = try await desk.answer(EndpointFixture.question())
          }
          #expect(
            error?.rpcErrorCode == .failedPrecondition && error?.description.contains("--doubtful-calls retry") == true)
        }
      }
      #expect(endpoint.requests.count == 1)
    }
  }

  @Test("the budget is reserved before a call is sent, and a call over it is never sent")
  func budget() async throws {
    // Worst: 32 + 16 + 5 bytes of prompt at 1000, 5 new tokens at 2000 per million: 0.063. Real: 0.013.
    let rules = EndpointFixture.rules { ($0.price, $0.budget) = (Self.price, Money(0.08)) }
    try await EndpointFixture.run(rules: rules, script: .by { _ in .json(ScriptedTexts.chat("hi", usage: (7, 3))) }) {
      desk, endpoint, ledger in
      _ = try await desk.answer(EndpointFixture.question("aaaaa"))
      _ = try await desk.answer(EndpointFixture.question("bbbbb"))
      let error = await #expect(throws: UpstreamError.self) {
        _ = try await desk.answer(EndpointFixture.question("ccccc"))
      }
      #expect(error == .budgetSpent(worst: "0.063000", left: "0.054000", budget: "0.080000"))
      #expect(error?.rpcErrorCode == .resourceExhausted)
      #expect(endpoint.requests.count == 2 && ledger.totals.spent == Money(0.026))
    }
  }

  @Test(
    "an answer without counts, or with impossible ones, is settled at its worst price",
    arguments: [nil, (-1, 3)] as [(Int, Int)?])
  func uncounted(usage: (Int, Int)?) async throws {
    let rules = EndpointFixture.rules { $0.price = Self.price }
    try await EndpointFixture.run(rules: rules, script: .by { _ in .json(ScriptedTexts.chat("hi", usage: usage)) }) {
      desk, _, ledger in
      let question = EndpointFixture.question()
      _ = try await desk.answer(question)
      #expect(ledger.totals.settled == Self.price?.worst(question) && ledger.totals.uncountedCalls == 1)
    }
  }

  @Test("calls that were on their way when a process ended are doubtful in the next one")
  func leftBehind() async throws {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let question = String(repeating: "a", count: 64)
    _ = try fixture.openLedger().reserve(question, worst: Money(0.5), price: Self.price, budget: nil)
    let next = try fixture.openLedger()
    #expect(next.leftBehind.calls == 1 && next.leftBehind.worst == Money(0.5))
    #expect(next.totals.spent == Money(0.5) && next.totals.doubtfulCalls == 1)
    #expect(try next.doubtfulCalls(of: question).count == 1)
    #expect(try fixture.openLedger().leftBehind.calls == 0)
  }

  @Test("a question that nobody waits for any more closes the connection where it costs nothing")
  func cancellation() async throws {
    try await EndpointFixture.run(script: .by { _ in .silence }) { desk, endpoint, ledger in
      let asking = Task { try await desk.answer(EndpointFixture.question()) }
      var events = endpoint.events.makeAsyncIterator()
      #expect(await events.next() == .asked(0))
      asking.cancel()
      await #expect(throws: CancellationError.self) { _ = try await asking.value }
      #expect(await events.next() == .closed(0))
    }
  }

  @Test("ten who ask the same get one call's answer")
  func askedTogether() async throws {
    try await EndpointFixture.run(script: .by { .json(ScriptedTexts.chat("\($0.index)")) }) { desk, endpoint, _ in
      let texts = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<10 { group.addTask { try await desk.answer(EndpointFixture.question()).text } }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(texts == ["0"] && endpoint.requests.count == 1)
    }
  }

  @Test("a stream of events is put together, and its counts are those of its last event")
  func streams() async throws {
    let rules = EndpointFixture.rules { ($0.streams, $0.price) = (true, Self.price) }
    try await EndpointFixture.run(
      rules: rules,
      script: .by { _ in .events(ScriptedTexts.chatEvents(["Grüß", " Gott"], finish: "length"), ends: true) }
    ) { desk, endpoint, ledger in
      let reply = try await desk.answer(EndpointFixture.question())
      #expect(reply.text == "Grüß Gott" && reply.ending == .length)
      #expect(reply.usage?.prompt == 5 && reply.usage?.completion == 2 && ledger.totals.settled == Money(0.009))
      #expect(endpoint.requests[0].body.contains("\"stream\":true"))
    }
  }

  @Test("the last event of a stream may end with the stream", arguments: ["", "\n", "\r\n\r\n"])
  func lastEvent(ending: String) async throws {
    let stream = ScriptedTexts.chatEvents(["all"]).map { "data: \($0)" }.joined(separator: "\n\n") + ending
    try await EndpointFixture.run(script: .by { _ in .body(Array(stream.utf8), type: "text/event-stream") }) {
      desk, endpoint, _ in
      let reply = try await desk.answer(EndpointFixture.question())
      #expect(reply.text == "all" && reply.ending == .stop && endpoint.requests.count == 1)
    }
  }

  @Test("the key travels in its header alone: no redirect takes it along, and no message quotes it")
  func keyStaysSecret() async throws {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let file = fixture.folder.appending(path: "key")
    let secret = "sk-canary-0123456789abcdef"
    try Data("\(secret)\n".utf8).write(to: file)
    #expect(throws: UpstreamError.self) { _ = try APIKey(file: file) }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    let key = try APIKey(file: file)
    #expect(!"\(key) \(String(reflecting: key))".contains("canary"))
    try await EndpointFixture.run(
      key: key,
      script: .by { request in
        request.index == 0
          ? .json(ScriptedTexts.problem("bad value near \(secret), sk-canary-0*"), status: 400)
          : .json("", status: 302, headers: ["Location": "http://127.0.0.1:1/v1/chat/completions"])
      }
    ) { desk, endpoint, _ in
      for _ in 0..<2 {
        let error = await #expect(throws: UpstreamError.self) { _ = try await desk.answer(EndpointFixture.question()) }
        #expect(error?.rpcErrorCode == .invalidArgument && error?.description.contains("canary") == false)
      }
      #expect(endpoint.requests.map { $0.headers["authorization"] } == ["Bearer \(secret)", "Bearer \(secret)"])
      #expect(endpoint.requests.allSatisfy { !$0.body.contains("canary") })
    }
  }
}

extension Array {
  /// Each element's value, one after another.
  func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
