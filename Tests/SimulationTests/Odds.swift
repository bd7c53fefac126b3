import Sequences

/// How rough a world is: other faults, at other rates, for each seed.
struct Odds {
  /// What may go wrong at any moment.
  enum Fault: CaseIterable {
    case coordinatorDies
    case studentDies
    case studentStalls
    case userCancels
    case userResumes
    case checkpointRots
    case teacherAway
    case diskFull
    case bigPause
  }

  /// The faults of this world.
  var faults: [Fault] = []
  /// Faults for each thing that happens.
  var rate = 0.0
  /// News that come twice.
  var duplicates = 0.0
  /// Calls that fail, done or not.
  var failures = 0.0
  /// Calls that nobody answers.
  var silences = 0.0
  /// Longest way of a message, in milliseconds.
  var delay = 20

  static let none = Odds()

  init() {}

  init(_ random: inout SeededGenerator) {
    faults = Fault.allCases.filter { _ in random.chance(0.6) }
    rate = random.pick([0.005, 0.02, 0.05, 0.1])
    duplicates = random.pick([0, 0.02, 0.2])
    failures = random.pick([0, 0.01, 0.05])
    silences = random.pick([0, 0.005, 0.02])
    delay = random.pick([20, 300, 3000])
  }
}

extension SeededGenerator {
  mutating func chance(_ share: Double) -> Bool { nextUnit() < share }
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  mutating func pick<T>(_ all: [T]) -> T { all[below(all.count)] }
  mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }
}
