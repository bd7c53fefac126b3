public import Authentication
import GRPCCore
public import GRPCNGHTTP2Transport
public import Reports
import ServiceRuntime
import Synchronization
import WireFormat

/// `retort watch`: shows a run that is there already until it ends, with the trainers that come and go, and how teachers stand.
public struct WatchSession: Sendable {
  private let coordinator: ServiceTarget
  private let access: ClientAccess
  private let wanted: String?

  /// Time between two looks at trainers and teachers.
  private static let interval = Duration.seconds(2)

  /// What the command says where the user stops it.
  public static let remedy = "the run goes on without this command"

  /// Watches a run; nil: the only one that has not ended.
  public init(coordinator: ServiceTarget, access: ClientAccess, runID: String?) {
    (self.coordinator, self.access, wanted) = (coordinator, access, runID)
  }

  /// Returns a line about the run once it has finished.
  ///
  /// - Parameter write: Takes what is shown meanwhile.
  /// - Throws: ``CommandError`` where there is no such run, and where it failed or was cancelled.
  public func run(terminal: Terminal, write: @escaping @Sendable (String) -> Void) async throws -> String {
    let run = try await find()
    let display = RunDisplay(method: run.method, terminal: terminal, write: write)
    display.begin(run)
    let ended = try await withThrowingTaskGroup(of: WireRun?.self) { group in
      group.addTask {
        try await RunWatch(coordinator: coordinator, access: access, runID: run.runID).run { display.show($0) }
      }
      group.addTask {
        await watchTrainers(of: run.runID, display)
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      return run
    }
    display.finish()
    if !ended.waits.isEmpty { display.note("the run waited for: \(ended.waits)") }
    switch ended.state {
    case .failed: throw CommandError.runFailed(run: ended.runID, reason: ended.message)
    case .cancelled:
      throw CommandError.runCancelled(run: ended.runID, remedy: "retort run RECIPE --coordinator TARGET --resume")
    default: return "run \(ended.runID) \(ended.message); its results are in \(ended.outputDir)"
    }
  }

  /// The run that is to be watched.
  private func find() async throws -> WireRun {
    let runs = try await CoordinatorStatus(of: coordinator, access: access).runs
    if let wanted {
      guard let run = runs.first(where: { $0.runID == wanted }) else {
        throw CommandError.noSuchRun(wanted, known: runs.map(\.runID))
      }
      return run
    }
    let active = runs.filter { !$0.state.isFinal && !$0.runID.contains("/") }
    guard let only = active.first, active.count == 1 else {
      throw CommandError.chooseRun(active.map(\.runID))
    }
    return only
  }

  /// Says which trainers come to the run and which leave it, and which teachers do not answer, until cancelled.
  private func watchTrainers(of runID: String, _ display: RunDisplay) async {
    var present: Set<String> = []
    var news = ReplicaNews(runID: runID)
    var teacherNews = TeacherNews()
    while !Task.isCancelled {
      if let (found, teachers) = try? await look() {
        for line in news.lines(found.replicas) + teacherNews.lines(teachers.teachers) { display.note(line) }
        // Of replicas that is told already.
        let trainers = found.trainers.filter { trainer in
          !found.replicas.contains { $0.runID == trainer.runID && $0.address == trainer.address }
        }
        let own = Set(trainers.filter { $0.runID == runID || $0.runID.hasPrefix("\(runID)/") }.map(\.address))
          .subtracting(news.addresses)
        for address in own.subtracting(present).sorted() { display.note("trainer \(address) works for the run") }
        for address in present.subtracting(own).sorted() { display.note("trainer \(address) left the run") }
        present = own
      }
      try? await Task.sleep(for: Self.interval)
    }
  }

  private func look() async throws -> (ListTrainersResponse, ListTeachersResponse) {
    try await ServiceConnection.with(coordinator, access) { client in
      let stub = CoordinatorServiceRPC.Client(wrapping: client)
      let options = ServiceConnection.answering(within: .seconds(5))
      return (
        try await stub.listTrainers(ListTrainersRequest(), options: options),
        try await stub.listTeachers(ListTeachersRequest(), options: options)
      )
    }
  }
}
