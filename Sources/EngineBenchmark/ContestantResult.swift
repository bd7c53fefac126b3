/// One contestant's figures in a case.
public struct ContestantResult: Sendable, Encodable, Hashable {
  /// Whose code it is.
  public let stack: String
  /// How it keeps its numbers.
  public let form: String
  /// Which code computed, as it says itself.
  public let path: String
  /// Rounds that count.
  public let rounds: Int
  /// Tokens a second: the median over the rounds.
  public let tokensPerSecond: Double
  /// The slowest and the fastest round.
  public let slowest, fastest: Double
  /// Median time of a round.
  public let secondsPerRound: Double
  /// The most memory that the process had resident while it worked, in bytes.
  public let peakBytes: Int
  /// What of it was not resident before the first round, in bytes: activations, logits, caches.
  public let workingBytes: Int
  /// Operations a second by the mathematics of the case, over the machine's rate of products in this precision.
  public let productsShare: Double?
  /// Time of the work over that of its products alone, measured beside; for losses of ours.
  public let timesProducts: Double?
  /// Bytes of parameters read a second, over the machine's bandwidth.
  public let bandwidthShare: Double?
  /// How far its values are from those of the first contestant.
  public let difference: ValueDifference

  package init(
    _ contestant: Contestant, ready: WorkerReady, rounds: [WorkerRound], file: CaseFile, cost: EngineCost,
    machine: [String: Double], reference: [Double]
  ) {
    let counted = rounds.dropFirst()
    let speeds = counted.map { Double($0.tokens) / $0.seconds }
    (stack, form, path) = (contestant.stack, contestant.form, ready.path)
    self.rounds = counted.count
    tokensPerSecond = median(speeds)
    (slowest, fastest) = (speeds.min() ?? 0, speeds.max() ?? 0)
    let seconds = median(counted.map(\.seconds))
    secondsPerRound = seconds
    peakBytes = rounds.map(\.peakBytes).max() ?? 0
    workingBytes = max(0, peakBytes - ready.residentBytes)
    let rate = MachineWork.productsName(form).flatMap { machine[$0] }
    productsShare = rate.flatMap { cost.operations > 0 && seconds > 0 ? cost.operations / seconds / $0 : nil }
    let own = median(counted.compactMap { $0.rates?[HeadProducts.name] })
    timesProducts = own > 0 && cost.operations > 0 ? seconds / (cost.operations / own) : nil
    bandwidthShare = EngineCost.bytesPerParameter(form).flatMap { [speed = median(speeds)] bytes in
      machine[MachineWork.readBandwidth].flatMap {
        cost.parametersPerToken > 0 ? bytes * cost.parametersPerToken * speed / $0 : nil
      }
    }
    difference = ValueDifference(
      rounds.flatMap(\.values), from: reference, suite: file.suite, rowLength: file.newTokens)
  }

  /// Whether it computes what the first contestant does, as nearly as its precision lets expect.
  public var isSame: Bool { difference.isWithin(form) }
}
