import GRPCNGHTTP2Transport
import NIOCore
import WireBytes
import WireFormat

private let limit = 32 << 10

/// What a stream's DATA came to.
private struct Outcome: Hashable {
  var messages: [WireBytes] = []
  var error: MessageError?
  var isAtBoundary = false
}

private func assemble(_ pieces: [ArraySlice<UInt8>], takesCompressed: Bool) -> Outcome {
  var assembler = MessageAssembler(limit: limit)
  assembler.takesCompressed = takesCompressed
  var outcome = Outcome()
  do throws(MessageError) {
    for piece in pieces { try assembler.take(piece) { outcome.messages.append($0) } }
  } catch {
    outcome.error = error
    return outcome
  }
  outcome.isAtBoundary = assembler.isAtBoundary
  return outcome
}

extension MessageAssembler {
  fileprivate mutating func take(
    _ bytes: ArraySlice<UInt8>, emit: (WireBytes) -> Void
  ) throws(MessageError) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, MessageError> in
      do throws(MessageError) { return .success(try append(buffer, emit: emit)) } catch { return .failure(error) }
    }
    try result.get()
  }
}

/// However DATA is cut, the same messages come of it; and what inflates is deflated and inflated again to the same.
func fuzzMessages(_ bytes: ArraySlice<UInt8>) {
  var bytes = bytes
  guard let first = bytes.popFirst() else { return }
  let takesCompressed = first & 1 == 0
  let whole = assemble([bytes], takesCompressed: takesCompressed)
  let cut = assemble(bytes.cut(into: [1, 2, 5, 64][Int(first >> 1 & 3)]), takesCompressed: takesCompressed)
  precondition(whole == cut, "the cut of DATA changes its messages")
  for message in whole.messages {
    precondition(message.count <= limit, "a message of \(message.count) bytes")
    guard message.isCompressed, let inflated = try? Gzip.inflate(message, limit: limit) else { continue }
    precondition(takesCompressed && inflated.count <= limit, "inflated to \(inflated.count) bytes")
    guard let again = Gzip.deflate(inflated) else { continue }
    let twice = try? Gzip.inflate(WireBytes(framed: again), limit: limit)
    precondition(twice == inflated, "gzip loses bytes")
  }
}

/// What decodes is encoded to bytes that decode to the same bytes again.
func fuzzWireMessage(_ bytes: ArraySlice<UInt8>) {
  var bytes = bytes
  guard let first = bytes.popFirst() else { return }
  allMessages[Int(first) % allMessages.count].checkRoundTrip(Array(bytes))
}

extension WireMessage {
  fileprivate static func checkRoundTrip(_ bytes: [UInt8]) {
    guard let message = try? Self(decoding: bytes), let once = try? message.encoded() else { return }
    do throws(WireFormatError) {
      let again = try Self(decoding: once)
      precondition((try? again.encoded()) == once, "\(protoName) is not encoded as it was decoded")
    } catch {
      // Fields that we do not know bought the first decoding more memory than the second has.
      guard case .overBudget = error else { preconditionFailure("\(protoName) cannot read its own bytes: \(error)") }
    }
  }
}
