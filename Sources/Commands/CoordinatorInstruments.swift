import CoordinatorService
import Foundation
import ServiceMetrics

/// Runs, trainers and models of a coordinator as Prometheus reads them. Runs have a label each: those that are worked on, and the
/// newest that have ended.
struct CoordinatorInstruments: Sendable {
  let coordinator: Coordinator
  /// Folder of journal and cache.
  let state: URL

  /// Adds the metrics.
  var source: ServiceInstruments.Source { { self.write(to: &$0) } }

  private func write(to text: inout PrometheusText) {
    let entries = coordinator.overview
    writeRuns(entries, to: &text)
    writeFigures(entries, to: &text)
    writeWaits(entries, to: &text)
    writeTrainers(to: &text)
    writeReplicas(entries, to: &text)
    writeTeachers(to: &text)
    let active = entries.filter { !$0.run.status.state.hasEnded }
    let folders = active.map { (name: $0.run.runID, path: $0.run.outputDir) }
    DiskFigures.write([(name: "state", path: state.path(percentEncoded: false))] + folders, to: &text)
  }

  private func writeRuns(_ entries: [RunBoard.Entry], to text: inout PrometheusText) {
    let counts = coordinator.stateCounts
    text.family("retort_runs", .gauge, "Runs that the coordinator knows, by state.")
    for state in RunStatus.State.allCases { text.sample(["state": state.rawValue], Double(counts[state] ?? 0)) }
    text.family("retort_run_info", .gauge, "A run and its method; always 1.")
    for entry in entries { text.sample(["run": entry.run.runID, "method": entry.run.method], 1) }
    text.family("retort_run_state", .gauge, "1 for the state that the run is in, 0 for the others.")
    for entry in entries {
      for state in RunStatus.State.allCases {
        text.sample(["run": entry.run.runID, "state": state.rawValue], entry.run.status.state == state ? 1 : 0)
      }
    }
  }

  private func writeFigures(_ entries: [RunBoard.Entry], to text: inout PrometheusText) {
    func write(
      _ name: String, _ kind: PrometheusText.Kind, _ help: String, _ value: (RunBoard.Entry) -> Double?
    ) {
      text.family(name, kind, help)
      for entry in entries {
        if let value = value(entry) { text.sample(["run": entry.run.runID], value) }
      }
    }
    write("retort_run_step", .gauge, "Optimizer steps made.") { Double($0.run.status.step) }
    write("retort_run_planned_steps", .gauge, "Optimizer steps planned.") { Double($0.run.status.maxSteps) }
    write("retort_run_loss_nats", .gauge, "Loss of the newest step that was logged.") { $0.figures.loss }
    write("retort_run_evaluation_kl_nats", .gauge, "KL to the teacher on held-out prompts, newest evaluation.") {
      $0.figures.evaluationKL
    }
    write("retort_run_positions_per_second", .gauge, "Speed of the student at the newest step.") {
      $0.figures.tokensPerSecond
    }
    write("retort_run_steps_per_second", .gauge, "Optimizer steps per second lately, waits included.") {
      $0.figures.stepsPerSecond
    }
    write("retort_run_restarts_total", .counter, "How often a trainer was lost or failed.") {
      Double($0.figures.restarts)
    }
    write("retort_run_progress_timestamp_seconds", .gauge, "When something of the run was last done, Unix time.") {
      $0.figures.lastProgress?.timeIntervalSince1970
    }
  }

  private func writeWaits(_ entries: [RunBoard.Entry], to text: inout PrometheusText) {
    let now = coordinator.time
    text.family(
      "retort_run_wait_seconds_total", .counter,
      "Time that the run stood still for the teacher's log-probs, the student's text, a trainer, or replicas that meet."
    )
    for entry in entries {
      let waits = [
        ("teacher", entry.figures.waitTeacherSeconds), ("student", entry.figures.waitStudentSeconds),
        ("trainer", entry.figures.waitTrainerSeconds(at: now)),
        ("replica", coordinator.waitReplicaSeconds(of: entry.run.runID)),
      ]
      for (cause, seconds) in waits { text.sample(["run": entry.run.runID, "cause": cause], seconds) }
    }
  }

  private func writeTrainers(to text: inout PrometheusText) {
    let census = coordinator.census
    let busy = census.trainers.count(where: \.isTaken)
    text.family("retort_trainers", .gauge, "Students that hold a lease: free, or at work for a run.")
    text.sample(["state": "free"], Double(census.trainers.count - busy))
    text.sample(["state": "busy"], Double(busy))
    text.family("retort_trainer_leases_lost_total", .counter, "Leases that ended without having been given back.")
    text.sample(Double(census.lostLeases))
    text.family("retort_runs_waiting_for_trainer", .gauge, "Runs that wait for a trainer.")
    text.sample(Double(census.waitingRuns))
  }
}
