import CoordinatorService
import Foundation
import PlainHTTP
import Reports

/// What a coordinator's pages show, by path.
struct CoordinatorSite: Sendable {
  let coordinator: Coordinator
  /// Where the coordinator listens.
  let address: String
  private let rows: ViewedRows

  init(coordinator: Coordinator, address: String) {
    (self.coordinator, self.address) = (coordinator, address)
    rows = ViewedRows(coordinator: coordinator)
  }

  /// Nothing is loaded but from this server, nothing is sent, and no other page may frame it.
  static let headers = [
    "content-security-policy":
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
  ]

  /// Answers a request for a path.
  func answer(_ path: String) async -> HTTPAnswer {
    switch path {
    case "/": return page(OperatorPage(view).overview)
    case "/page.css": return file("text/css", OperatorPage.style)
    case "/page.js": return file("text/javascript", OperatorPage.script)
    case "/icon.svg": return file("image/svg+xml", OperatorPage.icon)
    default: break
    }
    guard path.hasPrefix("/run/"), let id = String(path.dropFirst(5)).removingPercentEncoding,
      let entry = coordinator.overview.first(where: { $0.run.runID == id }),
      let html = OperatorPage(view).run(id, await detail(of: entry.run))
    else { return .line("there is no such page", status: 404, headers: Self.headers) }
    return page(html)
  }

  private func page(_ html: String) -> HTTPAnswer { file("text/html", html) }

  private func file(_ type: String, _ body: String) -> HTTPAnswer {
    HTTPAnswer(contentType: "\(type); charset=utf-8", headers: Self.headers, body: body)
  }

  private var view: OperatorView {
    let (counters, now) = (coordinator.cacheCounters, coordinator.time)
    let hits = counters?.hits ?? 0
    return OperatorView(
      address: address, version: Version.current, time: Date(),
      runs: coordinator.overview.reversed().map {
        OperatorView.Run($0, waitReplicaSeconds: coordinator.waitReplicaSeconds(of: $0.run.runID), now: now)
      },
      trainers: coordinator.census.trainers.map(OperatorView.Trainer.init),
      replicas: coordinator.replicas.map(OperatorView.Replica.init),
      teachers: coordinator.teachers.map(OperatorView.Teacher.init), cache: (hits, hits + (counters?.misses ?? 0)))
  }

  private func detail(of run: RunRecord) async -> RunDetail {
    let shelf = await rows.shelf(of: run.runID)
    let file = URL(filePath: run.outputDir, directoryHint: .isDirectory).appending(path: "samples.jsonl")
    let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
    return RunDetail(
      log: MetricsLog(rows: shelf.rows), totals: shelf.totals, samples: lines.compactMap(SampleComparison.init(json:)),
      recipe: run.recipeYAML)
  }
}

extension OperatorView.Run {
  fileprivate init(_ entry: RunBoard.Entry, waitReplicaSeconds: Double, now: Duration) {
    let (run, figures) = (entry.run, entry.figures)
    self.init(
      id: run.runID, method: run.method, state: run.status.state.rawValue, message: run.status.message,
      step: run.status.step, maxSteps: run.status.maxSteps,
      stepsPerSecond: run.status.state.hasEnded ? nil : figures.stepsPerSecond, loss: figures.loss,
      waits: [
        ("teacher", figures.waitTeacherSeconds), ("student", figures.waitStudentSeconds),
        ("trainer", figures.waitTrainerSeconds(at: now)), ("replica", waitReplicaSeconds),
      ], restarts: figures.restarts, submitted: Date(timeIntervalSince1970: Double(run.submittedMilliseconds) / 1000),
      outputDir: run.outputDir)
  }
}

extension OperatorView.Replica {
  fileprivate init(_ replica: ReplicaFigures) {
    self.init(
      runID: replica.runID, address: replica.address, state: replica.state.rawValue, reason: replica.reason,
      isGone: replica.state.isGone, step: replica.step, heartbeatSeconds: replica.heartbeatAge.map { $0 / .seconds(1) },
      partCount: replica.partCount, plannedPartCount: replica.plannedPartCount, computeSeconds: replica.computeSeconds,
      exchangeSeconds: replica.exchangeSeconds)
  }
}

extension OperatorView.Teacher {
  fileprivate init(_ teacher: Coordinator.TeacherEntry) {
    self.init(
      name: teacher.name, address: teacher.address, waitingReason: teacher.waitingReason,
      waitedSeconds: teacher.waitedTime / .seconds(1), retries: teacher.retries,
      replicas: teacher.replicas.map { replica in
        OperatorView.TeacherReplica(
          address: replica.address, state: replica.state.rawValue, trouble: replica.trouble ?? "",
          answered: replica.answered, outstanding: replica.outstanding, moved: replica.moved)
      })
  }
}

extension OperatorView.Trainer {
  fileprivate init(_ trainer: TrainerRegistry.Trainer) {
    self.init(
      id: trainer.trainerID, address: trainer.address, runID: trainer.runID, isBusy: trainer.isTaken,
      leaseSeconds: trainer.remaining / .seconds(1), ageSeconds: trainer.age / .seconds(1))
  }
}
