/// What a member of a measurement is told: a line of JSON on its standard input. It answers each with a line.
enum MemberOrder: Sendable, Hashable, Codable {
  /// To find the others of a group; a group of one needs nobody. Answered by nothing but an empty object.
  case meet(name: String, rank: Int, size: Int)
  /// To make a student of a case; answered by ``MemberStudent``.
  case prepare(ReplicaCase)
  /// To make the next step with its group; answered by ``MemberStep``.
  case step
  /// To digest the student's parameters; answered by ``MemberStudent``.
  case digest
  /// To exchange floats with its group, so often; answered by ``MemberLink``.
  case link(floats: Int, calls: Int)
}

/// A member's student.
struct MemberStudent: Sendable, Hashable, Codable {
  var parameterCount: Int
  /// SHA-256 of the parameters' bytes.
  var digest: String
}

/// One step as a member saw it; times in seconds.
struct MemberStep: Sendable, Hashable, Codable {
  var seconds = 0.0
  /// Until its own parts were computed; of a student alone all that is not `update`.
  var compute = 0.0
  /// From then on until all others had come as far.
  var waiting = 0.0
  /// From then on until the sums were there.
  var sum = 0.0
  /// From then on: the norm and the optimizer.
  var update = 0.0
  /// Within calls of the exchange that ended before its own parts were computed.
  var hidden = 0.0
  /// Time on a processor of all its threads.
  var processor = 0.0
  /// Bytes sent and received.
  var bytes = 0
  /// The most memory that was resident so far.
  var peakBytes = 0
}

/// What calls of a group took, in seconds: the median of those that carry nothing, the fastest of the others.
struct MemberLink: Sendable, Hashable, Codable {
  /// With nothing to exchange.
  var call: Double
  /// Where each sends each other its part of the floats.
  var exchange: Double
  /// Where each sends its part to all.
  var gather: Double
}

/// What ended a member, in one line.
struct MemberFailure: Sendable, Hashable, Codable { var error: String }
