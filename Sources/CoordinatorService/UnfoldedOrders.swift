internal import Synchronization

/// The orders of samples that a plan has unfolded of late.
///
/// Shuffling all the data anew for each step and each work item would take a time that grows with the square of their number.
/// What is kept follows from the plan: plans that have unfolded different parts are equal.
package final class UnfoldedOrders: Sendable, Hashable {
  /// What is in order.
  package enum Part: Sendable, Hashable {
    case epoch(Int)
    case stage(WorkItemKey.Stage)
  }

  /// A run works at the end of one epoch and the beginning of the next, on one or two stages.
  package static let capacity = 4

  private let kept = Mutex<[(part: Part, samples: [Int])]>([])

  /// Keeps nothing yet.
  package init() {}

  /// The samples of a part; they are made where they are not kept.
  package func samples(_ part: Part, make: () -> [Int]) -> [Int] {
    if let known = kept.withLock({ kept in kept.first { $0.part == part }?.samples }) { return known }
    let samples = make()
    kept.withLock { kept in
      if kept.count == Self.capacity { kept.removeFirst() }
      kept.append((part, samples))
    }
    return samples
  }

  /// True: see above.
  package static func == (lhs: UnfoldedOrders, rhs: UnfoldedOrders) -> Bool { true }

  /// Adds nothing: see above.
  package func hash(into hasher: inout Hasher) {}
}
