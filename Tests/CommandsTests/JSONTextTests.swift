import Commands
import Foundation
import Testing

@Suite struct JSONTextTests {
  @Test("what is written is read back equal by another reader")
  func roundTrip() throws {
    let text = JSONText.object([
      ("b", .text("a\"\\\n\t\u{1}é🙂")), ("a", .floats([0.1, -3.4e38, 1])), ("n", .whole(-7)), ("d", .number(1e-300)),
    ]).description
    let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(read["b"] as? String == "a\"\\\n\t\u{1}é🙂")
    #expect((read["a"] as? [Double])?.map { Float($0) } == [0.1, -3.4e38, 1])
    #expect(read["n"] as? Int == -7)
    #expect(read["d"] as? Double == 1e-300)
    #expect(text.hasPrefix("{\"b\":"), "fields keep their order")
  }

  @Test("numbers that JSON has not become null", arguments: [Float.infinity, -.infinity, .nan])
  func notFinite(value: Float) {
    #expect(JSONText.floats([value]).description == "[null]")
  }
}
