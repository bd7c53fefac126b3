/// What is sent to the endpoint.
package struct EndpointCall: Sendable {
  /// Where it goes.
  package var url: String
  /// JSON; nil: a GET.
  package var body: [UInt8]?
  /// Takes the bytes of an answer with status 200 as they come, where it comes as a stream of events.
  package var streams: Bool
}

/// What came back, whole.
package struct EndpointAnswer: Sendable, Hashable {
  var status: Int
  /// `Retry-After` in seconds; nil: not given, or not understood.
  var retryAfter: Double?
  var contentType: String
  var body: [UInt8]
}

/// Why nothing whole came back.
package enum TransportFailure: Error, Sendable, Hashable {
  /// Nothing was sent: nobody listens, or there is no way there.
  case notSent(String)
  /// Something was sent, and what became of it is not known.
  case lost(String)
}

/// Sends one call at a time; never repeats one.
package protocol EndpointTransport: Sendable {
  /// Sends a call. Cancelling the task closes the connection.
  ///
  /// - Throws: ``TransportFailure``, or `CancellationError`.
  func send(_ call: EndpointCall) async throws -> EndpointAnswer
}
