import ModelServing
import Testing

@Suite("Fair turns")
struct FairLineTests {
  private let start = Duration.seconds(100)

  /// Serves until nobody waits, each piece at its price; returns who was served, by the numbers of the pieces.
  private func serveAll(_ line: inout FairLine, _ pieces: [Int: (caller: Caller, tokens: Int)]) -> [Int] {
    var order: [Int] = []
    while case .serve(let id) = line.next(at: start) {
      order.append(id)
      if let piece = pieces[id] { line.charge(piece.tokens, to: piece.caller, at: start) }
    }
    return order
  }

  @Test("one question comes before a thousand that another run asked first, but for the one in hand")
  func single() {
    let (greedy, modest) = (Caller(run: "greedy"), Caller(run: "modest"))
    var (line, pieces) = (FairLine(), [Int: (caller: Caller, tokens: Int)]())
    for id in 1...1000 {
      line.enter(id, of: greedy)
      pieces[id] = (greedy, 500)
    }
    #expect(line.next(at: start) == .serve(1))
    line.enter(1001, of: modest)
    pieces[1001] = (modest, 7)
    line.charge(500, to: greedy, at: start)
    let order = serveAll(&line, pieces)
    #expect(order.first == 1001)
    #expect(Array(order.dropFirst()) == Array(2...1000), "a run's own pieces stay in their order")
  }

  @Test(
    "callers that always want more have equal tokens, up to the largest piece, whatever the size of their pieces",
    arguments: 1...20)
  func tokens(seed: Int) {
    var state = UInt64(seed)
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    let callers = (0..<2 + random(5)).map { Caller(run: "run-\($0)") }
    let sizes = callers.map { _ in 1 + random(1000) }
    var (line, had, owner, nextID) = (FairLine(), [Caller: Int](), [Int: Int](), 0)
    func ask(_ index: Int) {
      nextID += 1
      owner[nextID] = index
      line.enter(nextID, of: callers[index])
    }
    for index in callers.indices { for _ in 0...random(3) { ask(index) } }
    for _ in 0..<3000 {
      guard case .serve(let id) = line.next(at: start), let index = owner[id] else { break }
      let tokens = 1 + random(sizes[index])
      line.charge(tokens, to: callers[index], at: start)
      had[callers[index], default: 0] += tokens
      ask(index)
    }
    let (most, least) = (had.values.max() ?? 0, had.values.min() ?? 0)
    #expect(had.count == callers.count && most - least <= 2 * (sizes.max() ?? 0), "\(sizes) \(had)")
  }

  @Test("keys share equally whatever the number of their runs, and runs share what their key gets")
  func keys() {
    let callers = ["a", "b", "c"].map { Caller(key: "first", run: $0) } + [Caller(key: "second", run: "d")]
    var (line, pieces) = (FairLine(), [Int: (caller: Caller, tokens: Int)]())
    for (index, caller) in callers.enumerated() {
      for id in 60 * index..<60 * (index + 1) {
        line.enter(id, of: caller)
        pieces[id] = (caller, 10)
      }
    }
    var served: [Caller: Int] = [:]
    for id in serveAll(&line, pieces).prefix(60) { served[pieces[id]?.caller ?? .unnamed, default: 0] += 1 }
    #expect(callers.map { served[$0] } == [10, 10, 10, 30])
  }

  @Test("who comes later neither catches up on its absence nor waits for what the other had alone")
  func absence() {
    let (early, late) = (Caller(run: "early"), Caller(run: "late"))
    var (line, pieces) = (FairLine(), [Int: (caller: Caller, tokens: Int)]())
    for id in 1...100 {
      line.enter(id, of: early)
      pieces[id] = (early, 10)
    }
    for _ in 1...50 {
      guard case .serve = line.next(at: start) else { break }
      line.charge(10, to: early, at: start)
    }
    for id in 101...150 {
      line.enter(id, of: late)
      pieces[id] = (late, 10)
    }
    let order = serveAll(&line, pieces)
    #expect(order.prefix(20).count { $0 > 100 } == 10, "\(order.prefix(20))")
  }

