internal import Collectives
import Dispatch
import Foundation
internal import GRPCCore
internal import GRPCNGHTTP2Transport
internal import Synchronization
internal import WireFormat

/// What the replicas of a group put down for each other, at the coordinator. Calls block their thread, which is Gloo's.
struct CoordinatorStore: RendezvousStore {
  let client: CoordinatorServiceRPC.Client<NGHTTP2ClientTransport>
  let groupID: String

  func set(_ key: String, _ value: [UInt8]) throws {
    try Self.wait {
      _ = try await client.putGroupValue(
        PutGroupValueRequest(groupID: groupID, key: key, value: value),
        options: ServiceConnection.answering(within: .seconds(5)))
    }
  }

  func get(_ key: String, timeout: Duration) throws -> [UInt8] {
    try Self.wait {
      try await client.getGroupValue(
        GetGroupValueRequest(groupID: groupID, key: key), options: ServiceConnection.answering(within: timeout)
      ).value
    }
  }

  /// Runs a call to its end on a thread that is none of Swift's pool.
  private static func wait<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    let (ended, result) = (DispatchSemaphore(value: 0), Outcome<Result>())
    Task.detached {
      do { result.set(.success(try await body())) } catch { result.set(.failure(error)) }
      ended.signal()
    }
    ended.wait()
    return try result.get()
  }
}

/// What a call came to.
private final class Outcome<Value: Sendable>: Sendable {
  private let value = Mutex<Result<Value, any Error>?>(nil)

  func set(_ new: Result<Value, any Error>) { value.withLock { $0 = new } }
  func get() throws -> Value {
    guard let found = value.withLock({ $0 }) else { throw CancellationError() }
    return try found.get()
  }
}

extension NetworkAddress {
  /// The host name or IP address; nil for a path.
  var hostName: String? {
    if case .tcp(let host, _) = self { host } else { nil }
  }
}
