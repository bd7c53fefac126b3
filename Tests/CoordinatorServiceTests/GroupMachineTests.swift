import CoordinatorService
import Testing

private typealias Machine = GroupMachine

@Suite("What replicas of a student do together, decided")
struct GroupMachineTests {
  private func member(_ name: String) -> Machine.Member { Machine.Member(leaseID: name, address: "\(name):1") }

  /// A group of replicas that has made so many steps together.
  private func formed(_ names: [String], steps: UInt64 = 0) -> Machine {
    var machine = Machine()
    for name in names { _ = machine.handle(.arrived(member(name))) }
    _ = machine.handle(.loaded(step: 0))
    join(&machine)
    for step in 0..<steps { _ = machine.handle(.measured(leaseID: names[0], step: step + 1)) }
    return machine
  }

  /// Forms the group with all that are there.
  private func join(_ machine: inout Machine) {
    _ = machine.handle(.wanted)
    guard let formation = machine.formation else { return }
    for one in formation.asked {
      _ = machine.handle(
        .joined(epoch: formation.epoch, leaseID: one.leaseID, step: machine.progress, measured: []))
    }
  }

  @Test("a group is formed of all that are there, once each has joined, and is whole until somebody comes or goes")
  func forming() {
    var machine = Machine()
    #expect(machine.handle(.wanted).isEmpty, "there is nobody")
    let (a, b, c) = (member("a"), member("b"), member("c"))
    for one in [a, b, a] { #expect(machine.handle(.arrived(one)).isEmpty) }
    #expect(machine.handle(.loaded(step: 7)).isEmpty)
    #expect(machine.handle(.wanted) == [.join(epoch: 1, [a, b])])
    #expect(machine.handle(.wanted).isEmpty, "one at a time")
    #expect(machine.handle(.joined(epoch: 1, leaseID: "a", step: 7, measured: [])).isEmpty)
    #expect(machine.handle(.joined(epoch: 1, leaseID: "a", step: 7, measured: [])).isEmpty, "twice is once")
    #expect(machine.handle(.joined(epoch: 9, leaseID: "b", step: 7, measured: [])).isEmpty, "of another group")
    #expect(
      machine.handle(.joined(epoch: 1, leaseID: "b", step: 7, measured: [])) == [.formed(epoch: 1, [a, b], step: 7)])
    #expect(machine.isWhole && machine.group == [a, b] && machine.handle(.wanted).isEmpty)
    _ = machine.handle(.arrived(c))
    #expect(!machine.isWhole && machine.handle(.wanted) == [.join(epoch: 2, [a, b, c])])
    #expect(machine.handle(.gone(leaseID: "b", reason: "x")) == [.giveUp(epoch: 2)])
    #expect(machine.handle(.joined(epoch: 2, leaseID: "a", step: 7, measured: [])).isEmpty, "it was given up")
    #expect(machine.handle(.wanted) == [.join(epoch: 3, [a, c])])
  }

  @Test("a measurement counts once, in order, and from replicas of the group alone")
  func measuring() {
    var machine = formed(["a", "b"])
    #expect(machine.handle(.measured(leaseID: "b", step: 1)) == [.take(step: 1)])
    #expect(machine.handle(.measured(leaseID: "a", step: 1)).isEmpty, "it is known")
    #expect(machine.handle(.measured(leaseID: "a", step: 3)).isEmpty, "the one before is not")
    _ = machine.handle(.gone(leaseID: "a", reason: "its lease ended"))
    #expect(machine.handle(.measured(leaseID: "a", step: 2)).isEmpty, "it speaks for nobody")
    #expect(machine.handle(.measured(leaseID: "b", step: 2)) == [.take(step: 2)])
    #expect(machine.progress == 2)
  }

