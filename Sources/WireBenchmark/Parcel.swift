internal import CWireBenchmark
package import GRPCCore
internal import WireBytes

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The benchmark's message as protobuf-c holds it, and its only owner.
// SAFETY: nothing writes to the message once an initializer has returned, and no pointer leaves this file.
@safe package final class Parcel: @unchecked Sendable {
  fileprivate typealias CMessage = Retort__Benchmark__V1__Parcel
  fileprivate let message: UnsafeMutablePointer<CMessage>

  fileprivate init(_ message: UnsafeMutablePointer<CMessage>) {
    unsafe self.message = unsafe message
  }

  /// Makes an empty message, in memory that protobuf-c may free.
  fileprivate init?(filling fill: (inout CMessage) -> Void) {
    guard let memory = unsafe malloc(MemoryLayout<CMessage>.size) else { return nil }
    unsafe message = unsafe memory.bindMemory(to: CMessage.self, capacity: 1)
    unsafe retort__benchmark__v1__parcel__init(message)
    unsafe fill(&message.pointee)
  }

  deinit {
    unsafe retort__benchmark__v1__parcel__free_unpacked(message, nil)
  }
}

/// Messages of protobuf-c: packed columns are copied as blocks, straight into the transport's memory and out of it.
package enum ParcelCodec: BenchmarkCodec {
  package typealias Message = Parcel?

  package static var serializer: ParcelSerializer { ParcelSerializer() }
  package static var deserializer: ParcelDeserializer { ParcelDeserializer() }

  package static func columns(rows: Int) -> Parcel? {
    unsafe Parcel { message in
      unsafe message.token_ids = column(rows) { UInt32(truncatingIfNeeded: $0 &* 31) }
      unsafe message.logprobs = column(rows) { -Float($0 & 1023) / 64 }
      guard unsafe message.token_ids != nil, unsafe message.logprobs != nil else { return }
      unsafe message.n_token_ids = rows
      unsafe message.n_logprobs = rows
    }
  }

  package static func payload(byteCount: Int) -> Parcel? {
    unsafe Parcel { message in
      unsafe message.payload.data = column(byteCount) { UInt8(truncatingIfNeeded: $0 &* 31) }
      unsafe message.payload.len = message.payload.data == nil ? 0 : byteCount
    }
  }

  package static func order(messageCount: Int, rows: Int) -> Parcel? {
    unsafe Parcel { message in
      unsafe message.message_count = UInt32(clamping: messageCount)
      unsafe message.rows = UInt32(clamping: rows)
    }
  }

  package static func readOrder(_ message: Parcel?) -> (messageCount: Int, rows: Int) {
    guard let message else { return (0, 0) }
    return unsafe (Int(message.message.pointee.message_count), Int(message.message.pointee.rows))
  }

  package static func contentBytes(of message: Parcel?) -> Int {
    guard let message = unsafe message?.message.pointee else { return 0 }
    var sum: Float = 0
    if unsafe message.n_token_ids > 0, let ids = unsafe message.token_ids {
      unsafe sum += Float(ids[0] &+ ids[message.n_token_ids - 1])
    }
    if unsafe message.n_logprobs > 0, let logprobs = unsafe message.logprobs {
      unsafe sum += logprobs[0] + logprobs[message.n_logprobs - 1]
    }
    return unsafe sum.isNaN ? 0 : 4 * (message.n_token_ids + message.n_logprobs) + message.payload.len
  }

  private static func column<Value>(_ count: Int, _ value: (Int) -> Value) -> UnsafeMutablePointer<Value>? {
    guard let memory = unsafe malloc(max(1, count * MemoryLayout<Value>.stride)) else { return nil }
    let column = unsafe memory.bindMemory(to: Value.self, capacity: count)
    for index in 0..<count { unsafe (column + index).initialize(to: value(index)) }
    return unsafe column
  }
}

/// Packs into the memory that is sent.
package struct ParcelSerializer: MessageSerializer {
  package func serialize<Bytes: GRPCContiguousBytes>(_ message: Parcel?) throws -> Bytes {
    guard let message = unsafe message?.message else { throw Self.noMemory }
    let count = unsafe retort__benchmark__v1__parcel__get_packed_size(message)
    if Bytes.self == WireBytes.self {
      let bytes = unsafe WireBytes(capacity: count) { unsafe Self.pack(message, into: $0) }
      if let bytes = bytes as? Bytes { return bytes }
    }
    var bytes = Bytes(repeating: 0, count: count)
    _ = unsafe bytes.withUnsafeMutableBytes { unsafe Self.pack(message, into: $0) }
    return bytes
  }

  private static func pack(
    _ message: UnsafePointer<Parcel.CMessage>, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard let start = buffer.baseAddress else { return 0 }
    return unsafe retort__benchmark__v1__parcel__pack(message, start.assumingMemoryBound(to: UInt8.self))
  }

  private static let noMemory = RPCError(code: .resourceExhausted, message: "no memory for a message")
}

/// Unpacks from the memory in which the message arrived.
package struct ParcelDeserializer: MessageDeserializer {
  package func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Parcel? {
    let message = unsafe bytes.withUnsafeBytes { buffer in
      unsafe retort__benchmark__v1__parcel__unpack(
        nil, buffer.count, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    guard let message = unsafe message else {
      throw RPCError(code: .invalidArgument, message: "\(Parcel.self): the message cannot be read")
    }
    return unsafe Parcel(message)
  }
}
