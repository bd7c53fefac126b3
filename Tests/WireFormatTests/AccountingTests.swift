import GRPCCore
import Testing
import WireBytes
import WireFormat

@Suite("Accounting of the codec")
struct AccountingTests {
  @Test("serializers count messages, bytes and time of each type")
  func counts() throws {
    let (before, decodedBefore) = (WireObjective.codec.encoded, WireObjective.codec.decoded)
    let message = WireObjective(topCount: 300)
    let bytes: WireBytes = try ProtobufCSerializer<WireObjective>().serialize(message)
    for _ in 0..<3 { #expect(try ProtobufCDeserializer<WireObjective>().deserialize(bytes) == message) }
    let (after, decodedAfter) = (WireObjective.codec.encoded, WireObjective.codec.decoded)
    #expect(after.messages == before.messages + 1 && after.bytes == before.bytes + bytes.count)
    #expect(decodedAfter.messages == decodedBefore.messages + 3)
    #expect(decodedAfter.bytes == decodedBefore.bytes + 3 * bytes.count)
    #expect(after.seconds > before.seconds && decodedAfter.seconds > decodedBefore.seconds)
  }

  @Test("of many small messages few are timed, and stand for the others")
  func sampling() {
    let counter = CodecCounter(message: "test.Small")
    for _ in 0..<20_000 { counter.didEncode(bytes: 10, counter.beginEncoding()) }
    #expect(counter.encoded.messages == 20_000 && counter.encoded.bytes == 200_000)
    #expect(counter.encoded.seconds > 0)
    #expect(counter.decoded == CodecCounter.Work())
  }

  @Test("methods know their messages by the names of Protos/")
  func methods() throws {
    let score = try #require(WireMethod.all.first { $0.name == "retort.v1.TeacherService/Score" })
    #expect(score.request === TeacherServiceScoreRequest.codec && score.response === TeacherServiceScoreResponse.codec)
    #expect(score.request.message == "retort.v1.TeacherServiceScoreRequest")
    #expect(Set(WireMethod.all.map(\.name)).count == WireMethod.all.count)
  }

  @Test("a meter tells what was spent since the last time, for RPCs that were used")
  func meter() {
    let totals = Totals()
    var meter = TrafficMeter { totals.now }
    #expect(meter.take() == [])
    totals.now = [
      WireCallTraffic(rpc: "a/B", messagesSent: 2, bytesSent: 30, encodeSeconds: 0.5), WireCallTraffic(rpc: "a/C"),
    ]
    #expect(meter.take() == [WireCallTraffic(rpc: "a/B", messagesSent: 2, bytesSent: 30, encodeSeconds: 0.5)])
    totals.now = [WireCallTraffic(rpc: "a/B", messagesSent: 3, bytesSent: 31, encodeSeconds: 0.75, retries: 1)]
    #expect(
      meter.take() == [WireCallTraffic(rpc: "a/B", messagesSent: 1, bytesSent: 1, encodeSeconds: 0.25, retries: 1)])
    #expect(meter.take() == [])
  }

  @Test("of a oneof the member that is set comes back, an empty string too; entries of maps come back")
  func shapes() throws {
    for message in [
      ServerReflectionRequest(host: "h"), ServerReflectionRequest(listServices: ""),
      ServerReflectionRequest(fileByFilename: "a.proto"),
      ServerReflectionRequest(fileContainingExtension: ExtensionRequest(containingType: "a.B", extensionNumber: 3)),
    ] {
      #expect(try ServerReflectionRequest(decoding: message.encoded()) == message)
    }
    let files = FileDescriptorResponse(fileDescriptorProto: [[], [0, 1, 255]])
    #expect(try FileDescriptorResponse(decoding: files.encoded()) == files)
    let list = HealthListResponse(statuses: [
      HealthListResponseStatusesEntry(key: "", value: HealthCheckResponse(status: .serving)),
      HealthListResponseStatusesEntry(key: "a", value: nil),
    ])
    #expect(try HealthListResponse(decoding: list.encoded()) == list)
  }
}

/// Totals that a test sets.
private final class Totals: @unchecked Sendable {
  // SAFETY: one test, one task.
  var now: [WireCallTraffic] = []
}
