internal import Synchronization
internal import WireFormat

/// What calls cost between two optimizer steps, as a row of `metrics.jsonl` tells it.
///
/// The student counts its calls of the teacher's façade, the coordinator its own calls and what the façade did. Counters
/// are those of a process: with several runs at once a row tells of the others' calls as well.
final class StepTraffic: Sendable {
  private struct State {
    var meter = TrafficMeter()
    var cache: ReplyCache.Counters
    var retries: Int
  }

  private let teachers: [TeacherFacade]
  private let state: Mutex<State>

  init(teachers: [TeacherFacade]) {
    self.teachers = teachers
    state = Mutex(
      State(
        cache: teachers.first?.counters ?? ReplyCache.Counters(), retries: teachers.reduce(0) { $0 + $1.retries }))
  }

  /// Adds what was spent since the last row.
  ///
  /// - Parameter student: What the student's calls cost.
  func add(_ student: [WireCallTraffic], to row: inout MetricsRowText) {
    let own = state.withLock { $0.meter.take() }.filter { traffic in !student.contains { $0.rpc == traffic.rpc } }
    for traffic in student + own { Self.add(traffic, to: &row) }
    // All teachers have one cache.
    guard let now = teachers.first?.counters else { return }
    let retries = teachers.reduce(0) { $0 + $1.retries }
    let (before, retriesBefore) = state.withLock { state in
      defer { (state.cache, state.retries) = (now, retries) }
      return (state.cache, state.retries)
    }
    row.add("wire/teacher/bytes_from_cache", Double(now.hitBytes - before.hitBytes))
    row.add("wire/teacher/bytes_fetched", Double(now.missBytes - before.missBytes))
    row.add("wire/teacher/retries", Double(retries - retriesBefore))
    let asked = now.hits + now.misses - before.hits - before.misses
    guard asked > 0 else { return }
    row.add("cache/hit_rate", Double(now.hits - before.hits) / Double(asked))
    row.add("cache/saved_s", (now.savedTime - before.savedTime) / .seconds(1))
    row.add("cache/teacher_s", (now.teacherTime - before.teacherTime) / .seconds(1))
  }

  private static func add(_ traffic: WireCallTraffic, to row: inout MetricsRowText) {
    let name = name(of: traffic.rpc)
    row.add("wire/\(name)/bytes_sent", Double(traffic.bytesSent))
    row.add("wire/\(name)/bytes_received", Double(traffic.bytesReceived))
    row.add("wire/\(name)/messages_sent", Double(traffic.messagesSent))
    row.add("wire/\(name)/messages_received", Double(traffic.messagesReceived))
    row.add("wire/\(name)/encode_s", traffic.encodeSeconds)
    row.add("wire/\(name)/decode_s", traffic.decodeSeconds)
    if traffic.retries > 0 { row.add("wire/\(name)/retries", Double(traffic.retries)) }
    if traffic.writeWaitSeconds > 0 { row.add("wait/\(name)_write_s", traffic.writeWaitSeconds) }
    if traffic.readWaitSeconds > 0 { row.add("wait/\(name)_read_s", traffic.readWaitSeconds) }
  }

  /// `retort.v1.TeacherService/Score` → `score`; `retort.v1.StudentService/Score` → `student_score`, as the teacher has a
  /// method of that name; `retort.v1.StudentService/Train` → `train`.
  static func name(of rpc: String) -> String {
    let method = String(rpc.split(separator: "/").last ?? "").lowercased()
    let isShared = ["describe", "generate", "score"].contains(method)
    return rpc.hasPrefix("retort.v1.StudentService/") && isShared ? "student_\(method)" : method
  }
}
