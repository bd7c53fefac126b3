public import Authentication
import CoordinatorService
import Foundation
import GRPCNGHTTP2Transport
public import Recipes
import Reports
import Sequences
import WireFormat

/// `retort doctor`: checks teacher and student, and each against the other, before a run.
public struct Examination: Sendable {
  private let teacher: (any ExaminedModel)?
  private let student: LocalModel?
  private let recipe: Recipe?

  /// Reads the models.
  ///
  /// - Parameters:
  ///   - teacher: a target such as HOST:PORT, or a model folder; nil: the recipe's.
  ///   - student: A model folder; nil: the recipe's.
  ///   - access: With what to come to a teacher that is a service.
  public init(teacher: String?, student: String?, recipe: Recipe?, access: ClientAccess = .plain) throws {
    let given = teacher.map(Self.source) ?? recipe?.teacher
    switch given {
    case .folder(let folder): self.teacher = try LocalModel(folder: URL(filePath: folder))
    case .address(let address):
      self.teacher = RemoteTeacher(address: try ServiceTarget(parsing: address), access: access)
    case .endpoint(let endpoint): throw CommandError.teacherNotSupported(endpoint.url)
    case nil: self.teacher = nil
    }
    let folder = student ?? recipe?.student.weightsFolder
    self.student = try folder.map { try LocalModel(folder: URL(filePath: $0)) }
    self.recipe = recipe
    guard self.teacher != nil || self.student != nil else {
      throw CommandError.badOption(
        name: "doctor", value: "without a model", expected: "--teacher, --student or --recipe")
    }
  }

  /// Makes all checks, each as soon as it can be made.
  public func run() async throws -> [CheckResult] {
    var results: [CheckResult] = []
    let theirs = try await teacher?.describe()
    let ours = student?.description
    if let theirs, let ours { results += ModelComparison(teacher: theirs, student: ours).results }
    if let theirs, let ours, let recipe { results.append(Self.method(recipe, teacher: theirs, student: ours)) }
    if let teacher, let theirs { results.append(try await SelfTest.alignment(of: teacher, theirs, name: "teacher")) }
    if let student, let ours {
      results.append(try await SelfTest.alignment(of: student, ours, name: "student"))
      results.append(try SelfTest.ownDivergence(of: student))
    }
    return results
  }

  /// The table of results.
  public static func table(_ results: [CheckResult]) -> String {
    var table = TextTable(["", "check", "found"], alignments: [.left, .left, .left])
    for result in results { table.add([result.outcome.rawValue, result.name, result.detail]) }
    return table.text
  }

  private static func source(_ text: String) -> Recipe.TeacherSource {
    (try? ServiceTarget(parsing: text)) == nil ? .folder(text) : .address(text)
  }

  private static func method(
    _ recipe: Recipe, teacher: WireModelDescription, student: WireModelDescription
  ) -> CheckResult {
    let needs = RunPlan(
      recipe: recipe, sampleCount: 1, evalCount: 1,
      longestSequence: min(recipe.training.maxLength, Int(teacher.contextLength), Int(student.contextLength))
    ).needs
    let refusal = Handshake.refusal(
      method: recipe.method, needs: needs, teacher: ModelSummary(teacher), student: ModelSummary(student))
    return CheckResult(
      name: "method \(recipe.method.rawValue)", outcome: refusal == nil ? .passed : .failed,
      detail: refusal.map { "\($0)" } ?? "the teacher gives all that it needs")
  }
}

extension Recipe.StudentSource {
  /// The folder of weights to start from; nil where the run starts from new ones.
  fileprivate var weightsFolder: String? {
    if case .folder(let folder) = self { folder } else { nil }
  }
}
