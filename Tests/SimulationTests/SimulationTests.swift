import Foundation
import Synchronization
import Testing

/// How many worlds are tried, and which: `make simulate` sets the variables.
private struct Settings {
  static let environment = ProcessInfo.processInfo.environment
  static let seeds = environment["RETORT_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 300
  static let first = environment["RETORT_SIMULATION_FIRST"].flatMap(UInt64.init) ?? 1
  static let tells = environment["RETORT_SIMULATION_TRACE"] != nil
  /// Things that happen before faults end.
  static let events = 300
}

@Suite("Simulation of the coordinator in a world of faults") struct SimulationTests {
  /// Lives through one world; returns the number of its trace and what happened in it.
  private func live(_ seed: UInt64, flaw: Flaw? = nil, tells: Bool = false) throws(Violation) -> (UInt64, Int) {
    var world = World(seed: seed, flaw: flaw, tells: tells)
    try world.live(events: Settings.events)
    return (world.trace.hash, world.count)
  }

  @Test("in every world each run ends with every step once, and what was promised holds at every moment")
  func worlds() throws {
    let begin = ContinuousClock.now
    var (events, hash): (Int, UInt64) = (0, 0)
    for seed in Settings.first..<Settings.first + Settings.seeds {
      do {
        let (trace, count) = try live(seed, tells: Settings.tells)
        events += count
        hash = Mix.of([hash, trace])
      } catch {
        Issue.record(
          """
          seed \(seed): \(error)
          replay: RETORT_SIMULATION_FIRST=\(seed) RETORT_SIMULATION_SEEDS=1 RETORT_SIMULATION_TRACE=1 make simulate
          """)
        return
      }
    }
    let time = (ContinuousClock.now - begin) / .seconds(1)
    print(
      "simulation: \(Settings.seeds) worlds, \(events) events, \(String(format: "%.1f", time)) s, trace \(String(hash, radix: 16))"
    )
  }

  @Test("a seed gives the same world again", arguments: [1, 2, 3, 17, 2026] as [UInt64])
  func repeats(seed: UInt64) throws {
    let (first, again) = (try live(seed), try live(seed))
    #expect(first == again)
    let other = try live(seed + 1)
    #expect(first.0 != other.0)
  }

  @Test("a planted bug is found within two thousand worlds", arguments: Flaw.allCases)
  func found(flaw: Flaw) throws {
    for seed in 1...2000 as ClosedRange<UInt64> {
      do { _ = try live(seed, flaw: flaw) } catch {
        print("simulation: \(flaw.rawValue) is found in world \(seed): \(error)")
        return
      }
    }
    Issue.record("\(flaw.rawValue) is not found")
  }
}
