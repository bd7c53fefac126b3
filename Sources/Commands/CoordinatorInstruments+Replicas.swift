import CoordinatorService
import ServiceMetrics

extension CoordinatorInstruments {
  /// Replicas that are there have a label each; all are counted by run and state.
  func writeReplicas(_ entries: [RunBoard.Entry], to text: inout PrometheusText) {
    let replicas = coordinator.replicas
    let present = replicas.filter { !$0.state.isGone }
    text.family("retort_run_replicas", .gauge, "Students that share the run's steps, or did, by state.")
    for run in entries.map(\.run.runID) {
      let own = replicas.filter { $0.runID == run || $0.runID.hasPrefix("\(run)/") }
      for state in ReplicaFigures.State.allCases {
        text.sample(["run": run, "state": state.rawValue], Double(own.count { $0.state == state }))
      }
    }
    func write(_ name: String, _ help: String, _ value: (ReplicaFigures) -> Double?) {
      text.family(name, .gauge, help)
      for replica in present {
        if let value = value(replica) { text.sample(["run": replica.runID, "address": replica.address], value) }
      }
    }
    write("retort_replica_step", "Optimizer steps that the replica has behind it.") { Double($0.step) }
    write("retort_replica_parts", "Parts of a step's batch that the replica computes.") { Double($0.partCount) }
    write("retort_replica_heartbeat_age_seconds", "Time since the replica renewed its lease.") {
      $0.heartbeatAge.map { $0 / .seconds(1) }
    }
    write("retort_replica_compute_seconds", "What the replica's newest step took it, exchange included.") {
      $0.computeSeconds
    }
    write("retort_replica_exchange_seconds", "What of this an exchange with the others was under way.") {
      $0.exchangeSeconds
    }
  }
}
