import CoordinatorService
import Testing
import WireFormat

/// Three replicas that are there.
private func roster(
  _ names: [String] = ["a", "b", "c"], mayCharge: Bool = false,
  describing: (String) -> WireModelDescription = { _ in makeDescription() }
) -> TeacherRoster {
  var roster = TeacherRoster()
  roster.update(names)
  for name in names {
    var description = describing(name)
    description.mayCharge = mayCharge
    roster.introduced(name, TeacherIdentity(description))
  }
  roster.settle(at: .zero)
  return roster
}

private func standing(_ roster: TeacherRoster, _ name: String) -> TeacherRoster.Standing? {
  roster.members.first { $0.address == name }?.standing
}

@Suite("Who of a teacher's replicas is asked")
struct TeacherRosterTests {
  /// A replica that answers questions of so many bytes, each in a time.
  private static func taught(_ seconds: [String: Int], work: Int = 100) -> TeacherRoster {
    var roster = roster(seconds.keys.sorted())
    for (name, seconds) in seconds.sorted(by: { $0.key < $1.key }) {
      let id = roster.begin(name, .score, work: work, hasMoved: false, at: .zero)
      roster.end(name, id, .answered, at: .seconds(seconds))
    }
    return roster
  }

  @Test(
    "a question goes to whoever will have answered it first",
    arguments: [
      // Seconds for a question, questions that are there, who is asked.
      (["a": 1, "b": 1, "c": 1], [:], "a"), (["a": 1, "b": 1, "c": 1], ["a": 1], "b"),
      (["a": 1, "b": 1, "c": 1], ["a": 1, "b": 1], "c"), (["a": 1, "b": 1, "c": 1], ["a": 2, "b": 1, "c": 1], "b"),
      (["a": 4, "b": 2, "c": 1], [:], "c"), (["a": 4, "b": 2, "c": 1], ["c": 1], "b"),
      (["a": 9, "b": 2, "c": 1], ["c": 3], "b"), (["a": 9, "b": 2, "c": 1], ["b": 1, "c": 2], "c"),
      (["a": 9, "b": 2, "c": 1], ["b": 4, "c": 9], "a"),
      // Near-equals are equal: of those that have as much to do, who was asked longest ago.
      (["a": 10, "b": 9, "c": 8], [:], "a"), (["a": 10, "b": 9, "c": 8], ["a": 1], "b"),
      (["a": 12, "b": 9, "c": 8], ["b": 1], "a"), (["a": 13, "b": 9, "c": 8], [:], "b"),
    ] as [([String: Int], [String: Int], String)])
  func choice(seconds: [String: Int], outstanding: [String: Int], expected: String) {
    var roster = Self.taught(seconds)
    let now = Duration.seconds(9)
    for (name, count) in outstanding.sorted(by: { $0.key < $1.key }) {
      for _ in 0..<count { _ = roster.begin(name, .score, work: 100, hasMoved: false, at: now) }
    }
    #expect(roster.choice(.score, work: 100, name: "", at: now) == expected)
  }

