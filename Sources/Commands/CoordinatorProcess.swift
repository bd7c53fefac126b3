import Authentication
public import CoordinatorService
public import Foundation
import GRPCCore
public import GRPCNGHTTP2Transport
import Logging
import Puzzles
import Reports
import ServiceMetrics
import ServiceRuntime

/// `retort coordinator`: a process that owns runs.
public struct CoordinatorProcess: Sendable {
  private let teacher: ServiceTarget?
  private let namedTeachers: [String: ServiceTarget]
  private let referee: ServiceTarget?
  private let generator: ServiceTarget?
  private let state: URL
  private let advertise: ServiceTarget?
  private let web: NetworkAddress?
  private let lease: Duration
  private let runLimit: Int?
  private let programs: ProgramPermission
  private let teacherCredentials: Credentials?
  private let service: ServiceSettings

  /// Serves a coordinator.
  ///
  /// - Parameters:
  ///   - teacher: The teacher; nil: runs that need none.
  ///   - namedTeachers: Teachers that recipes call by name, for runs with several.
  ///   - referee: Who judges answers for Lion; nil: the teacher.
  ///   - generator: Who invents instructions for Lion; nil: the teacher.
  ///   - lease: How long a student may be silent before others take its work over.
  ///   - runLimit: Runs that are worked on at once; nil: any number.
  ///   - programs: Which programs recipes may name as checkers.
  ///   - teacherCredentials: With what to come to a teacher of another installation; nil: with the coordinator's own.
  ///   - state: Folder of journal and cache.
  ///   - advertise: Where students find the teacher's façade; nil: where the coordinator listens.
  ///   - web: Where browsers find the coordinator's pages; nil: nowhere.
  public init(
    teacher: ServiceTarget?, namedTeachers: [String: ServiceTarget] = [:], referee: ServiceTarget? = nil,
    generator: ServiceTarget? = nil, lease: Duration = TrainerRegistry.defaultTerm, runLimit: Int? = nil,
    programs: ProgramPermission = .none,
    teacherCredentials: Credentials? = nil,
    state: URL, advertise: ServiceTarget?, web: NetworkAddress? = nil,
    service: ServiceSettings
  ) {
    self.teacher = teacher
    self.namedTeachers = namedTeachers
    self.referee = referee
    self.generator = generator
    self.lease = lease
    self.runLimit = runLimit
    self.programs = programs
    self.teacherCredentials = teacherCredentials
    self.state = state
    self.advertise = advertise
    self.web = web
    self.service = service
  }

  /// Serves, and works on runs, until asked to stop.
  public func run() async throws {
    let (host, logger) = try service.host(label: "retort.coordinator")
    let pages = try web.map { address in
      let guardian = service.credentials.tokens.map { PageGuard(tokens: $0) }
      return try CoordinatorPages(address: address, guardian: guardian, insecure: service.insecure, logger: logger)
    }
    do { try DurableFolder.make(state) } catch {
      throw CommandError.unwritable(folder: state.relativePath, reason: FileProblem.words(error))
    }
    // One cache for all: replies are named by their model.
    let cache = try ReplyCache(folder: state.appending(path: "cache"))
    func connect(_ target: ServiceTarget) throws -> TeacherGroup {
      try TeacherGroup(
        target: target,
        access: (teacherCredentials ?? service.credentials).access(to: .teacher)
          .observed(by: host.instruments.observer), deadline: service.deadlines.longest, logger: logger)
    }
    let upstreams = try [teacher, referee, generator].map { try $0.map(connect) }
    let namedUpstreams = try namedTeachers.mapValues(connect)
    let facades = upstreams.map { upstream in
      upstream.map { TeacherFacade(upstream: $0, cache: cache, logger: logger) }
    }
    let facade = facades[0]
    let journal = try Journal(path: state.appending(path: "journal.sqlite").path(percentEncoded: false))
    var dependencies = RunDependencies(
      journal: journal, facade: facade, facadeAddress: "\(advertise ?? ServiceTarget([host.address.reachable]))",
      registry: TrainerRegistry(term: lease, tokens: try await journal.beginTokens()),
      students: GRPCStudents(
        access: try service.credentials.access(to: .student).observed(by: host.instruments.observer),
        deadline: service.deadlines.longest),
      codec: { try TokenizerCodec(folder: $0) }, textMetrics: .standard, logger: logger)
    (dependencies.referee, dependencies.generator) = (facades[1], facades[2])
    dependencies.namedTeachers = namedUpstreams.mapValues { TeacherFacade(upstream: $0, cache: cache, logger: logger) }
    dependencies.checkers = ["puzzles": PuzzleChecker()]
    dependencies.programs = programs
    dependencies.runLimit = runLimit
    dependencies.onFinished = { outputDir, _ in
      let folder = URL(filePath: outputDir, directoryHint: .isDirectory)
      do { try RunReport(folder: folder).write(into: folder) } catch {
        logger.warning("report not written", metadata: ["error": "\(error)"])
      }
    }
    let coordinator = Coordinator(dependencies)
    let services: [any RegistrableRPCService] = [
      CoordinatorRPCs(coordinator: coordinator),
      FacadeRPCs(facade: facade, named: dependencies.namedTeachers, translations: dependencies.translations),
    ]
    let instruments = CoordinatorInstruments(coordinator: coordinator, state: state)
    let site = CoordinatorSite(coordinator: coordinator, address: "\(host.address)")
    try await host.run(
      services, sources: (facade.map { [$0.metrics] } ?? []) + [instruments.source], abandon: { exit(0) },
      beside: { _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for upstream in upstreams.compactMap(\.self) + namedUpstreams.values {
            group.addTask { try await upstream.run() }
          }
          group.addTask { try await coordinator.run() }
          if let pages { group.addTask { try await pages.run(site) } }
          try await group.waitForAll()
        }
      })
  }
}

extension TeacherFacade {
  /// Metrics of the cache: where replies to students came from.
  fileprivate nonisolated var metrics: ServiceInstruments.Source {
    { text in
      let counters = self.counters
      text.family("retort_teacher_replies_total", .counter, "The teacher's replies, by where they came from.")
      text.sample(["source": "cache"], Double(counters.hits))
      text.sample(["source": "teacher"], Double(counters.misses))
      text.family("retort_teacher_reply_bytes_total", .counter, "Bytes of these replies.")
      text.sample(["source": "cache"], Double(counters.hitBytes))
      text.sample(["source": "teacher"], Double(counters.missBytes))
      text.family(
        "retort_teacher_reply_seconds_total", .counter,
        "What these replies took the teacher; of those from the cache, when they came: what the cache saved.")
      text.sample(["source": "cache"], counters.savedTime / .seconds(1))
      text.sample(["source": "teacher"], counters.teacherTime / .seconds(1))
      text.family("retort_teacher_retries_total", .counter, "Calls that were made again, since the teacher was away.")
      text.sample(Double(self.retries))
    }
  }
}

/// The judge of the demo's language.
private struct PuzzleChecker: AnswerChecker {
  func isValid(prompt: String, answer: String) -> Bool { PuzzleLanguage.isValid(instruction: prompt, answer: answer) }
}
