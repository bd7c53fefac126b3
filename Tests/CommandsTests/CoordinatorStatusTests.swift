import Commands
import Foundation
import Testing
import WireFormat

@Suite("Status of a coordinator") struct CoordinatorStatusTests {
  private static let run = WireRun(
    runID: "kd-1", state: .running, message: "training: step 12 of 24", step: 12, maxSteps: 24, outputDir: "out/kd",
    submitUnixMilliseconds: 1000, method: "kd", lossNats: 1.25, lossStep: 12, tokensPerSecond: 2048,
    stepsPerSecond: 0.5,
    waitTeacherSeconds: 75, waitTrainerSeconds: 2.5, restarts: 1, progressUnixMilliseconds: 2000,
    waitReplicaSeconds: 1.5)
  private static let part = WireRun(runID: "lion-1/round-0", state: .running, message: "part", method: "sft")

  private static func status(_ runs: [WireRun]) -> CoordinatorStatus {
    CoordinatorStatus(
      address: "127.0.0.1:7000", runs: runs,
      trainers: ListTrainersResponse(
        trainers: [
          WireTrainer(
            trainerID: "t-1", address: "127.0.0.1:7002", runID: "kd-1", leaseMilliseconds: 9000, ageMilliseconds: 65000),
          WireTrainer(trainerID: "t-2", address: "127.0.0.1:7003", leaseMilliseconds: 8000),
        ], lostLeases: 3, waitingRuns: 1,
        replicas: [
          WireReplica(
            runID: "kd-1", address: "127.0.0.1:7002", state: .training, step: 12, heartbeatMilliseconds: 800,
            partCount: 3,
            plannedPartCount: 4, computeSeconds: 2, exchangeSeconds: 0.5),
          WireReplica(
            runID: "kd-1", address: "127.0.0.1:7009", state: .refused, reason: "other arithmetic", plannedPartCount: 4),
        ]),
      teachers: ListTeachersResponse(
        teachers: [
          WireTeacherState(
            name: "teacher", address: "a:7001,b:7001", waitingReason: "connection refused", retries: 4,
            waitingMilliseconds: 75000,
            replicas: [
              WireTeacherReplica(address: "a:7001", answered: 12, outstanding: 2, state: .answering),
              WireTeacherReplica(address: "b:7001", trouble: "connection refused", answered: 3, moved: 1, state: .away),
              WireTeacherReplica(address: "c:7001", answered: 5, moved: 2, state: .slow),
            ], waitedMilliseconds: 80000)
        ], cacheHits: 30, cacheMisses: 10))
  }

