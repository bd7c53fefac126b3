internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What encoding and decoding messages of one type has cost this process so far.
///
/// Every message is counted. Reading a clock can take longer than coding a small message, so of many messages few are timed:
/// each of the first 1024 of a type and each that follows one of at least 16 KiB, else every 17th, which stands for those
/// before it as well.
public final class CodecCounter: Sendable {
  /// Work of one kind.
  public struct Work: Sendable, Hashable {
    /// Messages.
    public var messages = 0
    /// Bytes of their encodings.
    public var bytes = 0
    /// Time that it took, seconds.
    public var seconds = 0.0

    /// Makes the work of nothing.
    public init() {}
  }

  /// One message that is being encoded or decoded.
  public struct Timing: Sendable {
    /// Messages that its time stands for; 0: it is not timed.
    fileprivate let weight: Int
    fileprivate let begin: Int
  }

  private struct Tally: ~Copyable {
    private static let timedAtFirst = 1024
    private static let interval = 17
    private static let largeBytes = 16 << 10

    let messages = Atomic(0)
    let bytes = Atomic(0)
    let nanoseconds = Atomic(0)
    let lastBytes = Atomic(0)
    let lastTimed = Atomic(-1)

    func begin() -> Timing {
      let ordinal = messages.load(ordering: .relaxed)
      guard
        ordinal < Self.timedAtFirst || ordinal % Self.interval == 0
          || lastBytes.load(ordering: .relaxed) >= Self.largeBytes
      else { return Timing(weight: 0, begin: 0) }
      let untimed = ordinal - lastTimed.exchange(ordinal, ordering: .relaxed)
      return Timing(weight: min(max(untimed, 1), Self.interval), begin: CodecCounter.now)
    }

    func end(_ timing: Timing, bytes count: Int) {
      messages.wrappingAdd(1, ordering: .relaxed)
      bytes.wrappingAdd(count, ordering: .relaxed)
      lastBytes.store(count, ordering: .relaxed)
      guard timing.weight > 0 else { return }
      let time = max(CodecCounter.now - timing.begin, 0)
      nanoseconds.wrappingAdd(time * timing.weight, ordering: .relaxed)
    }

    var work: Work {
      var work = Work()
      work.messages = messages.load(ordering: .relaxed)
      work.bytes = bytes.load(ordering: .relaxed)
      work.seconds = Double(nanoseconds.load(ordering: .relaxed)) * 1e-9
      return work
    }
  }

  /// The messages' name in `Protos/`.
  public let message: String
  private let encoding = Tally()
  private let decoding = Tally()

  /// Counts messages of a name.
  public init(message: String) { self.message = message }

  /// What encoding has cost.
  public var encoded: Work { encoding.work }

  /// What decoding has cost.
  public var decoded: Work { decoding.work }

  /// Begins an encoding.
  public func beginEncoding() -> Timing { encoding.begin() }

  /// Counts an encoding that has succeeded.
  public func didEncode(bytes: Int, _ timing: Timing) { encoding.end(timing, bytes: bytes) }

  /// Begins a decoding.
  public func beginDecoding() -> Timing { decoding.begin() }

  /// Counts a decoding that has succeeded.
  public func didDecode(bytes: Int, _ timing: Timing) { decoding.end(timing, bytes: bytes) }

  /// Nanoseconds since some moment that does not change while the process lives.
  private static var now: Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
  }
}

/// A method of `Protos/`, with what coding its messages has cost.
public struct WireMethod: Sendable {
  /// Full name: `retort.v1.TeacherService/Score`.
  public let name: String
  /// Counts requests.
  public let request: CodecCounter
  /// Counts responses.
  public let response: CodecCounter
}
