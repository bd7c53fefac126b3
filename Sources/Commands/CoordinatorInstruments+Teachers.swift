import CoordinatorService
import ServiceMetrics

extension CoordinatorInstruments {
  /// Models behind the coordinator, and the services behind their names.
  func writeTeachers(to text: inout PrometheusText) {
    text.family("retort_teacher_waited_for", .gauge, "1 while a call waits for a model that cannot be reached.")
    let teachers = coordinator.teachers
    for teacher in teachers { text.sample(["teacher": teacher.name], teacher.waitingReason == nil ? 0 : 1) }
    text.family(
      "retort_teacher_waiting_seconds", .gauge, "How long calls have waited for a model that cannot be reached.")
    for teacher in teachers { text.sample(["teacher": teacher.name], (teacher.waitingTime ?? .zero) / .seconds(1)) }
    text.family(
      "retort_teacher_wait_seconds_total", .counter, "Time that calls waited for a model that could not be reached.")
    for teacher in teachers { text.sample(["teacher": teacher.name], teacher.waitedTime / .seconds(1)) }
    text.family(
      "retort_teacher_replica_state", .gauge, "1 for the state that a model's replica is in, 0 for the others.")
    for teacher in teachers {
      for replica in teacher.replicas {
        for state in TeacherReplica.State.allCases {
          text.sample(
            ["teacher": teacher.name, "replica": replica.address, "state": state.rawValue],
            replica.state == state ? 1 : 0)
        }
      }
    }
    func write(_ name: String, _ kind: PrometheusText.Kind, _ help: String, _ value: (TeacherReplica) -> Int) {
      text.family(name, kind, help)
      for teacher in teachers {
        for replica in teacher.replicas {
          text.sample(["teacher": teacher.name, "replica": replica.address], Double(value(replica)))
        }
      }
    }
    write("retort_teacher_replica_up", .gauge, "1 where a model's replica is asked, 0 where it is away or left out.") {
      $0.trouble == nil ? 1 : 0
    }
    write("retort_teacher_replica_answers_total", .counter, "Questions that a replica answered.") { $0.answered }
    write("retort_teacher_replica_questions", .gauge, "Questions that a replica has.") { $0.outstanding }
    write("retort_teacher_replica_moved_total", .counter, "Questions that were taken from a slow replica.") { $0.moved }
  }
}
