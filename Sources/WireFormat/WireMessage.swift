/// A message of `Protos/`: a plain value whose bytes protobuf-c writes and reads.
public protocol WireMessage: Sendable, Hashable {
  /// Name in `Protos/`, such as `retort.v1.ScoreChunk`.
  static var protoName: String { get }

  /// Counts messages as serializers encode and decode them.
  static var codec: CodecCounter { get }

  /// Calls `body` with the message as protobuf-c sees it, ready to be measured and packed.
  ///
  /// - Throws: What `body` throws.
  func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R

  /// Reads a message from its protobuf encoding; every column is copied once.
  ///
  /// - Throws: ``WireFormatError/malformed(message:byteCount:)``, ``WireFormatError/overBudget(message:byteCount:)``
  ///   or ``WireFormatError/invalidUTF8(field:)``.
  init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError)
}

extension WireMessage {
  /// The message's protobuf encoding.
  public func encoded() throws -> [UInt8] {
    try withEncoding { encoding in
      unsafe [UInt8](unsafeUninitializedCapacity: encoding.byteCount) { buffer, count in
        count = unsafe encoding.pack(into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }

  /// Reads a message from its protobuf encoding.
  public init(decoding bytes: [UInt8]) throws(WireFormatError) {
    let result: Result<Self, WireFormatError> = unsafe bytes.withUnsafeBytes { buffer in
      do throws(WireFormatError) { return .success(try unsafe Self(decoding: buffer)) } catch { return .failure(error) }
    }
    self = try result.get()
  }
}
