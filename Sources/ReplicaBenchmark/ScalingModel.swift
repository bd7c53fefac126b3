/// What a step of n replicas costs, from what a few were measured to cost.
///
/// With C the passes of a whole batch on one core, P parameters, U the update, and crowding `c = ⌈n / cores⌉` where all share one
/// machine, 1 where each has its own:
///
///     compute  = c · C / n                              the batch stays;   c · C   each replica keeps a batch of its own
///     call     = a + b · (n − 1)                        what a call takes that carries nothing: b for each other replica
///     waiting  = c · 2 · call                           the report that all have computed, in two calls
///     sum      = c · (2 · (call + 4 P (n − 1)/n / β) + s · P (n − 1)/n)     a share to each, a sum from each; s: adding a float
///     update   = c · U
///
/// Nothing of the sum is hidden here: it is what it costs at most. β is bytes per second each way between one replica and all others
/// together.
public struct ScalingModel: Sendable, Hashable, Codable {
  /// P.
  public var parameterCount: Int
  /// C, in seconds.
  public var compute: Double
  /// U, in seconds, of an optimizer that is not sharded.
  public var update: Double
  /// a, in seconds.
  public var call: Double
  /// b, in seconds.
  public var message: Double
  /// β.
  public var bytesPerSecond: Double
  /// s, in seconds.
  public var addition: Double

  /// Names the numbers.
  public init(
    parameterCount: Int, compute: Double, update: Double, call: Double, message: Double, bytesPerSecond: Double,
    addition: Double
  ) {
    (self.parameterCount, self.compute, self.update) = (parameterCount, compute, update)
    (self.call, self.message, self.bytesPerSecond, self.addition) = (call, message, bytesPerSecond, addition)
  }

  /// One step, in seconds.
  public struct Step: Sendable, Hashable, Codable {
    /// Of each replica's own parts.
    public var compute = 0.0
    /// Until all have computed, where they take as long.
    public var waiting = 0.0
    /// Of the gradients.
    public var sum = 0.0
    /// Of the parameters.
    public var update = 0.0

    /// All of it.
    public var seconds: Double { compute + waiting + sum + update }
    /// What replicas cost beside what one alone would do.
    public var sumShare: Double { seconds > 0 ? (waiting + sum) / seconds : 0 }
  }

  /// The step of so many replicas.
  ///
  /// - Parameters:
  ///   - cores: Those of the one machine that all are on, a thread each; nil: each has its own.
  ///   - batches: Of the measured size, that a step learns from: 1, or as many as replicas where each has its own.
  public func step(of count: Int, cores: Int? = nil, batches: Int = 1) -> Step {
    let n = Double(count)
    let crowding = cores.map { Self.crowding(count, $0) } ?? 1
    var step = Step(compute: crowding * compute * Double(batches) / n, update: crowding * update)
    guard count > 1 else { return step }
    let share = Double(parameterCount) * (n - 1) / n
    let call = call + message * (n - 1)
    step.waiting = crowding * 2 * call
    step.sum = crowding * (2 * (call + 4 * share / bytesPerSecond) + addition * share)
    return step
  }

  /// Replicas that take turns on a core.
  package static func crowding(_ count: Int, _ cores: Int) -> Double { Double((count + cores - 1) / cores) }

  /// The number of replicas at which half of a step of one batch is not compute: more gain little.
  public var usefulCount: Int {
    var count = 1
    while count < 4096, step(of: 2 * count).compute * 2 >= step(of: 2 * count).seconds { count *= 2 }
    return count
  }

  /// The line `a + b x` that is nearest to some points, neither number below 0.
  package static func line(_ points: [(x: Double, y: Double)]) -> (a: Double, b: Double) {
    let count = Double(max(points.count, 1))
    let (x, y) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
    let spread = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
    let slope = spread > 0 ? points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / spread : 0
    let b = max(0, slope)
    let a = y - b * x
    // Through 0 where the nearest line is below it there.
    guard a >= 0 else { return (0, Self.slope(points)) }
    return (a, b)
  }

  /// The b of the line `b x` that is nearest to some points.
  package static func slope(_ points: [(x: Double, y: Double)]) -> Double {
    let squares = points.reduce(0) { $0 + $1.x * $1.x }
    return squares > 0 ? max(0, points.reduce(0) { $0 + $1.x * $1.y } / squares) : 0
  }
}
