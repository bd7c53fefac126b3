/// Who gets the next student, and who gives one up: runs have equal shares of what they ask for, times their weights. Pure.
package enum StudentShares {
  /// What a run has and asks for.
  package struct Claim: Sendable, Hashable {
    /// The run.
    package let runID: String
    /// Students that it has.
    package let held: Int
    /// Students that it can use at most, at least 1.
    package let wanted: Int
    /// How much a share of this run counts, at least 1: with 3 it has three times another's before both count as equal.
    package let weight: Int

    /// Names a run with what it has and asks for.
    package init(runID: String, held: Int, wanted: Int, weight: Int = 1) {
      (self.runID, self.held, self.wanted, self.weight) = (runID, held, max(wanted, 1), max(weight, 1))
    }

    /// Whether the share with so many students is at least another's with so many.
    func hasAsMuch(with count: Int, as other: Claim, with otherCount: Int) -> Bool {
      count * other.wanted * other.weight >= otherCount * wanted * weight
    }
  }

  /// The place of who gets the next student: the one with the smallest share, of equal ones the one that has waited longest.
  package static func next(_ waiting: [Claim]) -> Int? {
    waiting.indices.min { one, other in
      !waiting[one].hasAsMuch(with: waiting[one].held, as: waiting[other], with: waiting[other].held)
    }
  }

  /// The run that is to give a student up; nil: none is. It has the largest share, and keeps as large a one as the other gets: a run without
  /// any student gets one of a run's several, whatever the shares.
  package static func giver(_ holders: [Claim], waiting: [Claim]) -> String? {
    guard let place = next(waiting) else { return nil }
    let taker = waiting[place]
    let able = holders.filter { holder in
      guard holder.held > 1, holder.runID != taker.runID else { return false }
      return taker.held == 0 || holder.hasAsMuch(with: holder.held - 1, as: taker, with: taker.held + 1)
    }
    return able.max { one, other in
      one.hasAsMuch(with: one.held, as: other, with: other.held)
        == other.hasAsMuch(with: other.held, as: one, with: one.held)
        ? one.runID > other.runID : !one.hasAsMuch(with: one.held, as: other, with: other.held)
    }?.runID
  }
}
