import NIOConcurrencyHelpers

/// The most that any finished stream held in memory: what a test of back-pressure checks.
package final class PeakRecorder: Sendable {
  /// Bytes of one stream.
  package struct Peaks: Sendable, Hashable {
    /// Written, and not yet given to the socket.
    package var outboundBytes = 0
    /// Received, and not yet read.
    package var inboundBytes = 0
    /// Written by all streams of a connection of a server, and not yet given to the socket.
    package var unsentBytes = 0
  }

  private let state = NIOLockedValueBox(Peaks())

  init() {}

  /// The peaks so far.
  package var peaks: Peaks { state.withLockedValue { $0 } }

  func record(_ call: StreamCall) {
    let (outbound, inbound) = (call.gate.peakBytes, call.inbound.peakBytes)
    let unsent = call.link.unsent?.peakBytes ?? 0
    state.withLockedValue { peaks in
      peaks.unsentBytes = max(peaks.unsentBytes, unsent)
      peaks.outboundBytes = max(peaks.outboundBytes, outbound)
      peaks.inboundBytes = max(peaks.inboundBytes, inbound)
    }
  }
}