  @Test("people see runs with pace and waits, trainers with lease and run, teachers with what is the matter")
  func text() throws {
    let text = Self.status([Self.run, Self.part]).text(all: false)
    let lines = text.split(separator: "\n").map(String.init)
    let run = try #require(lines.first { $0.hasPrefix("kd-1") })
    for piece in [
      "kd", "running", "12/24", "2.0s/step", "1.250", "teacher 1m15s, trainer 2.5s, replica 1.5s",
      "training: step 12 of 24",
    ] {
      #expect(run.contains(piece), "\(piece) in \(run)")
    }
    #expect(!text.contains("round-0"), "a part belongs to its run")
    #expect(
      lines.contains { $0.hasPrefix("t-1") && $0.contains("kd-1") && $0.contains("9.0s") && $0.contains("1m05s") })
    #expect(lines.contains { $0.hasPrefix("t-2") && $0.contains("free") })
    #expect(
      lines.contains {
        $0.hasPrefix("teacher ") && $0.contains("waited for 1m15s: connection refused") && $0.contains("1m20s")
          && $0.contains("4")
      })
    #expect(lines.contains { $0.contains(" a:7001 ") && $0.contains("12") && $0.hasSuffix("answering") })
    #expect(lines.contains { $0.contains(" b:7001 ") && $0.contains("3") && $0.hasSuffix("away: connection refused") })
    #expect(lines.contains { $0.contains(" c:7001 ") && $0.contains("5") && $0.hasSuffix("slow") })
    let replica = try #require(lines.first { $0.hasPrefix("127.0.0.1:7002") })
    for piece in ["kd-1", "training", "12", "3 of 4", "1.5s", "500ms", "800ms"] {
      #expect(replica.contains(piece), "\(piece) in \(replica)")
    }
    #expect(
      lines.contains { $0.hasPrefix("127.0.0.1:7009") && $0.contains("refused") && $0.hasSuffix("other arithmetic") })
    #expect(text.contains("cache: 30 of 40 replies (75%)") && text.contains("leases that ended: 3"))
    #expect(Self.status([Self.run, Self.part]).text(all: true).contains("lion-1/round-0"))
  }

  @Test("of runs that have ended the newest five are told, and that there are more")
  func ended() {
    let runs = (1...8).map { WireRun(runID: "old-\($0)", state: .finished, message: "finished") } + [Self.run]
    let text = Self.status(runs).text(all: false)
    #expect(!text.contains("old-3") && text.contains("old-4") && text.contains("kd-1"))
    #expect(text.contains("3 more that have ended"))
    #expect(Self.status(runs).text(all: true).contains("old-1"))
  }

  @Test("programs get one JSON object")
  func json() throws {
    let data = Data(try Self.status([Self.run]).json().utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let run = try #require((object["runs"] as? [[String: Any]])?.first)
    #expect(
      run["id"] as? String == "kd-1" && run["state"] as? String == "running" && run["loss_nats"] as? Double == 1.25)
    #expect(
      (run["wait_seconds"] as? [String: Double]) == ["teacher": 75, "student": 0, "trainer": 2.5, "replica": 1.5])
    let trainers = try #require(object["trainers"] as? [[String: Any]])
    #expect(trainers.map { $0["run"] as? String } == ["kd-1", nil])
    let replicas = try #require(object["replicas"] as? [[String: Any]])
    #expect(replicas.map { $0["state"] as? String } == ["training", "refused"])
    #expect(replicas[0]["heartbeat_seconds"] as? Double == 0.8 && replicas[0]["parts"] as? Int == 3)
    #expect(replicas[0]["compute_seconds"] as? Double == 2 && replicas[0]["exchange_seconds"] as? Double == 0.5)
    #expect(replicas[1]["reason"] as? String == "other arithmetic" && replicas[1]["heartbeat_seconds"] == nil)
    let teacher = try #require((object["teachers"] as? [[String: Any]])?.first)
    #expect(teacher["waiting_reason"] as? String == "connection refused" && teacher["waiting_seconds"] as? Int == 75)
    let behind = try #require(teacher["replicas"] as? [[String: Any]])
    #expect(behind.map { $0["answered"] as? Int } == [12, 3, 5] && behind.map { $0["moved"] as? Int } == [0, 1, 2])
    #expect(behind.map { $0["trouble"] as? String } == [nil, "connection refused", nil])
    #expect(behind.map { $0["state"] as? String } == ["answering", "away", "slow"])
    #expect(teacher["waited_seconds"] as? Int == 80)
    #expect((object["cache"] as? [String: Int]) == ["hits": 30, "misses": 10] && object["lost_leases"] as? Int == 3)
  }

  @Test("who watches is told of a replica once for each thing that happens to it, and of no other run's")
  func news() {
    var news = ReplicaNews(runID: "kd-1")
    func replica(_ state: WireReplicaState, run: String = "kd-1", reason: String = "") -> WireReplica {
      WireReplica(
        runID: run, address: "a:1", state: state, reason: reason, step: 7, heartbeatMilliseconds: 2100, partCount: 2,
        plannedPartCount: 4)
    }
    #expect(news.lines([replica(.left, reason: "long ago")]).isEmpty, "whoever was gone before is no news")
    #expect(news.lines([replica(.training, run: "kd-2")]).isEmpty)
    #expect(news.lines([replica(.joining, run: "kd-1/round-0")]) == ["replica a:1 joins"])
    #expect(news.lines([replica(.training)]) == ["replica a:1 shares steps: 2 of 4 parts, from step 7 on"])
    #expect(news.lines([replica(.training)]).isEmpty)
    #expect(news.lines([replica(.stalled)]) == ["replica a:1 has not been heard of for 2 s"])
    #expect(news.lines([replica(.left, reason: "its lease ended")]) == ["replica a:1 left: its lease ended"])
    #expect(news.addresses == ["a:1"])
  }

  @Test("who watches is told once of each teacher's replica that is away, slow or left out, and when it answers again")
  func teacherNews() {
    var news = TeacherNews()
    func lines(_ state: WireTeacherReplicaState, _ trouble: String = "", moved: UInt64 = 0) -> [String] {
      let others = [WireTeacherReplica(address: "b:1", state: .answering)]
      let one = WireTeacherReplica(address: "a:1", trouble: trouble, moved: moved, state: state)
      return news.lines([WireTeacherState(name: "teacher", replicas: [one] + others)])
    }
    #expect(lines(.new).isEmpty && lines(.answering).isEmpty && lines(.answering).isEmpty)
    #expect(lines(.slow, moved: 1) == ["teacher a:1 is slow: 1 question was taken from it"])
    #expect(lines(.slow, moved: 2).isEmpty)
    #expect(lines(.away, "connection refused") == ["teacher a:1 is away: connection refused"])
    #expect(lines(.leftOut, "left out: it has another model") == ["teacher a:1 is left out: it has another model"])
    #expect(lines(.answering) == ["teacher a:1 answers again"] && lines(.answering).isEmpty)
    let alone = WireTeacherState(name: "referee", replicas: [WireTeacherReplica(address: "c:1", state: .away)])
    #expect(news.lines([alone]).isEmpty, "of one alone the run's own line tells")
  }
}