  @Test(
    "what a failed call means: gone is let go, the others' absence is not, what it refuses is the run's",
    arguments: [
      (GroupMachine.CallFailure.lost("x"), 1, false), (.aborted("x"), 2, false), (.refused("x"), 2, true),
      (.odd("x"), 2, true),
    ])
  func failures(_ failure: GroupMachine.CallFailure, _ left: Int, _ isRaised: Bool) {
    var machine = formed(["a", "b"], steps: 3)
    let actions = machine.handle(.failed(leaseID: "b", failure))
    #expect(machine.members.count == left && machine.failure == nil)
    #expect(actions.contains(.raise("x")) == isRaised)
    #expect(actions.contains(.lose(member("b"), reason: "x", isRefused: false)) == (left == 1))
    #expect(machine.handle(.failed(leaseID: "stranger", failure)).isEmpty, "a connection that was given up is no news")
    if !isRaised { #expect(!machine.isWhole) }
  }

  @Test("nobody is left: the student fails; and so it does where those that are left have not made the last steps")
  func nobody() {
    var machine = formed(["a", "b"], steps: 3)
    _ = machine.handle(.gone(leaseID: "a", reason: "x"))
    _ = machine.handle(.arrived(member("c")))
    _ = machine.handle(.gone(leaseID: "b", reason: "y"))
    #expect(machine.failure == nil && machine.handle(.wanted) == [.join(epoch: 2, [member("c")])])
    _ = machine.handle(.joined(epoch: 2, leaseID: "c", step: 0, measured: []))
    #expect(machine.failure?.reason == "no replica is left that has made step 3" && machine.failure?.isRefusal == false)
    #expect(machine.handle(.wanted).isEmpty)
    var alone = formed(["a"], steps: 1)
    let failure = Machine.Failure(reason: "no replica of the student is left: its lease ended", isRefusal: false)
    #expect(alone.handle(.gone(leaseID: "a", reason: "its lease ended")) == [.fail(failure)])
    #expect(alone.handle(.gone(leaseID: "a", reason: "again")).isEmpty)
  }

  @Test("where some of an optimizer that replicas share out is lost, the student fails at once, whoever else joins")
  func incomplete() {
    var machine = formed(["a", "b", "c"], steps: 3)
    _ = machine.handle(.failed(leaseID: "c", .lost("x")))
    _ = machine.handle(.wanted)
    func joins(_ name: String, epoch: Int, isIncomplete: Bool) -> [Machine.Action] {
      machine.handle(.joined(epoch: epoch, leaseID: name, step: 3, measured: [3], isIncomplete: isIncomplete))
    }
    #expect(joins("a", epoch: 1, isIncomplete: true).isEmpty, "of another group")
    #expect(joins("c", epoch: 2, isIncomplete: true).isEmpty, "of nobody who is there")
    #expect(joins("a", epoch: 2, isIncomplete: false).isEmpty && machine.failure == nil)
    let failure = Machine.Failure(reason: "some of the optimizer's state after step 3 is lost", isRefusal: false)
    #expect(joins("b", epoch: 2, isIncomplete: true) == [.giveUp(epoch: 2), .fail(failure)])
    #expect(joins("b", epoch: 2, isIncomplete: false).isEmpty && !machine.isWhole && machine.handle(.wanted).isEmpty)
  }

  @Test("a step that was made while its answers were lost is known from those that join, else the student fails")
  func lostAnswers() {
    for (measured, isKnown) in [([4], true), ([3], false), ([2, 3, 4], true)] as [([UInt64], Bool)] {
      var machine = formed(["a", "b"], steps: 3)
      _ = machine.handle(.failed(leaseID: "a", .lost("x")))
      _ = machine.handle(.wanted)
      _ = machine.handle(.joined(epoch: 2, leaseID: "b", step: 4, measured: measured))
      #expect((machine.failure == nil) == isKnown && machine.progress == (isKnown ? 4 : 3))
    }
  }

  @Test("who refuses is let go if it is new; the others wait a while for those that are there; three times is enough")
  func refusals() {
    var machine = formed(["a", "b"], steps: 1)
    let c = member("c")
    _ = machine.handle(.arrived(c))
    _ = machine.handle(.wanted)
    // Each of them hears of the difference; whoever tells first, the newcomer goes.
    #expect(
      machine.handle(.notJoined(epoch: 2, leaseID: "a", .refused("other arithmetic"))) == [
        .giveUp(epoch: 2), .lose(c, reason: "other arithmetic", isRefused: true),
      ])
    _ = machine.handle(.arrived(c))
    for attempt in 3...5 {
      #expect(machine.handle(.wanted) == [.join(epoch: attempt, [member("a"), member("b"), c])])
      #expect(machine.handle(.notJoined(epoch: attempt, leaseID: "c", .aborted("no way"))) == [.hurry(epoch: attempt)])
      _ = machine.handle(.joined(epoch: attempt, leaseID: "a", step: 1, measured: []))
      let actions = machine.handle(.waited(epoch: attempt))
      #expect(actions.first == .giveUp(epoch: attempt) && actions.count == (attempt == 5 ? 2 : 1))
    }
    #expect(machine.members == [member("a"), member("b")])
    #expect(machine.handle(.waited(epoch: 5)).isEmpty)
  }

