import NIOConcurrencyHelpers

/// Addresses of this machine that no other test listens on: what is closed there stays closed.
///
/// On 127.0.0.1 a port that one test gave up soon belongs to another, and a client that tries to come back to its server
/// calls whatever that other test runs.
enum OwnHost {
  private static let last = NIOLockedValueBox(Int.random(in: 1...60_000))

  /// Another one each time, of the many thousands that Linux calls loopback.
  static func next() -> String {
    let number = last.withLockedValue { last in
      last = last % 60_000 + 1
      return last
    }
    return "127.\(100 + number / 62_500).\(number / 250 % 250 + 1).\(number % 250 + 1)"
  }
}
