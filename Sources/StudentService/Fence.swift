internal import NIOConcurrencyHelpers

/// Whom the student serves: the caller whose Load had the highest fencing token. Others were replaced by that one, and change nothing.
final class Fence: Sendable {
  private let newest = NIOLockedValueBox<UInt64>(0)

  /// Begins to serve a caller.
  ///
  /// - Throws: ``StudentError/fenced(given:newest:)`` where a newer one came before.
  func begin(_ token: UInt64) throws(StudentError) {
    let newest = newest.withLockedValue { newest in
      newest = max(newest, token)
      return newest
    }
    if token < newest { throw .fenced(given: token, newest: newest) }
  }

  /// Throws unless the caller is the one that is served.
  func check(_ token: UInt64) throws(StudentError) {
    let newest = newest.withLockedValue(\.self)
    if token != newest { throw .fenced(given: token, newest: newest) }
  }
}
