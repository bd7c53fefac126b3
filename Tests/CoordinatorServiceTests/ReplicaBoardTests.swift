import CoordinatorService
import Testing

@Suite("What is told of replicas")
struct ReplicaBoardTests {
  private let clock = HandClock()

  private func grant(_ address: String, lease: Int = 1) -> TrainerRegistry.Grant {
    TrainerRegistry.Grant(leaseID: "\(address) \(lease)", address: address, token: UInt64(lease))
  }

  private func told(_ board: ReplicaBoard, _ heartbeats: [String: Duration] = [:]) -> [String] {
    board.replicas(heartbeats: heartbeats, patience: .seconds(2)).map { replica in
      let parts = replica.partCount > 0 ? " \(replica.partCount)/\(replica.plannedPartCount)" : ""
      return "\(replica.address) \(replica.state)\(parts)\(replica.reason.isEmpty ? "" : ": \(replica.reason)")"
    }
  }

  @Test("who comes joins, shares parts by rank, stalls, leaves with a reason, and comes again")
  func story() {
    let board = ReplicaBoard(now: clock.now)
    let (a, b, c) = (grant("a"), grant("b"), grant("c"))
    for one in [a, b, c] { board.came(one, to: "run", plannedPartCount: 4) }
    #expect(told(board) == ["a joining", "b joining", "c joining"])
    board.formed([a, c, b].map(\.leaseID), of: "run", step: 3)
    #expect(told(board) == ["a training 1/4", "b training 2/4", "c training 1/4"])
    #expect(
      told(board, ["a 1": .seconds(1), "b 1": .seconds(3)]) == ["a training 1/4", "b stalled 2/4", "c training 1/4"])
    board.left(b, from: "run", .left, "its lease ended")
    board.left(b, from: "run", .left, "it was given back")
    board.formed([], of: "run")
    #expect(told(board) == ["a joining", "c joining", "b left: its lease ended"])
    board.formed([a, c].map(\.leaseID), of: "run")
    board.came(grant("b", lease: 2), to: "run", plannedPartCount: 4)
    #expect(told(board) == ["a training 2/4", "c training 2/4", "b joining"])
    board.left(b, from: "run", .left, "said too late, of the process before")
    #expect(told(board).last == "b joining")
    board.left(grant("b", lease: 2), from: "run", .refused, "other arithmetic")
    #expect(told(board).last == "b refused: other arithmetic")
    board.forget("run")
    #expect(told(board).isEmpty)
  }

  @Test("of those that are gone the newest eight are told, and those that are there whatever their number")
  func limit() {
    let board = ReplicaBoard(now: clock.now)
    for index in 0..<30 {
      board.came(grant("gone-\(index)"), to: "run", plannedPartCount: 64)
      board.left(grant("gone-\(index)"), from: "run", .left, "x")
      board.came(grant("here-\(index)"), to: "run", plannedPartCount: 64)
    }
    #expect(told(board).count { $0.hasPrefix("here") } == 30)
    #expect(told(board).filter { $0.hasPrefix("gone") } == (22..<30).map { "gone-\($0) left: x" })
  }

  @Test("time in which replicas meet counts while it lasts, for a part of a run and for the whole")
  func waits() {
    let board = ReplicaBoard(now: clock.now)
    let part = "run/round-0"
    board.meet(part, true)
    clock.move(by: .seconds(2))
    #expect(
      board.waitSeconds(of: "run") == 2 && board.waitSeconds(of: part) == 2 && board.waitSeconds(of: "other") == 0)
    board.meet(part, false)
    clock.move(by: .seconds(5))
    board.meet(part, true)
    clock.move(by: .seconds(1))
    board.meet(part, false)
    board.meet(part, false)
    #expect(board.waitSeconds(of: "run") == 3 && board.waitSeconds(of: part) == 3)
  }
}
