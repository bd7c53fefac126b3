public import Recipes
internal import Sequences

// Whose text a sample is trained on, where a method draws it: a function of seed, epoch, sample and the shares of the rounds so
// far, so that whoever takes the run up draws the same.

extension RunPlan {
  /// Whose text a sample is trained on in a step.
  public func source(of sample: Int, inStep step: Int) -> TextSource {
    guard let mixture else { return fixedSource }
    let share = mixture.adaptation == nil ? mixture.studentShare : share(ofRound: round(at: step - 1))
    return draw(sample, step).text < share ? .student : fixedSource
  }

  /// Share of a step's samples whose text is the student's.
  public func studentShare(ofStep step: Int) -> Double {
    let samples = samples(ofStep: step)
    return Double(samples.count { source(of: $0, inStep: step) == .student }) / Double(max(samples.count, 1))
  }

  /// φ of a round that has begun.
  private func share(ofRound round: Int) -> Double {
    precondition(shares.indices.contains(round), "round \(round) after \(shares.count) validations")
    return shares[round]
  }

  /// Two numbers in [0, 1) of a sample in the epoch of a step: which text, and whether the student writes it anew.
  private func draw(_ sample: Int, _ step: Int) -> (text: Double, renewal: Double) {
    let epoch = UInt64((step - 1) / stepsPerEpoch)
    var generator = SeededGenerator(seed: seed, path: SeedStream.mixture.rawValue, epoch, UInt64(sample))
    return (generator.nextUnit(), generator.nextUnit())
  }

  /// Samples that the student answers at a round's start, in the order of their first use.
  func mixedSamples(ofRound round: Int) -> [Int] {
    guard replays else { return firstUses(in: start(ofRound: round) + 1...start(ofRound: round + 1), of: .student) }
    // What was answered before depends on all rounds before.
    var answered: Set<Int> = []
    var renewed: [Int] = []
    for earlier in 0...round {
      var seen: Set<Int> = []
      renewed = []
      forEachUse(in: start(ofRound: earlier) + 1...start(ofRound: earlier + 1)) { step, sample in
        guard source(of: sample, inStep: step) == .student else { return true }
        let isRenewed = draw(sample, step).renewal < renewalShare(ofStep: step) || !answered.contains(sample)
        if isRenewed, seen.insert(sample).inserted { renewed.append(sample) }
        return true
      }
      answered.formUnion(seen)
    }
    return renewed
  }

  /// Whether text of the student is used again in later rounds.
  public var replays: Bool { mixture?.adaptation != nil }

  /// Share of the student's texts that are written anew and not replayed: DistiLLM's `1 − t/T`, t steps having been made.
  private func renewalShare(ofStep step: Int) -> Double { 1 - Double(step - 1) / Double(maxSteps) }

  /// The samples whose text is from a source in some of the steps, in the order of their first use there.
  func firstUses(in steps: ClosedRange<Int>, of source: TextSource) -> [Int] {
    var seen: Set<Int> = []
    var found: [Int] = []
    forEachUse(in: steps) { step, sample in
      if self.source(of: sample, inStep: step) == source, seen.insert(sample).inserted { found.append(sample) }
      return seen.count < sampleCount
    }
    return found
  }

  /// Calls `body` with every sample of some steps, until it returns false. Epochs are shuffled here, so that the orders that are
  /// kept stay those of the steps at hand.
  private func forEachUse(in steps: ClosedRange<Int>, _ body: (_ step: Int, _ sample: Int) -> Bool) {
    var (epoch, order): (Int, [Int]) = (-1, [])
    for step in steps {
      if (step - 1) / stepsPerEpoch != epoch {
        epoch = (step - 1) / stepsPerEpoch
        order = shuffled(forEpoch: epoch)
      }
      let first = (step - 1) % stepsPerEpoch * batchSize
      for sample in order[first..<min(first + batchSize, sampleCount)] where !body(step, sample) { return }
    }
  }
}

extension RunMachine {
  /// Takes a validation loss: φ of a round is what is known at its start.
  mutating func adaptShare(_ loss: Double?) {
    guard plan.replays, let mixture = plan.mixture else { return }
    let share = adaptation?.share ?? mixture.studentShare
    let now = loss.map { mixture.adapted(share, reference: adaptation?.reference, loss: $0) }
    if let now { adaptation = Adaptation(share: now.share, reference: now.reference) }
    if plan.isRoundStart(position) { plan.shares.append(now?.share ?? share) }
  }

  /// Where DistiLLM's φ stands.
  struct Adaptation: Hashable {
    /// φ.
    var share: Double
    /// The validation loss of the last rise, or of the start.
    var reference: Double
  }
}
