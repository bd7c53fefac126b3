public import GRPCCore

/// Chooses for single messages of a call that compresses whether they are compressed.
///
/// A client's call compresses when `CallOptions.compression`, or else the client's configuration, says gzip; an answer,
/// when `Metadata.responseCompression` or else the server's configuration does, and the client reads it.
/// Messages that compression would not make smaller are sent as they are.
public enum MessageCompression {
  @TaskLocal package static var isSkipped = false

  /// Sends as they are the messages that `body` writes.
  ///
  /// It has no effect on a client's call with a retry or hedging policy, where another task writes them.
  public static func skip<R>(_ body: () async throws -> R) async rethrows -> R {
    try await $isSkipped.withValue(true, operation: body)
  }
}

extension Metadata {
  static let responseCompressionKey = "grpc-internal-encoding-request"

  /// What the messages of an answer are compressed with, whatever the server's configuration says; nil: as it says.
  ///
  /// A handler sets it in the initial metadata of its response. It is obeyed where the client says that it reads
  /// gzip, and is not itself sent.
  ///
  ///     var response = ServerResponse(message: message)
  ///     response.metadata.responseCompression = .gzip
  public var responseCompression: CompressionAlgorithm? {
    get {
      guard !isEmpty, let name = self[stringValues: Self.responseCompressionKey].first(where: { _ in true }) else {
        return nil
      }
      return name == "gzip" ? .gzip : CompressionAlgorithm.none
    }
    set {
      removeAllValues(forKey: Self.responseCompressionKey)
      if let newValue { addString(newValue == .gzip ? "gzip" : "identity", forKey: Self.responseCompressionKey) }
    }
  }
}