  @Test("the only one that refuses ends the run's try with what it says")
  func onlyOne() {
    var machine = Machine()
    _ = machine.handle(.arrived(member("a")))
    _ = machine.handle(.wanted)
    _ = machine.handle(.notJoined(epoch: 1, leaseID: "a", .refused("no such call")))
    #expect(machine.failure == Machine.Failure(reason: "no such call", isRefusal: true))
  }

  @Test("rounds without a step let somebody go the third time, the newest first, and say why")
  func fruitless() {
    var machine = formed(["a", "b"], steps: 2)
    _ = machine.handle(.arrived(member("c")))
    var actions: [Machine.Action] = []
    for _ in 0..<3 {
      join(&machine)
      _ = machine.handle(.failed(leaseID: "a", .aborted("no route")))
      actions = machine.handle(.roundOver(isMade: false))
    }
    #expect(actions == [.lose(member("c"), reason: "steps fail with it: no route", isRefused: false)])
  }

  @Test(
    "a student that fails is left alone for longer each time, one that refuses for longer still, until it has made a step"
  )
  func pauses() {
    var machine = formed(["a", "b"], steps: 1)
    #expect(machine.pause("b:1") == .zero)
    var pauses: [Duration] = []
    for _ in 0..<14 {
      _ = machine.handle(.failed(leaseID: "b", .lost("x")))
      pauses.append(machine.pause("b:1"))
      _ = machine.handle(.arrived(member("b")))
    }
    #expect(pauses.prefix(3) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
    #expect(pauses.last == .milliseconds(51_200), "it does not grow for ever")
    join(&machine)
    #expect(machine.handle(.measured(leaseID: "b", step: 2)) == [.take(step: 2)] && machine.pause("b:1") == .zero)
    _ = machine.handle(.arrived(member("c")))
    _ = machine.handle(.wanted)
    _ = machine.handle(.notJoined(epoch: machine.epoch, leaseID: "c", .refused("x")))
    #expect(machine.pause("c:1") == .milliseconds(3200))
  }

