import GRPCCore

/// How long a call that a server has taken may last.
struct CallTime {
  /// Counted from the server's first look at the call, within a tick of its beginning.
  let limit: Duration
  private let method: String
  /// Whether the client named no deadline, and might have had a later one.
  private let isUnnamed: Bool

  /// The limit of a call, if it has one.
  init?(_ method: MethodDescriptor, _ headers: HeaderFields, _ configuration: ConnectionConfiguration) {
    guard configuration.maxCallDuration != nil || !configuration.callTimeLimits.isEmpty else { return nil }
    self.method = method.fullyQualifiedMethod
    guard let limits = configuration.callTimeLimits[self.method] else {
      guard let longest = configuration.maxCallDuration else { return nil }
      (limit, isUnnamed) = (longest, false)
      return
    }
    isUnnamed = limits.unnamed < limits.longest && headers.timeout == nil
    limit = isUnnamed ? limits.unnamed : limits.longest
  }

  /// What the client is told.
  var reason: String {
    isUnnamed
      ? "\(method) took longer than \(limit), which a call has that names no deadline: name a later one"
      : "\(method) took longer than \(limit), the longest that a call may last here: ask for less at once"
  }
}

extension HeaderFields {
  /// `grpc-timeout`: digits and a unit.
  var timeout: Duration? {
    guard let text = self["grpc-timeout"], let number = Int64(text.dropLast()), number >= 0, number < 1_000_000_000
    else { return nil }
    return switch text.last {
    case "n": .nanoseconds(number)
    case "u": .microseconds(number)
    case "m": .milliseconds(number)
    case "S": .seconds(number)
    case "M": .seconds(number * 60)
    case "H": .seconds(number * 3600)
    default: nil
    }
  }
}
