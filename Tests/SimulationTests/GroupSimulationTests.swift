import Foundation
import Testing

@Suite("Simulation of the replicas of a student") struct GroupSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seeds = environment["RETORT_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 1000
  private static let first = environment["RETORT_SIMULATION_FIRST"].flatMap(UInt64.init) ?? 1
  private static let tells = environment["RETORT_SIMULATION_TRACE"] != nil
  /// Things that happen before faults end.
  private static let events = 600

  private func live(_ seed: UInt64, flaw: GroupFlaw? = nil, tells: Bool = false) throws(Violation) -> GroupWorld {
    var world = GroupWorld(seed: seed, flaw: flaw, tells: tells)
    try world.live(events: Self.events)
    return world
  }

  @Test("in every world the run ends with every step made once, by whoever was there")
  func worlds() {
    var (sessions, epochs) = (0, 0)
    for seed in Self.first..<Self.first + Self.seeds {
      do {
        let world = try live(seed, tells: Self.tells)
        (sessions, epochs) = (sessions + world.session, epochs + world.sizes.count)
      } catch {
        Issue.record(
          """
          seed \(seed): \(error)
          replay: RETORT_SIMULATION_FIRST=\(seed) RETORT_SIMULATION_SEEDS=1 RETORT_SIMULATION_TRACE=1 make simulate
          """)
        return
      }
    }
    print("simulation: \(Self.seeds) worlds of replicas, \(sessions) sessions, \(epochs) groups")
    // Where nothing goes wrong, there is one session, and a group for each student that comes.
    #expect(Self.seeds < 100 || sessions > 2 * Int(Self.seeds) && epochs > 4 * Int(Self.seeds))
  }

  @Test("a seed gives the same world again", arguments: [1, 2, 3, 17, 2026] as [UInt64])
  func repeats(seed: UInt64) throws {
    #expect(try live(seed).trace.hash == live(seed).trace.hash)
    #expect(try live(seed).trace.hash != live(seed + 1).trace.hash)
  }

  @Test("a planted bug is found within two thousand worlds", arguments: GroupFlaw.allCases)
  func found(flaw: GroupFlaw) {
    for seed in 1...2000 as ClosedRange<UInt64> {
      do { _ = try live(seed, flaw: flaw) } catch {
        print("simulation: \(flaw.rawValue) is found in world of replicas \(seed): \(error.rule)")
        return
      }
    }
    Issue.record("\(flaw.rawValue) is not found")
  }
}
