import CoordinatorService
import Testing

@Suite("Students have fair shares")
struct StudentSharesTests {
  private func claim(_ runID: String, _ held: Int, of wanted: Int, weight: Int = 1) -> StudentShares.Claim {
    StudentShares.Claim(runID: runID, held: held, wanted: wanted, weight: weight)
  }

  @Test(
    "the next student goes to the run with the smallest share of what it asks, of equal ones to the first that waits")
  func next() {
    let cases: [([StudentShares.Claim], Int?)] = [
      ([], nil),
      ([claim("a", 0, of: 1)], 0),
      ([claim("a", 1, of: 4), claim("b", 0, of: 1)], 1),
      ([claim("a", 0, of: 8), claim("b", 0, of: 1)], 0),
      ([claim("a", 2, of: 4), claim("b", 1, of: 4)], 1),
      ([claim("a", 2, of: 8), claim("b", 1, of: 2)], 0),
      ([claim("a", 2, of: 4), claim("b", 1, of: 2)], 0),
      ([claim("a", 3, of: 4), claim("b", 1, of: 2), claim("c", 1, of: 3)], 2),
      ([claim("a", 2, of: 4, weight: 3), claim("b", 1, of: 4)], 0),
      ([claim("a", 3, of: 4, weight: 2), claim("b", 1, of: 4)], 1),
      ([claim("a", 1, of: 1, weight: 9), claim("b", 0, of: 4)], 1),
    ]
    for (waiting, expected) in cases { #expect(StudentShares.next(waiting) == expected, "\(waiting)") }
  }

  @Test(
    "a run gives a student up where it keeps as large a share as the other gets; a run without any gets one at any rate"
  )
  func giver() {
    let cases: [([StudentShares.Claim], [StudentShares.Claim], String?)] = [
      ([claim("a", 4, of: 4)], [], nil),
      ([claim("a", 4, of: 4)], [claim("b", 0, of: 1)], "a"),
      ([claim("a", 2, of: 8)], [claim("b", 0, of: 1)], "a"),
      ([claim("a", 1, of: 4)], [claim("b", 0, of: 1)], nil),
      ([claim("a", 3, of: 4), claim("b", 1, of: 4)], [claim("b", 1, of: 4)], "a"),
      ([claim("a", 2, of: 4), claim("b", 1, of: 4)], [claim("b", 1, of: 4)], nil),
      ([claim("a", 2, of: 4), claim("b", 1, of: 4)], [claim("b", 1, of: 4), claim("a", 2, of: 4)], nil),
      ([claim("a", 4, of: 8), claim("b", 1, of: 2)], [claim("b", 1, of: 2)], nil),
      ([claim("a", 4, of: 4), claim("b", 3, of: 4)], [claim("c", 0, of: 4)], "a"),
      ([claim("b", 3, of: 4), claim("a", 3, of: 4)], [claim("c", 0, of: 4)], "a"),
      ([claim("a", 3, of: 4), claim("b", 2, of: 2)], [claim("c", 0, of: 4)], "b"),
      ([claim("a", 2, of: 4), claim("b", 2, of: 4, weight: 3)], [claim("b", 2, of: 4, weight: 3)], "a"),
      ([claim("a", 1, of: 4), claim("b", 3, of: 4, weight: 3)], [claim("a", 1, of: 4)], nil),
      ([claim("a", 2, of: 4, weight: 9)], [claim("b", 0, of: 1)], "a"),
    ]
    for (holders, waiting, expected) in cases {
      #expect(StudentShares.giver(holders, waiting: waiting) == expected, "\(holders) \(waiting)")
    }
  }

  @Test("giving comes to an end, with no share more than a student away from another's", arguments: 1...200)
  func settles(_ seed: Int) {
    // Numbers of runs, students and wishes from the seed; all go to the first at the start.
    let (runs, students) = (2 + seed % 3, 2 + seed / 3 % 9)
    let wishes = (0..<runs).map { 1 + (seed * ($0 + 3)) % 8 }
    let weights = (0..<runs).map { seed % 2 == 0 ? 1 : 1 + (seed / 2 * ($0 + 1)) % 5 }
    var held = [Int](repeating: 0, count: runs)
    held[0] = min(students, wishes[0])
    var free = students - held[0]
    for _ in 0..<100 {
      let claims = (0..<runs).map { claim("\($0)", held[$0], of: wishes[$0], weight: weights[$0]) }
      let waiting = claims.filter { $0.held < $0.wanted }
      guard let taker = StudentShares.next(waiting).flatMap({ Int(waiting[$0].runID) }) else { return }
      if free > 0 {
        (free, held[taker]) = (free - 1, held[taker] + 1)
      } else if let giver = StudentShares.giver(claims, waiting: waiting).flatMap(Int.init) {
        (held[giver], held[taker]) = (held[giver] - 1, held[taker] + 1)
      } else {
        #expect(held.reduce(0, +) == students)
        #expect(!held.contains(0) || students < runs)
        // One student more would make the share of who has least larger than what is left to the one that gives.
        for one in 0..<runs where one != taker && held[one] > 1 {
          let kept = (held[one] - 1) * wishes[taker] * weights[taker]
          let got = (held[taker] + 1) * wishes[one] * weights[one]
          #expect(kept < got, "\(held) of \(wishes), weights \(weights)")
        }
        return
      }
    }
    Issue.record("students go round and round: \(held) of \(wishes)")
  }
}
