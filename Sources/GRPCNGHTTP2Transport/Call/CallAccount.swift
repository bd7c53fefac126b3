import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import WireBytes

/// Adds up what an observed call costs, and reports it once.
final class CallAccount: Sendable {
  private struct State {
    var report: CallReport
    var status: Status.Code?
    /// What was seen to go wrong before the stream was gone.
    var cause: CallEnd?
    /// After which the client gives the call up.
    var timeout: Duration?
    /// The stream is gone, and the report complete but for what the reader adds.
    var hasEnded = false
    /// Whoever reads on a client is done.
    var isLeft: Bool
    var isReported = false

    /// Takes the report when nothing more will change it.
    mutating func takeReport() -> CallReport? {
      guard hasEnded, isLeft, !isReported else { return nil }
      isReported = true
      return report
    }
  }

  private let observer: any CallObserver
  private let begin = ContinuousClock.now
  private let state: NIOLockedValueBox<State>

  /// Begins an account; nil, at no cost, where nobody observes.
  static func open(
    _ observer: (any CallObserver)?, role: CallReport.Role, method: MethodDescriptor, remotePeer: String
  ) -> CallAccount? {
    observer.map { CallAccount($0, role: role, method: method, remotePeer: remotePeer) }
  }

  private init(_ observer: any CallObserver, role: CallReport.Role, method: MethodDescriptor, remotePeer: String) {
    self.observer = observer
    let report = CallReport(method: method, role: role, remotePeer: remotePeer, status: .unknown, end: .completed)
    state = NIOLockedValueBox(State(report: report, isLeft: role == .server))
  }

  deinit {
    // A call that never got to its stream.
    end(.cancelled, status: .cancelled)
    left()
  }

  /// Nobody on a client reads the call any more: the report leaves when the stream is gone as well.
  func left() {
    let report = state.withLockedValue { state in
      state.isLeft = true
      return state.takeReport()
    }
    if let report { observer.callEnded(report) }
  }

  /// The request's headers are known.
  func began(_ headers: HeaderFields) {
    let attempts = headers["grpc-previous-rpc-attempts"].flatMap { Int($0) } ?? 0
    let timeout = headers.timeout
    state.withLockedValue { state in
      state.report.previousAttempts = max(attempts, 0)
      state.timeout = timeout
    }
  }

  /// A message is on its way to the connection.
  func sent(_ framed: ByteBuffer) {
    state.withLockedValue { $0.report.sent.add(framed.messageBytes) }
  }

  /// A writer has waited for room.
  func waitedToSend(_ wait: Duration) {
    state.withLockedValue { $0.report.sent.waited += wait }
  }

  func received(messageBytes: Int?, after wait: Duration = .zero) {
    state.withLockedValue { state in
      if let messageBytes { state.report.received.add(messageBytes) }
      state.report.received.waited += wait
    }
  }

  /// A status was sent or has come.
  func answered(_ status: Status.Code) {
    state.withLockedValue { if $0.status == nil { $0.status = status } }
  }

  /// This end saw what makes it end the call.
  func failed(_ cause: CallEnd) {
    state.withLockedValue { if $0.cause == nil { $0.cause = cause } }
  }

  /// The stream is gone, or never came to be.
  ///
  /// - Parameters:
  ///   - cause: Why, unless something else was seen before; nil: the stream ended in order.
  ///   - status: What stands for the end where no status was exchanged.
  func end(_ cause: CallEnd?, status: Status.Code, sentBytes: Int = 0, receivedBytes: Int = 0) {
    let duration = begin.duration(to: .now)
    let report = state.withLockedValue { state -> CallReport? in
      guard !state.hasEnded else { return nil }
      state.hasEnded = true
      state.report.status = state.status ?? status
      let lacksStatus = state.status == nil && state.report.role == .client
      state.report.end = state.cause ?? cause ?? (lacksStatus ? .malformed : .completed)
      state.report.duration = duration
      state.report.sent.wireBytes = sentBytes
      state.report.received.wireBytes = receivedBytes
      if state.report.status == .deadlineExceeded { state.report.end = .deadlineExceeded }
      // The time that a client gives began to run a little before this end heard of the call.
      if state.report.end == .cancelled, let timeout = state.timeout,
        duration >= timeout - min(timeout / 5, .milliseconds(500))
      {
        (state.report.end, state.report.status) = (.deadlineExceeded, .deadlineExceeded)
      }
      return state.takeReport()
    }
    if let report { observer.callEnded(report) }
  }
}

extension CallReport.Traffic {
  fileprivate mutating func add(_ bytes: Int) {
    messages += 1
    messageBytes += bytes
  }
}

extension ByteBuffer {
  /// Bytes of a message with its prefix: of a compressed one those that it inflates to, as the end of gzip says.
  fileprivate var messageBytes: Int {
    guard readableBytes >= WireBytes.prefixLength + 4, getInteger(at: readerIndex, as: UInt8.self) == 1 else {
      return readableBytes - WireBytes.prefixLength
    }
    return getInteger(at: writerIndex - 4, endianness: .little, as: UInt32.self).map(Int.init) ?? 0
  }
}

extension StreamCall {
  /// Waits until there is room for bytes of a message, then takes it.
  func enterGate(_ byteCount: Int) async throws {
    guard let account else { return try await gate.enter(byteCount) }
    if try gate.tryEnter(byteCount) { return }
    let begin = ContinuousClock.now
    defer { account.waitedToSend(begin.duration(to: .now)) }
    try await gate.enter(byteCount)
  }

  /// Waits for the next part from the peer, as it came.
  func receivePart() async throws -> InboundPart? {
    let caughtUp: () -> Void = { self.link.post(.readerCaughtUp(self.token)) }
    guard let account else { return try await inbound.next(caughtUp: caughtUp) }
    var wait = Duration.zero
    let part: InboundPart?
    if let result = inbound.takeNow(caughtUp: caughtUp) {
      part = try result.get()
    } else {
      let begin = ContinuousClock.now
      part = try await inbound.next(caughtUp: caughtUp)
      wait = begin.duration(to: .now)
    }
    // A compressed message counts once it is inflated.
    let plain: WireBytes? = if case .message(let bytes) = part, !bytes.isCompressed { bytes } else { nil }
    account.received(messageBytes: plain?.count, after: wait)
    return part
  }
}