  @Test("while another run waits for a student, one of several is given away, the last, and one at a time")
  func sharing() {
    var machine = formed(["a", "b", "c"], steps: 1)
    _ = machine.handle(.shortage(true))
    #expect(machine.isToShrink)
    #expect(
      machine.handle(.wanted) == [.giveAway(member("c")), .join(epoch: 2, [member("a"), member("b")])])
    join(&machine)
    #expect(!machine.isToShrink, "that one is on its way")
    _ = machine.handle(.released(leaseID: "c"))
    #expect(machine.isToShrink)
    _ = machine.handle(.shortage(false))
    #expect(!machine.isToShrink && machine.members.count == 2)
    var alone = formed(["a"])
    _ = alone.handle(.shortage(true))
    #expect(!alone.isToShrink && alone.handle(.wanted).isEmpty)
  }

  private func silent(_ seconds: Int, isExchanging: Bool = true) -> Machine.Silence {
    Machine.Silence(time: .seconds(seconds), isExchanging: isExchanging)
  }

  @Test(
    "a group is broken up once all have waited for so long, one of them at least in an exchange, and not before",
    arguments: [
      ([61, 60, 99], [true, true, true], true), ([61, 59, 99], [true, true, true], false),
      ([61, 0, 999], [true, true, true], false), ([61, 60, 99], [false, true, false], true),
      ([61, 60, 99], [false, false, false], false), ([61, 60, nil], [true, true, true], false),
    ] as [([Int?], [Bool], Bool)])
  func silences(_ seconds: [Int?], _ isExchanging: [Bool], _ isVain: Bool) {
    let names = ["a", "b", "c"]
    var machine = formed(names, steps: 3)
    var actions: [Machine.Action] = []
    for (name, (time, isExchanging)) in zip(names, zip(seconds, isExchanging)) {
      guard let time else { continue }
      #expect(actions.isEmpty)
      #expect(machine.handle(.silent(epoch: 9, leaseID: name, silent(999))).isEmpty, "of another group")
      actions = machine.handle(.silent(epoch: 1, leaseID: name, silent(time, isExchanging: isExchanging)))
    }
    #expect(actions == (isVain ? [.breakUp(epoch: 1, .seconds(99))] : []))
    #expect(machine.isWhole == !isVain && machine.brokenUp == (isVain ? 1 : 0) && machine.members.count == 3)
    guard isVain else { return }
    #expect(machine.handle(.silent(epoch: 1, leaseID: "a", silent(999))).isEmpty, "it is broken up")
    #expect(machine.handle(.wanted) == [.join(epoch: 2, names.map(member))], "nobody is blamed at first")
  }

  @Test("whoever computes, or to whom something comes, takes back that it waits")
  func silenceOver() {
    var machine = formed(["a", "b"], steps: 1)
    #expect(machine.handle(.silent(epoch: 1, leaseID: "a", silent(80))).isEmpty)
    #expect(machine.handle(.silent(epoch: 1, leaseID: "a", silent(0))).isEmpty)
    #expect(machine.handle(.silent(epoch: 1, leaseID: "b", silent(80))).isEmpty)
    #expect(machine.handle(.silent(epoch: 1, leaseID: "a", silent(60))) == [.breakUp(epoch: 1, .seconds(60))])
  }

  @Test("a group that is being formed is given up likewise; the third time the newest is let go")
  func silentFormation() {
    var machine = formed(["a", "b"], steps: 1)
    let c = member("c")
    _ = machine.handle(.arrived(c))
    for attempt in 2...4 {
      _ = machine.handle(.wanted)
      _ = machine.handle(.joined(epoch: attempt, leaseID: "a", step: 1, measured: []))
      #expect(machine.handle(.silent(epoch: attempt, leaseID: "a", silent(61, isExchanging: false))).isEmpty)
      #expect(machine.handle(.silent(epoch: attempt, leaseID: "b", silent(61))).isEmpty)
      let actions = machine.handle(.silent(epoch: attempt, leaseID: "c", silent(61)))
      #expect(actions.prefix(2) == [.breakUp(epoch: attempt, .seconds(61)), .giveUp(epoch: attempt)])
      #expect(actions.count == (attempt == 4 ? 3 : 2))
    }
    #expect(!machine.has("c") && machine.members.count == 2)
    // What was told of the formation is no news of the group.
    _ = machine.handle(.wanted)
    _ = machine.handle(.silent(epoch: 5, leaseID: "a", silent(61)))
    for name in ["a", "b"] { _ = machine.handle(.joined(epoch: 5, leaseID: name, step: 1, measured: [])) }
    #expect(machine.isWhole && machine.handle(.silent(epoch: 5, leaseID: "b", silent(61))).isEmpty)
  }
}