  @Test("work that has begun goes before the other work of its run, and after other runs that had less")
  func goingOn() {
    let (one, other) = (Caller(run: "one"), Caller(run: "other"))
    var line = FairLine()
    line.enter(1, of: one)
    line.enter(2, of: one)
    line.enter(3, of: other)
    #expect(line.next(at: start) == .serve(1))
    line.charge(5, to: one, at: start)
    line.enter(1, of: one, isGoingOn: true)
    #expect(line.next(at: start) == .serve(3))
    line.charge(9, to: other, at: start)
    #expect(line.next(at: start) == .serve(1))
    line.remove(2, of: one)
    #expect(line.next(at: start) == .nobody && line.partyCount == 0)
  }

  @Test("who has used its quota waits until it is paid for, others do not, and nobody saves up")
  func quota() {
    let (limited, free) = (Caller(key: "limited", run: "r"), Caller(key: "free", run: "r"))
    var line = FairLine(quotas: CallerQuotas(named: ["limited": 100]))
    for id in 1...9 { line.enter(id, of: limited) }
    #expect(line.next(at: start) == .serve(1))
    line.charge(300, to: limited, at: start)
    // 300 tokens stand for three seconds, and one second's worth may be used at once.
    #expect(line.next(at: start) == .wait(until: start + .seconds(2)) && line.isHeld(limited, at: start))
    for id in 11...30 { line.enter(id, of: free) }
    for id in 11...20 {
      #expect(line.next(at: start + .seconds(1)) == .serve(id))
      line.charge(1000, to: free, at: start + .seconds(1))
    }
    #expect(!line.isHeld(limited, at: start + .seconds(2)))
    // It stands where the other did when it was served last, a thousand tokens ago, and not ten thousand.
    var order: [Int] = []
    for minute in 1...8 {
      let now = start + .seconds(60 * minute)
      guard case .serve(let id) = line.next(at: now) else { break }
      order.append(id)
      line.charge(id < 10 ? 400 : 1000, to: id < 10 ? limited : free, at: now)
    }
    #expect(order == [2, 3, 4, 21, 5, 6, 7, 22], "\(order)")
  }

  @Test("what was used is remembered while nobody waits, until it is paid for")
  func debt() {
    let caller = Caller(run: "r")
    var line = FairLine(quotas: CallerQuotas(others: 100))
    for (id, expected) in [
      (1, FairLine.Choice.serve(1)), (2, .serve(2)), (3, .wait(until: start + .milliseconds(600))),
    ] {
      line.enter(id, of: caller)
      #expect(line.next(at: start) == expected)
      guard case .serve = expected else { continue }
      line.charge(80, to: caller, at: start)
      #expect(line.next(at: start) == .nobody)
    }
    #expect(line.next(at: start + .milliseconds(600)) == .serve(3))
    #expect(line.next(at: start + .seconds(2)) == .nobody)
    for id in 4...5 { line.enter(id, of: caller) }
    #expect(line.next(at: start + .seconds(2)) == .serve(4) && line.next(at: start + .seconds(2)) == .serve(5))
  }

  @Test(
    "over a minute nobody gets more than its quota and a second's worth, but for one piece", arguments: [1, 7, 250])
  func rate(piece: Int) {
    let caller = Caller(run: "r")
    var (line, now, had) = (FairLine(quotas: CallerQuotas(others: 50)), start, 0)
    for id in 1...100_000 {
      line.enter(id, of: caller)
      switch line.next(at: now) {
      case .serve: break
      case .wait(let time):
        now = time
        guard case .serve = line.next(at: now) else { return #expect(Bool(false), "nobody was served in time") }
      case .nobody: return #expect(Bool(false), "the caller was forgotten")
      }
      guard now < start + .seconds(60) else { break }
      line.charge(piece, to: caller, at: now)
      had += piece
    }
    #expect(had > 50 * 59 && had <= 50 * 61 + piece, "\(had)")
  }

  @Test("names of callers are bounded, and hold visible characters alone")
  func names() {
    let caller = Caller(key: "k\n\u{1F600}", run: String(repeating: "r", count: 500))
    #expect(caller.key == "k_____" && caller.run.utf8.count == 64)
  }
}
