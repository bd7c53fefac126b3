import FuzzTargets
import GRPCCore
import Sequences
import Testing
import WireBytes
import WireFormat

@Suite("Messages and their encoding")
struct MessageCodingTests {
  @Test("the golden file and the list of messages name the same messages")
  func everyMessageIsCovered() throws {
    #expect(try Set(GoldenMessages.load().messages.keys) == Set(allMessages.map { $0.protoName }))
  }

  @Test("encodings of Google's implementation are read and written back byte for byte", arguments: allMessages.indices)
  func goldenEncodings(index: Int) throws {
    let encodings = try GoldenMessages.load().encodings(of: allMessages[index].protoName)
    #expect(encodings.count == 6)
    for encoding in encodings { try check(allMessages[index], encoding) }
  }

  @Test("encodings of earlier schemas are read and written back byte for byte", arguments: ["messages-1"])
  func earlierEncodings(file: String) throws {
    let golden = try GoldenMessages.load(file)
    for (name, _) in golden.messages {
      let type = try #require(allMessages.first { $0.protoName == name }, "\(name) is gone")
      for encoding in golden.encodings(of: name) { try check(type, encoding) }
    }
  }

  private func check<Message: WireMessage>(_ type: Message.Type, _ encoding: [UInt8]) throws {
    let message = try Message(decoding: encoding)
    #expect(try message.encoded() == encoding)
    #expect(try Message(decoding: message.encoded()) == message)
    let framed: WireBytes = try ProtobufCSerializer<Message>().serialize(message)
    #expect(framed == WireBytes(encoding))
    #expect(try ProtobufCDeserializer<Message>().deserialize(framed) == message)
    let plain: [UInt8] = try ProtobufCSerializer<Message>().serialize(message)
    #expect(plain == encoding)
  }

  @Test("columns of any content come back as they were", arguments: 0..<40 as Range<UInt64>)
  func columnsRoundTrip(seed: UInt64) throws {
    var source = SeededGenerator(seed: seed)
    func column(_ most: Int) -> [UInt32] {
      (0..<Int.random(in: 0...most, using: &source)).map { _ in UInt32.random(in: .min ... .max, using: &source) }
    }
    // Any bit pattern but NaN, which is not equal to itself.
    func floats(_ most: Int) -> [Float] { column(most).map(Float.init(bitPattern:)).filter { !$0.isNaN } }
    let chunk = WireScoreChunk(
      firstPosition: UInt64.random(in: 0...UInt64.max, using: &source), positionCount: 3, last: seed % 2 == 0,
      tokenLogprobs: floats(2_000), topTokenIDs: column(500), topLogprobs: floats(500), tailLogprobs: floats(5),
      gatheredLogprobs: floats(5), fullLogprobs: floats(100_000), entropies: floats(1), hiddenStates: floats(9))
    let response = TeacherServiceScoreResponse(chunk: chunk)
    #expect(try TeacherServiceScoreResponse(decoding: response.encoded()) == response)
  }

