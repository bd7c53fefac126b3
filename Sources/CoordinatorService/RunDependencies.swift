public import Logging
public import Recipes
internal import Sequences

/// What runs need of the world.
public struct RunDependencies: Sendable {
  /// Where everything is kept.
  public var journal: Journal
  /// The teacher; nil: the coordinator has none.
  public var facade: TeacherFacade?
  /// Teachers that recipes call by name, for runs with several.
  public var namedTeachers: [String: TeacherFacade]
  /// Teachers that know other tokens than the students of a run; the façade's too.
  public var translations: TranslationShelf
  /// Who judges answers, for Lion and in evaluations; nil: the teacher.
  public var referee: TeacherFacade?
  /// Who invents instructions for Lion; nil: the teacher.
  public var generator: TeacherFacade?
  /// Address under which students reach the façade.
  public var facadeAddress: String
  /// Who trains.
  public var registry: TrainerRegistry
  /// How a student is reached.
  public var students: any StudentConnector
  /// What is told of replicas.
  public var replicas: ReplicaBoard
  /// Where replicas of a student find each other.
  public var groupValues: GroupValues
  /// The tokenizer of a model folder.
  public var codec: @Sendable (_ folder: String) throws -> any TextCodec
  /// Judges of answers, by the name that a recipe gives.
  public var checkers: [String: any AnswerChecker]
  /// Which programs recipes may name as checkers: whoever submits a recipe runs them on this machine.
  public var programs: ProgramPermission
  /// Figures that compare an answer with the data's.
  public var textMetrics: TextMetrics
  /// Called with the folder of a run that finished, to write its report.
  public var onFinished: @Sendable (_ outputDir: String, _ method: String) async -> Void
  /// The run that these are handed to; empty: none yet.
  public var runID: String
  /// Runs that are worked on at once; nil: any number.
  public var runLimit: Int?
  /// Pauses between attempts.
  public var pauses: Backoff
  /// Time since a fixed moment.
  public var now: @Sendable () -> Duration
  /// Where the story is told.
  public var logger: Logger

  /// Names everything; the rest has defaults.
  public init(
    journal: Journal, facade: TeacherFacade?, facadeAddress: String, registry: TrainerRegistry,
    students: any StudentConnector, codec: @escaping @Sendable (_ folder: String) throws -> any TextCodec,
    textMetrics: TextMetrics, logger: Logger
  ) {
    self.journal = journal
    self.facade = facade
    self.facadeAddress = facadeAddress
    self.registry = registry
    self.students = students
    self.codec = codec
    self.textMetrics = textMetrics
    self.logger = logger
    namedTeachers = [:]
    groupValues = GroupValues()
    replicas = ReplicaBoard()
    translations = TranslationShelf()
    checkers = [:]
    programs = .none
    onFinished = { _, _ in }
    runID = ""
    pauses = Backoff()
    now = Monotonic.now
  }
}

extension RunDependencies {
  /// The teacher of a name; empty: the one that recipes need not name.
  func teacher(named name: String) -> TeacherFacade? { name.isEmpty ? facade : namedTeachers[name] }

  /// All teachers, whatever they are called.
  var teachers: [TeacherFacade] { [facade].compactMap(\.self) + namedTeachers.sorted { $0.key < $1.key }.map(\.value) }
}

/// Which programs recipes may name as checkers.
public enum ProgramPermission: String, Sendable, CaseIterable {
  /// None.
  case none
  /// Those that run in isolation.
  case isolated
  /// Any.
  case any
}

/// Figures that compare an answer with a reference, each from 0 to 1.
public struct TextMetrics: Sendable {
  /// ROUGE-L's F measure, words stemmed.
  public var rougeL: @Sendable (_ reference: String, _ answer: String) -> Double
  /// The same of words as they are.
  public var rougeLUnstemmed: @Sendable (_ reference: String, _ answer: String) -> Double
  /// 1 where the two are the same after normalisation.
  public var exactMatch: @Sendable (_ reference: String, _ answer: String) -> Double

  /// Takes the functions; unset, words count the same stemmed or not.
  public init(
    rougeL: @escaping @Sendable (_ reference: String, _ answer: String) -> Double,
    rougeLUnstemmed: (@Sendable (_ reference: String, _ answer: String) -> Double)? = nil,
    exactMatch: @escaping @Sendable (_ reference: String, _ answer: String) -> Double
  ) {
    (self.rougeL, self.rougeLUnstemmed, self.exactMatch) = (rougeL, rougeLUnstemmed ?? rougeL, exactMatch)
  }
}
