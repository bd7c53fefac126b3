package import Authentication
package import GRPCCore
package import GRPCNGHTTP2Transport
import ServiceReflection
import WireFormat

/// How long the calls of a service may last: none waits for ever for a client that forgot to name a deadline.
public struct CallDeadlines: Sendable, Hashable {
  /// The defaults: 10 minutes for calls that compute, an hour at most.
  public static let standard = CallDeadlines()

  /// For a call that asks or tells something and names no deadline.
  public static let control: Duration = .seconds(30)
  /// For a call that computes and names no deadline.
  public let computing: Duration
  /// For any call, whatever deadline it names; but for those that last as long as a run or a connection.
  public let longest: Duration

  /// How long the calls of a method take.
  enum Kind {
    /// They ask or tell something.
    case control
    /// They compute, or wait for their turn to.
    case computing
    /// They last as long as a run, a connection, or a teacher's absence: their callers end them.
    case lasting
  }

  /// Makes deadlines.
  public init(computing: Duration = .seconds(600), longest: Duration = .seconds(3600)) {
    self.computing = min(computing, longest)
    self.longest = longest
  }

  /// The limits of all methods that a service of a role serves, as the transport takes them.
  package func limits(at server: Role) -> [String: CallTimeLimit] {
    var limits: [String: CallTimeLimit] = [:]
    for method in Self.methods(of: server) {
      switch Self.kind(of: method, at: server) {
      case .control:
        limits[method.fullyQualifiedMethod] = CallTimeLimit(unnamed: min(Self.control, longest), longest: longest)
      case .computing:
        limits[method.fullyQualifiedMethod] = CallTimeLimit(unnamed: computing, longest: longest)
      case .lasting: break
      }
    }
    return limits
  }

  /// What a service of a role serves.
  package static func methods(of server: Role) -> [MethodDescriptor] {
    let own: [MethodDescriptor] =
      switch server {
      case .teacher: TeacherServiceRPC.Method.descriptors
      case .student: StudentServiceRPC.Method.descriptors
      case .coordinator: CoordinatorServiceRPC.Method.descriptors + TeacherServiceRPC.Method.descriptors
      case .admin, .read: []
      }
    return own + HealthRPC.Method.descriptors + ReflectionService.methods
  }

  /// A method that is not named here computes.
  static func kind(of method: MethodDescriptor, at server: Role) -> Kind {
    switch (method.service.fullyQualifiedService, method.method) {
    case ("grpc.health.v1.Health", "Watch"): .lasting
    case ("grpc.health.v1.Health", _): .control
    case _ where ReflectionService.methods.contains(method): .control
    case ("retort.v1.CoordinatorService", "WatchRun"): .lasting
    case ("retort.v1.CoordinatorService", _): .control
    case ("retort.v1.StudentService", "Train"): .lasting
    case ("retort.v1.TeacherService", "Describe"): .control
    // The facade waits for a teacher that is away. What it asks of one that is there has a deadline of its own.
    case ("retort.v1.TeacherService", _) where server == .coordinator: .lasting
    default: .computing
    }
  }
}
