internal import CNGHTTP2

/// Why a connection cannot go on, as libnghttp2 says it.
package struct HTTP2SessionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The engine's code, negative.
  package let code: Int32

  /// Whether the peer does not speak HTTP/2 at all.
  package var isForeignProtocol: Bool { code == NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue }

  /// The limit that the peer passed, where the engine counts.
  package var limit: TransportLimit? {
    switch code {
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue: .continuations
    case NGHTTP2_ERR_FLOODED.rawValue: .acknowledgements
    default: nil
    }
  }

  /// The engine's words for it.
  package var description: String {
    unsafe String(cString: nghttp2_strerror(code))
  }
}
