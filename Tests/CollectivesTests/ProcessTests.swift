import Foundation
import Programs
import Testing

/// One group of processes at a time: what is timed in them measures the neighbours otherwise.
@Suite("Members that are processes", .serialized)
struct ProcessTests {
  @Test("sum what they have")
  func sums() async throws {
    try await inFolder { folder in
      let members = try startMembers(0..<4, of: 4, in: folder, floats: 1_000_003, calls: 3, timeout: 60)
      for (rank, outcome) in members.map({ $0.outcome() }).enumerated() {
        #expect(outcome.exit == .status(0) && outcome.errors == "")
        #expect(outcome.output.hasPrefix("ready\nmember \(rank) of 4: exchange of 1000003 floats "))
      }
    }
  }

  @Test("a killed one is missed by the others, in the middle of a call", arguments: 0..<6)
  func killed(_ attempt: Int) async throws {
    try await inFolder { folder in
      let members = try startMembers(0..<3, of: 3, in: folder, floats: 3_000_000, calls: 0, timeout: 60)
      #expect(members.allSatisfy { $0.waitForLine("ready") })
      Thread.sleep(forTimeInterval: Double(attempt) * 0.013)
      let clock = ContinuousClock()
      var outcomes: [DriverProcess.Outcome] = []
      let time = clock.measure {
        members[1].send(SIGKILL)
        outcomes = [0, 2].map { members[$0].outcome() }
      }
      for outcome in outcomes {
        #expect(outcome.exit == .status(1))
        #expect(
          outcome.errors.hasPrefix("CollectivesDriver: the connection to member")
            && outcome.errors.hasSuffix(" is broken\n"))
      }
      #expect(
        outcomes.contains {
          $0.errors.contains("member 1 ") || $0.errors.contains("members 1, ") || $0.errors.contains(", 1 ")
        })
      // A second on a machine of its own.
      #expect(time < .seconds(10), "\(time)")
    }
  }

  @Test("a stopped one is named by the others when the time is over")
  func stopped() async throws {
    try await inFolder { folder in
      let members = try startMembers(0..<3, of: 3, in: folder, floats: 3_000_000, calls: 0, timeout: 2)
      #expect(members.allSatisfy { $0.waitForLine("ready") })
      members[2].send(SIGSTOP)
      let others = members[..<2].map { $0.outcome() }
      #expect(others.allSatisfy { $0.exit == .status(1) })
      #expect(others.contains { $0.errors == "CollectivesDriver: nothing from member 2 within 2.0 seconds\n" })
      members[2].send(SIGCONT)
      let last = members[2].outcome()
      #expect(last.exit == .status(1) && last.errors.hasSuffix(" is broken\n") || last.errors.contains("nothing from"))
    }
  }

  @Test("one that is aborted ends at once, and the others with it")
  func aborted() async throws {
    try await inFolder { folder in
      let members = try startMembers(0..<3, of: 3, in: folder, floats: 3_000_000, calls: 0, timeout: 60)
      #expect(members.allSatisfy { $0.waitForLine("ready") })
      let start = ContinuousClock.now
      try members[0].tell("abort")
      let outcomes = members.map { $0.outcome() }
      #expect(ContinuousClock.now - start < .seconds(30))
      #expect(outcomes[0].errors == "CollectivesDriver: the group was aborted\n")
      #expect(outcomes.allSatisfy { $0.exit == .status(1) })
      #expect(outcomes[1...].allSatisfy { $0.errors.hasSuffix(" is broken\n") })
    }
  }

  @Test("a late one is waited for, as long as there is time")
  func late() async throws {
    try await inFolder { folder in
      var members = try startMembers(0..<2, of: 3, in: folder, floats: 1000, calls: 2, timeout: 60)
      Thread.sleep(forTimeInterval: 0.5)
      members += try startMembers(2..<3, of: 3, in: folder, floats: 1000, calls: 2, timeout: 60)
      #expect(members.map { $0.outcome().exit } == [.status(0), .status(0), .status(0)])
    }
    try await inFolder { folder in
      let members = try startMembers(0..<2, of: 3, in: folder, floats: 1000, calls: 2, timeout: 0.5)
      for outcome in members.map({ $0.outcome() }) {
        #expect(
          outcome.exit == .status(1)
            && outcome.errors == "CollectivesDriver: nothing from member 2 within 0.5 seconds\n")
      }
    }
  }

  @Test("two hundred groups leave no descriptor and no thread behind")
  func churn() async throws {
    try await inFolder { _ in
      let outcome = try DriverProcess(["churn", "200"]).outcome()
      let words = outcome.output.split(whereSeparator: \.isWhitespace)
      #expect(outcome.exit == .status(0) && outcome.errors == "" && words.count == 6)
      #expect(words.count == 6 && words[1] == words[2] && words[4] == words[5], "\(outcome.output)")
    }
  }
}
