import Foundation
import Testing
import UpstreamTeacher

@Suite("Pace, prices and addresses of an endpoint")
struct PaceTests {
  @Test("no minute holds more calls than the limit, and the limit is used", arguments: [1, 7, 60, 600])
  func requests(limit: Int) {
    var pace = Pace(PaceLimits(requestsPerMinute: limit))
    var (now, starts) = (0.0, [Double]())
    for _ in 0..<(limit * 3) {
      now += pace.take(tokens: 0, at: now)
      starts.append(now)
    }
    for start in starts {
      #expect(starts.count(where: { $0 >= start && $0 < start + 60 }) <= limit)
    }
    // Three minutes' calls take little more than three minutes.
    #expect(now <= 66 * 3)
  }

  @Test("tokens are limited as calls are, but for those of one call, and what was not used is given back")
  func tokens() {
    var pace = Pace(PaceLimits(tokensPerMinute: 1000))
    var (now, starts) = (0.0, [Double]())
    for _ in 0..<60 {
      now += pace.take(tokens: 100, at: now)
      pace.giveBack(tokens: 50)
      starts.append(now)
    }
    for start in starts {
      #expect(starts.count(where: { $0 >= start && $0 < start + 60 }) * 50 <= 1000 + 100)
    }
    #expect(now > 120 && now < 200)
  }

  @Test("an endpoint that asks for patience holds every call back, and only until then")
  func hold() {
    var pace = Pace(PaceLimits())
    #expect(pace.take(tokens: 5, at: 10) == 0)
    pace.hold(until: 12.5)
    #expect(pace.take(tokens: 5, at: 11) == 1.5 && pace.held(at: 12) == 0.5)
    #expect(pace.take(tokens: 5, at: 13) == 0 && pace.held(at: 13) == 0)
  }

  @Test("pauses double up to their limit, are drawn below it, and are never shorter than the endpoint asks")
  func pauses() {
    let pauses = RetryPauses(first: 0.5, limit: 30, longestRetryAfter: 120)
    #expect(
      (1...9).map { pauses.seconds(afterFailures: $0, retryAfter: nil, unit: 1) } == [0.5, 1, 2, 4, 8, 16, 30, 30, 30])
    #expect(pauses.seconds(afterFailures: 3, retryAfter: nil, unit: 0.25) == 0.5)
    #expect(pauses.seconds(afterFailures: 3, retryAfter: 7, unit: 0.25) == 7)
    #expect(pauses.seconds(afterFailures: 3, retryAfter: 7000, unit: 1) == 120)
  }

  @Test("events end at empty lines, whatever ends a line and wherever the bytes are cut")
  func events() throws {
    let text = "data: one\n\n: comment\r\ndata:two\r\ndata: lines\r\n\r\nevent: x\ndata: three\r\rdata: lost"
    for size in 1...text.utf8.count {
      var events = ServerSentEvents()
      var found: [String] = []
      let bytes = Array(text.utf8)
      for first in stride(from: 0, to: bytes.count, by: size) {
        found += try events.take(bytes[first..<min(first + size, bytes.count)]).map {
          String(decoding: $0, as: UTF8.self)
        }
      }
      #expect(found == ["one", "two\nlines", "three"], "pieces of \(size)")
    }
    var bounded = ServerSentEvents(lineLimit: 8)
    #expect(throws: ServerSentEvents.LineTooLong.self) { try bounded.take(Array("data: 123456789".utf8)) }
  }

  @Test("an address without a path means /v1, and what is not an endpoint's is refused without quoting secrets")
  func addresses() throws {
    #expect(try EndpointURL("http://localhost:8000").base == "http://localhost:8000/v1")
    #expect(try EndpointURL("https://host/openai/v1/").route("/completions") == "https://host/openai/v1/completions")
    #expect(try EndpointURL("http://[::1]:80/v1/chat/completions").base == "http://[::1]:80/v1")
    #expect(try EndpointURL("http://127.0.0.1:1").isLoopback && !EndpointURL("http://10.0.0.1:1").isLoopback)
    for text in ["host:80", "ftp://host", "http://", "https://user:sk-secret@host/v1", "https://host/v1?key=sk-secret"]
    {
      let error = #expect(throws: UpstreamError.self) { _ = try EndpointURL(text) }
      #expect(error?.description.contains("sk-secret") == false)
    }
  }

  @Test("prices are exact to a billionth, rounded up, and read from a table by the model's name")
  func prices() throws {
    let price = try Price(input: 2.5, output: 10, cachedInput: 1.25)
    #expect(price.cost(.init(prompt: 1000, cachedPrompt: 400, completion: 7)) == Money(billionths: 2_070_000))
    #expect(try Price(input: 0.0001, output: 0).cost(.init(prompt: 1, completion: 0)) == Money(billionths: 1))
    let file = FileManager.default.temporaryDirectory.appending(path: "prices-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("{\"a\": {\"input\": 1, \"output\": 2, \"cached_input\": 0.5}}".utf8).write(to: file)
    #expect(try Price(file: file, model: "a") == Price(input: 1, output: 2, cachedInput: 0.5))
    for model in ["b"] { #expect(throws: UpstreamError.self) { _ = try Price(file: file, model: model) } }
    #expect(throws: UpstreamError.self) { _ = try Price(input: -1, output: 0) }
  }
}
