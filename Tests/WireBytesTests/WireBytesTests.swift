import GRPCCore
import NIOCore
import Testing
import WireBytes

@Suite("WireBytes")
struct WireBytesTests {
  @Test("frames what was written, not the room that was asked for", arguments: [0, 1, 300, 70_000])
  func framesWhatWasWritten(count: Int) {
    let bytes = WireBytes(capacity: count + 7) { buffer in
      for index in 0..<count { buffer[index] = UInt8(truncatingIfNeeded: index) }
      return count
    }
    #expect(bytes.count == count)
    #expect(bytes.withUnsafeBytes { Array($0) } == (0..<count).map { UInt8(truncatingIfNeeded: $0) })
    var framed = bytes.framed
    #expect(framed.readInteger(as: UInt8.self) == 0)
    #expect(framed.readInteger(as: UInt32.self) == UInt32(count))
    #expect(framed.readableBytes == count)
  }

  @Test("a copy keeps its bytes when the original changes")
  func copiesAreValues() {
    var bytes = WireBytes(repeating: 1, count: 4)
    let copy = bytes
    bytes.withUnsafeMutableBytes { $0[2] = 9 }
    #expect(copy == WireBytes([1, 1, 1, 1]))
    #expect(bytes == WireBytes([1, 1, 9, 1]))
    #expect(bytes.framed.getInteger(at: bytes.framed.readerIndex + 1, as: UInt32.self) == 4)
  }
}
