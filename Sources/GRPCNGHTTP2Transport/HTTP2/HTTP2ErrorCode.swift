package import GRPCCore

/// Error codes of RST_STREAM and GOAWAY (RFC 9113, section 7).
package enum HTTP2ErrorCode: UInt32, Sendable {
  case noError, protocolError, internalError, flowControlError, settingsTimeout, streamClosed, frameSizeError
  case refusedStream, cancel, compressionError, connectError, enhanceYourCalm, inadequateSecurity, http11Required
}

extension HTTP2ErrorCode {
  /// The status of a call whose stream ended with this code and without trailers.
  ///
  /// - SeeAlso: "Errors" of <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
  package var status: RPCError.Code {
    switch self {
    case .refusedStream: .unavailable
    case .cancel: .cancelled
    case .enhanceYourCalm: .resourceExhausted
    case .inadequateSecurity: .permissionDenied
    case .streamClosed, .http11Required: .unknown
    case .noError, .protocolError, .internalError, .flowControlError, .settingsTimeout, .frameSizeError,
      .compressionError, .connectError:
      .internalError
    }
  }

  /// The code's name in RFC 9113.
  package var name: String {
    switch self {
    case .noError: "NO_ERROR"
    case .protocolError: "PROTOCOL_ERROR"
    case .internalError: "INTERNAL_ERROR"
    case .flowControlError: "FLOW_CONTROL_ERROR"
    case .settingsTimeout: "SETTINGS_TIMEOUT"
    case .streamClosed: "STREAM_CLOSED"
    case .frameSizeError: "FRAME_SIZE_ERROR"
    case .refusedStream: "REFUSED_STREAM"
    case .cancel: "CANCEL"
    case .compressionError: "COMPRESSION_ERROR"
    case .connectError: "CONNECT_ERROR"
    case .enhanceYourCalm: "ENHANCE_YOUR_CALM"
    case .inadequateSecurity: "INADEQUATE_SECURITY"
    case .http11Required: "HTTP_1_1_REQUIRED"
    }
  }
}
