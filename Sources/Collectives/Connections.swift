internal import CGloo

/// A member's connections to all others: the handle of Gloo.
@safe
final class Connections: @unchecked Sendable {
  // SAFETY: the handle never changes until the end, and its functions may be called from any thread.
  private let handle: OpaquePointer
  let rank: Int
  let size: Int

  /// What goes to each member, or comes from each: bytes, from an offset in a buffer.
  struct Parts {
    let offsets: [Int]
    let bytes: [Int]
  }

  /// Opens a door for each other member.
  init(rank: Int, size: Int, address: String) throws(CollectiveError) {
    var report = retort_gloo_report()
    guard let handle = unsafe retort_gloo_listen(Int32(rank), Int32(size), address, &report) else {
      let reason = Self.message(report)
      throw report.outcome == RETORT_GLOO_BAD_ADDRESS ? .badAddress(address, reason: reason) : .failed(reason)
    }
    unsafe self.handle = handle
    self.rank = rank
    self.size = size
  }

  deinit { unsafe retort_gloo_free(handle) }

  /// The bytes by which another member finds its door.
  func door(of peer: Int) -> [UInt8] {
    let count = unsafe retort_gloo_door(handle, Int32(peer), nil, 0)
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = unsafe min(count, retort_gloo_door(handle, Int32(peer), buffer.baseAddress, count))
    }
  }

  /// Waits until there is a connection with a member, through its door for this one.
  func connect(to peer: Int, door: [UInt8], timeout: Duration) throws(CollectiveError) {
    var report = retort_gloo_report()
    unsafe retort_gloo_connect(handle, Int32(peer), door, door.count, timeout.milliseconds, &report)
    try check(report, members: [peer], timeout: timeout)
  }

  /// Gives a part to each member and takes one from each, until all have theirs.
  ///
  /// The buffers must live, and the one that is received into be nobody else's, until it returns.
  @unsafe
  func exchange(
    kind: UInt8, send: UnsafeRawPointer?, _ sent: Parts, into receive: UnsafeMutableRawPointer?, _ received: Parts,
    timeout: Duration
  ) throws(CollectiveError) {
    var report = retort_gloo_report()
    var flags = [UInt8](repeating: 0, count: size)
    unsafe sent.withPointers { sendOffsets, sendBytes in
      unsafe received.withPointers { receiveOffsets, receiveBytes in
        var parts = unsafe retort_gloo_parts(
          send: send, send_offsets: sendOffsets, send_bytes: sendBytes, receive: receive,
          receive_offsets: receiveOffsets, receive_bytes: receiveBytes)
        unsafe retort_gloo_exchange(handle, kind, &parts, timeout.milliseconds, &flags, &report)
      }
    }
    try check(report, members: flags.indices.filter { flags[$0] != 0 }, timeout: timeout)
  }

  /// Bytes that have come from the others so far, by the system's count; nil: it cannot tell.
  var received: Int64? {
    let bytes = unsafe retort_gloo_received(handle)
    return bytes < 0 ? nil : bytes
  }

  func abort() { unsafe retort_gloo_abort(handle) }

  private func check(_ report: retort_gloo_report, members: [Int], timeout: Duration) throws(CollectiveError) {
    switch report.outcome {
    case RETORT_GLOO_DONE: return
    case RETORT_GLOO_PEER_LOST: throw .peerLost(members)
    case RETORT_GLOO_TIMED_OUT: throw .timedOut(after: timeout, waitingFor: members)
    case RETORT_GLOO_ABORTED: throw .aborted
    case RETORT_GLOO_MISMATCH: throw .mismatch(members)
    case RETORT_GLOO_BAD_ADDRESS: throw .rendezvous("member \(members[0]): \(Self.message(report))")
    default: throw .failed(Self.message(report))
    }
  }

  private static func message(_ report: retort_gloo_report) -> String {
    let bytes = unsafe withUnsafeBytes(of: report.message) { unsafe Array($0) }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

extension Connections.Parts {
  /// Parts one after the other.
  init(inOrder bytes: [Int]) {
    var offset = 0
    offsets = bytes.map { count in
      defer { offset += count }
      return offset
    }
    self.bytes = bytes
  }

  /// Parts of floats, one after the other.
  static func floats(_ counts: [Int]) -> Self { Self(inOrder: counts.map { $0 * MemoryLayout<Float>.stride }) }

  /// The same floats for every member, but for one.
  static func toAll(_ count: Int, _ size: Int, except exempt: Int? = nil) -> Self {
    bytesToAll(count * MemoryLayout<Float>.stride, size, except: exempt)
  }

  /// The same bytes for every member, but for one.
  static func bytesToAll(_ count: Int, _ size: Int, except exempt: Int? = nil) -> Self {
    Self(offsets: [Int](repeating: 0, count: size), bytes: (0..<size).map { $0 == exempt ? 0 : count })
  }

  @unsafe
  fileprivate func withPointers(_ body: (UnsafePointer<Int>, UnsafePointer<Int>) -> Void) {
    unsafe offsets.withUnsafeBufferPointer { offsets in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        if let offsets = offsets.baseAddress, let bytes = bytes.baseAddress {
          unsafe body(offsets, bytes)
        }
      }
    }
  }
}

extension Duration {
  /// Rounded up, so that no wait is shorter than asked.
  fileprivate var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let thousandths = seconds.multipliedReportingOverflow(by: 1000)
    return thousandths.overflow
      ? .max / 2_000_000
      : min(thousandths.partialValue, .max / 2_000_000)
        + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
