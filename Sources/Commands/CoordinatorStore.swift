internal import Collectives
import Dispatch
import Foundation
internal import GRPCCore
internal import GRPCNGHTTP2Transport
internal import Synchronization
internal import WireFormat

/// What the replicas of a group put down for each other, at the coordinator. Calls block their thread, which is Gloo's; they are made in
/// ``serve(_:groupID:_:)``.
struct CoordinatorStore: RendezvousStore {
  typealias Client = CoordinatorServiceRPC.Client<NGHTTP2ClientTransport>

  private let client: Client
  private let groupID: String
  private let calls: AsyncStream<@Sendable () async -> Void>.Continuation

  /// Lends `body` the store of a group. Calls under way when the body ends are cancelled, and later ones throw.
  static func serve<Value: Sendable>(
    _ client: Client, groupID: String, _ body: (CoordinatorStore) async throws -> Value
  ) async throws -> Value {
    let (calls, call) = AsyncStream<@Sendable () async -> Void>.makeStream()
    async let served: Void = Self.make(calls)
    let result: Result<Value, any Error>
    do { result = .success(try await body(CoordinatorStore(client: client, groupID: groupID, calls: call))) } catch {
      result = .failure(error)
    }
    call.finish()
    await served
    return try result.get()
  }

  /// Makes calls side by side until there are no more.
  private static func make(_ calls: AsyncStream<@Sendable () async -> Void>) async {
    await withDiscardingTaskGroup { group in
      for await call in calls { group.addTask { await call() } }
      group.cancelAll()
    }
  }

  func set(_ key: String, _ value: [UInt8]) throws {
    try wait { [client, groupID] in
      _ = try await client.putGroupValue(
        PutGroupValueRequest(groupID: groupID, key: key, value: value),
        options: ServiceConnection.answering(within: .seconds(5)))
    }
  }

  func get(_ key: String, timeout: Duration) throws -> [UInt8] {
    try wait { [client, groupID] in
      try await client.getGroupValue(
        GetGroupValueRequest(groupID: groupID, key: key), options: ServiceConnection.answering(within: timeout)
      ).value
    }
  }

  /// Has a call made, and waits for its end on a thread that is none of Swift's pool.
  private func wait<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Outcome<Value>()
    let place = calls.yield {
      do { outcome.set(.success(try await body())) } catch { outcome.set(.failure(error)) }
    }
    guard case .enqueued = place else { throw CancellationError() }
    return try outcome.get()
  }
}

/// What a call comes to: whatever was handed in is made, if only to be cancelled.
private final class Outcome<Value: Sendable>: Sendable {
  private let value = Mutex<Result<Value, any Error>?>(nil)
  private let hasEnded = DispatchSemaphore(value: 0)

  func set(_ new: Result<Value, any Error>) {
    value.withLock { $0 = new }
    hasEnded.signal()
  }

  func get() throws -> Value {
    hasEnded.wait()
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