  @Test(
    "equals share evenly; a slow one is asked little, and by its speed where there is much to do",
    arguments: [
      (["a": 1, "b": 1, "c": 1], 1, [33, 33, 33]), (["a": 1, "b": 1, "c": 1], 6, [33, 33, 33]),
      (["a": 1, "b": 1, "c": 4], 6, [47, 47, 5]), (["a": 1, "b": 1, "c": 4], 24, [44, 44, 11]),
      (["a": 1.2, "b": 1.1, "c": 1], 1, [33, 33, 33]), (["a": 1.4, "b": 1, "c": 1.2], 1, [33, 33, 33]),
      (["a": 1, "b": 1, "c": 4], 1, [49, 49, 1]), (["a": 9, "b": 1.3, "c": 1], 1, [1, 49, 49]),
    ] as [([String: Double], Int, [Int])])
  func shares(seconds: [String: Double], outstanding: Int, expected: [Int]) {
    var roster = roster()
    var busy: [(end: Double, name: String, id: UInt64)] = []
    var free: [String: Double] = [:]
    var time = 0.0
    for _ in 0..<99 {
      if busy.count == outstanding, let next = busy.enumerated().min(by: { $0.element.end < $1.element.end })?.offset {
        let done = busy.remove(at: next)
        time = done.end
        roster.end(done.name, done.id, .answered, at: .seconds(time))
      }
      guard let name = roster.choice(.score, work: 100, name: "", at: .seconds(time)) else { return }
      let id = roster.begin(name, .score, work: 100, hasMoved: false, at: .seconds(time))
      let end = max(time, free[name] ?? 0) + (seconds[name] ?? 1)
      free[name] = end
      busy.append((end, name, id))
    }
    for done in busy { roster.end(done.name, done.id, .answered, at: .seconds(done.end)) }
    let counts = roster.members.map(\.answered)
    #expect(counts.reduce(0, +) == 99)
    for (count, wanted) in zip(counts, expected) { #expect(abs(count - wanted) <= 3, "\(counts)") }
  }

  @Test("who was slow is tried again after some minutes, and is not before")
  func forgets() {
    var roster = Self.taught(["a": 40, "b": 1])
    func asked(at seconds: Int) -> String? {
      _ = roster.begin("b", .score, work: 100, hasMoved: false, at: .seconds(seconds))
      return roster.choice(.score, work: 100, name: "", at: .seconds(seconds))
    }
    #expect(asked(at: 50) == "b")
    #expect(asked(at: 1000) == "a")
  }

  @Test("who was slow for half a second is tried again within a minute, and who comes back at once")
  func forgetsSoon() {
    var roster = roster(["a", "b"])
    for (name, milliseconds) in [("a", 500), ("b", 10)] {
      let id = roster.begin(name, .score, work: 100, hasMoved: false, at: .zero)
      roster.end(name, id, .answered, at: .milliseconds(milliseconds))
    }
    _ = roster.begin("b", .score, work: 100, hasMoved: false, at: .seconds(1))
    #expect(roster.choice(.score, work: 100, name: "", at: .seconds(1)) == "b")
    #expect(roster.choice(.score, work: 100, name: "", at: .seconds(60)) == "a")
    roster.lost("a", "connection refused")
    roster.introduced("a", TeacherIdentity(makeDescription()))
    roster.settle(at: .seconds(1))
    #expect(roster.choice(.score, work: 100, name: "", at: .seconds(1)) == "a")
  }

  @Test(
    "a replica's state for operators: new, answering, slow from a question taken away to the next answer, away, left out"
  )
  func states() {
    var group = TeacherRoster()
    group.update(["a", "b"])
    func states() -> [TeacherReplica.State] { group.members.map { TeacherReplica($0).state } }
    func question() -> UInt64 { group.begin("a", .score, work: 10, hasMoved: false, at: .zero) }
    #expect(states() == [.new, .new])
    group.introduced("a", TeacherIdentity(makeDescription()))
    group.introduced("b", TeacherIdentity(makeDescription { $0.modelDigest = "other" }))
    group.settle(at: .zero)
    #expect(states() == [.answering, .leftOut])
    let (slow, failed, answered) = (question(), question(), question())
    group.end("a", slow, .moved, at: .seconds(20))
    #expect(states()[0] == .slow && TeacherReplica(group.members[0]).trouble == nil)
    group.end("a", failed, .failed, at: .seconds(20))
    #expect(states()[0] == .slow)
    group.end("a", answered, .answered, at: .seconds(21))
    #expect(states()[0] == .answering)
    let other = question()
    group.end("a", other, .moved, at: .seconds(40))
    group.lost("a", "connection refused")
    #expect(states()[0] == .away && TeacherReplica(group.members[0]).trouble == "connection refused")
    group.introduced("a", TeacherIdentity(makeDescription()))
    group.settle(at: .seconds(50))
    #expect(states()[0] == .answering, "whoever was away may be quite another process now")
  }

  @Test("questions that come one at a time try a slow one again, for a thirtieth of the time, however slow it is")
  func tries() {
    for slow in [4, 8, 30, 300] {
      var (roster, spent) = (Self.taught(["a": slow, "b": 1]), 0)
      var time = slow
      while time < 40_000 {
        guard let name = roster.choice(.score, work: 100, name: "", at: .seconds(time)) else { return }
        let id = roster.begin(name, .score, work: 100, hasMoved: false, at: .seconds(time))
        time += name == "a" ? slow : 1
        if name == "a" { spent += slow }
        roster.end(name, id, .answered, at: .seconds(time))
      }
      #expect(spent > 0 && spent * 30 < time, "\(slow): \(spent) of \(time) s")
    }
  }

  @Test(
    "two addresses of one service are one replica; the other is asked once the first is away, or is another service")
  func twins() {
    func introduced(_ instances: [String], mayCharge: Bool = false) -> TeacherRoster {
      var roster = roster(mayCharge: mayCharge)
      for (name, instance) in zip(["a", "b", "c"], instances) {
        let description = makeDescription { $0.mayCharge = mayCharge }
        roster.introduced(name, TeacherIdentity(description, instanceID: instance))
      }
      roster.settle(at: .zero)
      return roster
    }
    func introduce(_ roster: inout TeacherRoster, _ name: String, _ instance: String) {
      roster.introduced(name, TeacherIdentity(makeDescription(), instanceID: instance))
      roster.settle(at: .zero)
    }
    #expect(introduced(["", "", ""]).present.count == 3, "who does not say counts by its address")
    #expect(introduced(["x", "y", "z"]).present.count == 3)
    var group = introduced(["x", "y", "x"])
    #expect(group.present.map(\.address) == ["a", "b"] && standing(group, "c") == .twin("a"))
    // The one is away: the other is asked who it is, and then what it knows.
    group.lost("a", "connection refused")
    #expect(standing(group, "c") == .unknown)
    introduce(&group, "c", "x")
    #expect(group.present.map(\.address) == ["b", "c"])
    introduce(&group, "a", "x")
    #expect(standing(group, "a") == .twin("c"), "whoever is asked stays")
    // Another process has begun at both: that is noticed at the one that is not asked.
    introduce(&group, "a", "w")
    #expect(standing(group, "c") == .unknown && group.present.map(\.address) == ["a", "b"])
    introduce(&group, "c", "w")
    #expect(group.present.map(\.address) == ["a", "b"] && standing(group, "c") == .twin("a"))
    // What a question may cost belongs to an address; the service behind it is asked.
    let charging = introduced(["x", "y", "x"], mayCharge: true)
    let owned = (0..<100).map { "question \($0)" }.filter {
      TeacherRoster.owner(of: $0, among: ["a", "b", "c"]) == "c"
    }
    #expect(!owned.isEmpty)
    for name in owned { #expect(charging.choice(.score, work: 1, name: name, at: .zero) == "a") }
  }

  @Test("who is away or is another model is not asked; where nobody is there, nobody is")
  func absent() {
    var group = roster { name in makeDescription { $0.modelDigest = name == "b" ? "other" : "digest" } }
    #expect(standing(group, "b") == .refused("another model, other instead of digest"))
    group.lost("a", "connection refused")
    #expect(group.choice(.score, work: 1, name: "", at: .zero) == "c")
    group.lost("c", "connection refused")
    group.settle(at: .zero)
    // The one that is left is another: it does not become the teacher while the others may come back.
    #expect(
      group.choice(.score, work: 1, name: "", at: .zero) == nil && group.identity?.description.modelDigest == "digest")
    group.introduced("c", TeacherIdentity(makeDescription()))
    group.settle(at: .zero)
    #expect(group.choice(.score, work: 1, name: "", at: .zero) == "c")
    group.update(["b"])
    group.settle(at: .zero)
    #expect(standing(group, "b") == .present && group.identity?.description.modelDigest == "other")
  }

  @Test(
    "replicas are the same but for their names and how many threads they have",
    arguments: [
      ("name", nil), ("threads", nil), ("arithmetic", "another arithmetic, 'Zen' instead of 'Haswell'"),
      ("vocabulary", "another vocabulary"), ("context", "other abilities"), ("template", "another chat template"),
      ("head", "other abilities"),
    ])
  func same(changed: String, difference: String?) {
    let group = roster(["a", "b"]) { name in
      makeDescription {
        $0.determinism = "Haswell, 2 threads"
        guard name == "b" else { return }
        switch changed {
        case "name": $0.name = "other"
        case "threads": $0.determinism = "Haswell, 64 threads"
        case "arithmetic": $0.determinism = "Zen, 2 threads"
        case "vocabulary": $0.vocabularyDigest = "v"
        case "context": $0.contextLength = 3
        case "template": $0.chatTemplateDigest = "t"
        default: $0.outputHeadDigest = "h"
        }
      }
    }
    #expect(standing(group, "b") == (difference.map { .refused($0) } ?? .present))
  }

  @Test("where answers may cost money, a question is one replica's for good, and waits for it")
  func charging() throws {
    var group = roster(mayCharge: true)
    let names = (0..<300).map { "question \($0)" }
    let owners = names.map { TeacherRoster.owner(of: $0, among: ["a", "b", "c"]) }
    for owner in ["a", "b", "c"] { #expect((70...130).contains(owners.count { $0 == owner })) }
    #expect(names.map { group.choice(.score, work: 1, name: $0, at: .zero) } == owners)
    group.lost("b", "away")
    for (name, owner) in zip(names, owners) {
      #expect(group.choice(.score, work: 1, name: name, at: .zero) == (owner == "b" ? nil : owner))
    }
    // Others that come take their share, and nobody else's changes.
    for (name, owner) in zip(names, owners) {
      let wider = TeacherRoster.owner(of: name, among: ["d", "c", "b", "a"])
      #expect(wider == owner || wider == "d")
    }
    // It may stand for as long as it likes, however fast others are.
    for other in ["a", "c"] {
      let id = group.begin(other, .score, work: 1, hasMoved: false, at: .zero)
      group.end(other, id, .answered, at: .seconds(1))
    }
    let name = try #require(names.first { group.choice(.score, work: 1, name: $0, at: .zero) == "a" })
    #expect(!name.isEmpty)
    _ = group.begin("a", .score, work: 1, hasMoved: false, at: .zero)
    #expect(group.overdue(at: .seconds(10000)).isEmpty)
  }

  @Test(
    "a question is taken from a replica only where it stands much longer than it would elsewhere, once, and nothing came"
  )
  func overdue() {
    func isOverdue(
      after seconds: Int, elsewhere: Int = 3, hasMoved: Bool = false, heard: Bool = false, alone: Bool = false
    ) -> Bool {
      var roster = Self.taught(alone ? ["a": 3] : ["a": 3, "b": elsewhere])
      let id = roster.begin("a", .score, work: 100, hasMoved: hasMoved, at: .zero)
      if heard { roster.heard("a", id, isRead: false, at: .zero) }
      return !roster.overdue(at: .seconds(seconds)).isEmpty
    }
    #expect(!isOverdue(after: 15) && isOverdue(after: 16))
    #expect(!isOverdue(after: 20, elsewhere: 5) && isOverdue(after: 21, elsewhere: 5))
    #expect(!isOverdue(after: 100, elsewhere: 30))
    #expect(!isOverdue(after: 1000, hasMoved: true) && !isOverdue(after: 1000, heard: true))
    #expect(!isOverdue(after: 1000, alone: true))
  }

  @Test("a replica with a question must show life after a silence, and after longer ones where it was not believed")
  func silence() {
    var roster = roster(["a"])
    #expect(roster.silent(at: .seconds(1000)).isEmpty)
    let id = roster.begin("a", .score, work: 1, hasMoved: false, at: .seconds(100))
    #expect(roster.silent(at: .seconds(105)).isEmpty && roster.silent(at: .seconds(106)).count == 1)
    roster.heard("a", at: .seconds(106))
    #expect(roster.silent(at: .seconds(111)).isEmpty && roster.silent(at: .seconds(112)).count == 1)
    // While the reader is busy, nothing is expected of it.
    roster.heard("a", id, isRead: true, at: .seconds(112))
    #expect(roster.silent(at: .seconds(1000)).isEmpty)
    roster.heard("a", id, isRead: false, at: .seconds(1000))
    roster.gaveNoSign("a", "no sign of life")
    #expect(roster.silent(at: .seconds(2000)).isEmpty)
    roster.end("a", id, .failed, at: .seconds(2000))
    roster.introduced("a", TeacherIdentity(makeDescription()))
    roster.settle(at: .seconds(2000))
    let again = roster.begin("a", .score, work: 1, hasMoved: false, at: .seconds(2000))
    #expect(roster.silent(at: .seconds(2010)).isEmpty && roster.silent(at: .seconds(2011)).count == 1)
    roster.end("a", again, .answered, at: .seconds(2012))
    _ = roster.begin("a", .score, work: 1, hasMoved: false, at: .seconds(2012))
    #expect(roster.silent(at: .seconds(2018)).count == 1)
  }
}