  @Test("an absent message stays absent and an empty one stays empty")
  func presence() throws {
    #expect(try TrainResponse(decoding: []).metrics == nil)
    #expect(
      try TrainResponse(decoding: TrainResponse(metrics: WireStepMetrics()).encoded()).metrics == WireStepMetrics())
  }

  @Test("an enum value of a newer peer is kept as unspecified")
  func unknownEnumValue() throws {
    #expect(try WireRun(decoding: [0x10, 99]).state == .unspecified)
    #expect(try WireCompletionBatch(decoding: [0x2A, 0x02, 0x01, 0x63]).finishReasons == [.stop, .unspecified])
  }

  @Test("fields of a newer peer are skipped")
  func unknownField() throws {
    let encoding = try SaveRequest(path: "checkpoint-3").encoded()
    #expect(try SaveRequest(decoding: encoding + [0xFA, 0x7F, 0x01, 0x07]).path == "checkpoint-3")
  }

  @Test("a string that is not UTF-8 is refused by name; one with NUL comes back whole")
  func strings() throws {
    #expect(throws: WireFormatError.invalidUTF8(field: "retort.v1.SaveRequest.path")) {
      try SaveRequest(decoding: [0x0A, 0x02, 0xC3, 0x28])
    }
    #expect(try SaveRequest(path: "a\0b").encoded() == [0x0A, 0x03, 0x61, 0x00, 0x62])
    #expect(try SaveRequest(decoding: [0x0A, 0x03, 0x61, 0x00, 0x62]).path == "a\0b")
    let rows = WatchRunResponse(metricsRows: ["", "a\0", "ä"])
    #expect(try WatchRunResponse(decoding: rows.encoded()) == rows)
  }

  @Test("a few bytes cannot ask for much memory")
  func budget() throws {
    let emptyRuns = [UInt8](repeating: 0, count: 2 << 20).enumerated().map { $0.offset % 2 == 0 ? 0x0A : $0.element }
    #expect(throws: WireFormatError.overBudget(message: "retort.v1.ListRunsResponse", byteCount: 2 << 20)) {
      try ListRunsResponse(decoding: emptyRuns)
    }
    let unknownVarints = (0..<(2 << 20)).map { [0xB8, 0x01, 0x00][$0 % 3] as UInt8 }
    #expect(throws: WireFormatError.self) { try SaveRequest(decoding: unknownVarints) }
    // What is meant to be large passes: a megabyte of packed ids, and runs as they are.
    let large = WireSequenceBatch(tokenIDs: Array(0..<262_144))
    #expect(try WireSequenceBatch(decoding: large.encoded()) == large)
    let run = WireRun(
      runID: "0123456789abcdef", state: .running, message: "step 3 of 10", step: 3, maxSteps: 10,
      outputDir: "/home/me/out/run", submitUnixMilliseconds: 1_717_750_000_000, method: "distillm2")
    let runs = ListRunsResponse(runs: Array(repeating: run, count: 20_000))
    #expect(try ListRunsResponse(decoding: runs.encoded()) == runs)
  }

  @Test("cut and changed encodings are refused or read, and never harm", arguments: allMessages.indices)
  func mutations(index: Int) throws {
    var source = SeededGenerator(seed: 7, path: UInt64(index))
    for encoding in try GoldenMessages.load().encodings(of: allMessages[index].protoName) where !encoding.isEmpty {
      for _ in 0..<200 {
        var bytes = encoding
        switch source.next() % 3 {
        case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &source))
        case 1: bytes[Int.random(in: bytes.indices, using: &source)] = UInt8.random(in: .min ... .max, using: &source)
        default:
          bytes.insert(
            UInt8.random(in: .min ... .max, using: &source), at: Int.random(in: bytes.indices, using: &source))
        }
        survive(allMessages[index], bytes)
      }
    }
  }

  private func survive<Message: WireMessage>(_ type: Message.Type, _ bytes: [UInt8]) {
    do {
      let message = try Message(decoding: bytes)
      #expect(try Message(decoding: message.encoded()).encoded() == message.encoded())
    } catch is WireFormatError {
      // Refused, which is right.
    } catch {
      Issue.record("\(type.protoName): \(error)")
    }
  }

  @Test("a request at fault is the caller's error, a response at fault is the peer's")
  func statuses() {
    let garbage: [UInt8] = [0xFF, 0xFF, 0xFF]
    let request = #expect(throws: RPCError.self) { try ProtobufCDeserializer<TrainRequest>().deserialize(garbage) }
    #expect(request?.code == .invalidArgument)
    #expect(request?.message.contains("\n") == false)
    let response = #expect(throws: RPCError.self) { try ProtobufCDeserializer<TrainResponse>().deserialize(garbage) }
    #expect(response?.code == .internalError)
  }

  @Test("the pass-through serializer hands bytes on, whatever they are")
  func passThrough() throws {
    let bytes = WireBytes([0xFF, 0x00, 0x01])
    let same: WireBytes = try PassThroughSerializer().serialize(bytes)
    let plain: [UInt8] = try PassThroughSerializer().serialize(bytes)
    #expect(same == bytes)
    #expect(plain == [0xFF, 0x00, 0x01])
    #expect(try PassThroughDeserializer().deserialize(plain) == bytes)
    #expect(try PassThroughDeserializer().deserialize(bytes) == bytes)
  }
}
