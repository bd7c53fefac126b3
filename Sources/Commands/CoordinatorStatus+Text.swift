import Foundation
import Reports
import WireFormat

extension CoordinatorStatus {
  /// Runs that have ended of which the text tells, unless all are wanted.
  private static let endedLimit = 5

  /// Tables for people.
  public func text(all: Bool) -> String {
    let shown = all ? runs : shown(endedLimit: Self.endedLimit)
    return [
      section(Self.table(of: shown), shown.count, none: "no run: hand one in with retort run --coordinator"),
      note(hidden: runs.count { !$0.runID.contains("/") } - shown.count { !$0.runID.contains("/") }),
      section(
        Self.table(of: trainers.trainers), trainers.trainers.count,
        none: "no trainer: start retort student --coordinator \(address)"),
      trainers.replicas.isEmpty ? nil : Self.table(of: trainers.replicas).text,
      section(Self.table(of: teachers.teachers), teachers.teachers.count, none: "no teacher"),
      Self.replicas(of: teachers.teachers)?.text, cache,
    ].compactMap(\.self).joined(separator: "\n\n")
  }

  private func section(_ table: TextTable, _ count: Int, none: String) -> String {
    count == 0 ? none : table.text
  }

  private func note(hidden: Int) -> String? {
    hidden > 0 ? "\(hidden) more that have ended: see them with --all" : nil
  }

  private static func table(of runs: [WireRun]) -> TextTable {
    var table = TextTable(
      ["run", "method", "state", "step", "rate", "loss", "waited for", "restarts", "what it does"],
      alignments: [.left, .left, .left, .right, .right, .right, .left, .right, .left])
    for run in runs {
      table.add([
        run.runID, run.method, run.state.word, run.maxSteps > 0 ? "\(run.step)/\(run.maxSteps)" : "\(run.step)",
        run.rate ?? "", run.loss.map(FigureFormat.number) ?? "", run.waits, run.restarts > 0 ? "\(run.restarts)" : "",
        run.message,
      ])
    }
    return table
  }

  private static func table(of trainers: [WireTrainer]) -> TextTable {
    var table = TextTable(
      ["trainer", "address", "works for", "lease ends in", "here for"],
      alignments: [.left, .left, .left, .right, .right])
    for trainer in trainers {
      table.add([
        trainer.trainerID, trainer.address, trainer.runID.isEmpty ? "free" : trainer.runID,
        FigureFormat.duration(seconds: Double(trainer.leaseMilliseconds) / 1000),
        FigureFormat.duration(seconds: Double(trainer.ageMilliseconds) / 1000),
      ])
    }
    return table
  }

  private static func table(of teachers: [WireTeacherState]) -> TextTable {
    var table = TextTable(
      ["teacher", "address", "unreachable for", "asked again", "state"],
      alignments: [.left, .left, .right, .right, .left])
    for teacher in teachers {
      table.add([
        teacher.name, teacher.address,
        teacher.waitedMilliseconds > 0
          ? FigureFormat.duration(seconds: Double(teacher.waitedMilliseconds) / 1000) : "",
        teacher.retries > 0 ? "\(teacher.retries)" : "",
        teacher.waitingReason.isEmpty
          ? "nobody waits for it"
          : "waited for \(FigureFormat.duration(seconds: Double(teacher.waitingMilliseconds) / 1000)): \(teacher.waitingReason)",
      ])
    }
    return table
  }

  /// The services behind names that stand for several.
  private static func replicas(of teachers: [WireTeacherState]) -> TextTable? {
    let several = teachers.filter { $0.replicas.count > 1 }
    guard !several.isEmpty else { return nil }
    var table = TextTable(
      ["teacher", "replica", "answered", "has now", "taken from it", "state"],
      alignments: [.left, .left, .right, .right, .right, .left])
    for teacher in several {
      for replica in teacher.replicas {
        table.add([
          teacher.name, replica.address, "\(replica.answered)", replica.outstanding > 0 ? "\(replica.outstanding)" : "",
          replica.moved > 0 ? "\(replica.moved)" : "", replica.words,
        ])
      }
    }
    return table
  }

  /// What the cache did and what trainers were lost, in a line each.
  private var cache: String? {
    let asked = teachers.cacheHits + teachers.cacheMisses
    let lines = [
      asked > 0
        ? "cache: \(teachers.cacheHits) of \(asked) replies "
          + "(\(FigureFormat.percent(Double(teachers.cacheHits) / Double(asked))))" : nil,
      trainers.lostLeases > 0 ? "leases that ended: \(trainers.lostLeases)" : nil,
      trainers.waitingRuns > 0 ? "runs that wait for a trainer: \(trainers.waitingRuns)" : nil,
    ].compactMap(\.self)
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}

extension WireRun {
  /// The newest loss; nil: none was logged yet.
  var loss: Double? { lossStep > 0 ? lossNats : nil }

  /// Pace of a run that is worked on: `3.2 steps/s`, `12.5 s/step`.
  var rate: String? {
    guard stepsPerSecond > 0, !state.isFinal else { return nil }
    return stepsPerSecond >= 1
      ? "\(FigureFormat.number(stepsPerSecond)) steps/s" : "\(FigureFormat.duration(seconds: 1 / stepsPerSecond))/step"
  }

  /// Time by what was waited for.
  var waitTimes: [(cause: String, seconds: Double)] {
    [
      ("teacher", waitTeacherSeconds), ("student", waitStudentSeconds), ("trainer", waitTrainerSeconds),
      ("replica", waitReplicaSeconds),
    ]
  }

  /// The same in words, but for what took no time.
  var waits: String {
    waitTimes.filter { $0.seconds >= 0.05 }.map { "\($0.cause) \(FigureFormat.duration(seconds: $0.seconds))" }
      .joined(separator: ", ")
  }
}

extension WireRunState {
  /// The state's name.
  var word: String {
    switch self {
    case .waiting: "waiting"
    case .running: "running"
    case .finished: "finished"
    case .failed: "failed"
    case .cancelled: "cancelled"
    default: "unknown"
    }
  }
}
