/// Where members of a group find each other: small values by name, each written once.
public protocol RendezvousStore: Sendable {
  /// Keeps a value, below a kilobyte for a hundred members.
  func set(_ key: String, _ value: [UInt8]) throws

  /// Waits until the key is there, at most `timeout`; throws when it is not.
  func get(_ key: String, timeout: Duration) throws -> [UInt8]
}
