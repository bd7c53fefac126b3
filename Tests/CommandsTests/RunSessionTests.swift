import Authentication
import Commands
import Foundation
import GRPCNGHTTP2Transport
import ModelFixtures
import Recipes
import Reports
import Testing

/// What a run on this machine is refused for before anything is started.
@Suite struct RunSessionTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try PuzzleModel.write(to: folder.url.appending(path: "teacher"), seed: 1)
    try PuzzleModel.writeBase(to: folder.url.appending(path: "base"), width: 16, layers: 1)
    try folder.write(PuzzleModel.prompts(4), to: "prompts.jsonl")
    try folder.write(PuzzleModel.rows(4), to: "heldout.jsonl")
  }

  private func recipe(_ overrides: [String] = []) throws -> Recipe {
    let settings = [
      "method=distillm2", "teacher=\(folder.path("teacher"))", "student.from=\(folder.path("base"))",
      "data.train=\(folder.path("prompts.jsonl"))", "data.eval=\(folder.path("heldout.jsonl"))",
      "output_dir=\(folder.path("out"))", "training.max_steps=300",
    ]
    return try Recipe(yaml: "seed: 5\n", overrides: settings + overrides)
  }

  /// Runs a recipe with a program that cannot be started; returns why it was refused.
  private func refusal(_ overrides: [String] = [], resumes: Bool = false) async throws -> String {
    let place = RunSession.Place.local(program: folder.url.appending(path: "no-program"))
    let session = try RunSession(recipe: recipe(overrides), place: place, resumes: resumes)
    let display = RunDisplay(
      method: "test", terminal: Terminal(isInteractive: false, usesColor: false, usesUnicode: false)
    ) { _ in }
    let error = await #expect(throws: (any Error).self) { try await session.run(display) }
    return "\(try #require(error))"
  }

  @Test("bfloat16 where the machine would only round to it is refused")
  func noPrecision() throws {
    try LocalModel.checkBFloat16(setting: "--precision bfloat16", form: "avx512bf16")
    let error = #expect(throws: CommandError.self) {
      try LocalModel.checkBFloat16(setting: "--precision bfloat16", form: "avx2")
    }
    #expect(
      "\(try #require(error))"
        == "--precision bfloat16 cannot be had here: the avx2 loops in use here do not multiply bfloat16, which takes "
        + "AVX512-BF16 or AMX; take float32")
  }

  @Test("weights of a teacher that runs already are not a recipe's to choose")
  func teacherOfCoordinator() throws {
    let place = RunSession.Place.coordinator(try ServiceTarget(parsing: "127.0.0.1:7000"), .plain)
    let error = #expect(throws: CommandError.self) {
      try RunSession(recipe: recipe(["teacher_weights=int8"]), place: place, resumes: false)
    }
    #expect("\(try #require(error))".hasPrefix("teacher_weights int8: expected float32 with --coordinator"))
  }

  private var outputExists: Bool { FileManager.default.fileExists(atPath: folder.path("out")) }

  @Test(
    "a model folder or data file that is not there leaves no output folder behind",
    arguments: ["teacher", "student.from", "data.train", "data.eval"])
  func absent(key: String) async throws {
    let reason = try await refusal(["\(key)=\(folder.path("nothing"))"])
    #expect(reason.contains("nothing") && reason.contains("no such file"), "\(reason)")
    #expect(!outputExists)
  }

  @Test(
    "a malformed row is named with its line, and nothing is started", arguments: ["prompts.jsonl", "heldout.jsonl"])
  func malformedRow(file: String) async throws {
    try folder.write("\(PuzzleModel.prompts(2)){oops\n", to: file)
    #expect(try await refusal().contains("\(file):3: "))
    #expect(!outputExists)
  }

  @Test("what a run that never began left behind is no run: it can be begun, and cannot be gone on with")
  func neverBegan() async throws {
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "out/state"), withIntermediateDirectories: true)
    #expect(try await refusal(resumes: true).contains("holds no run to resume"))
    #expect(try await refusal().contains("could not start"))
  }

  @Test("a second run in a run's folder is refused")
  func occupied() async throws {
    try store(recipe())
    #expect(try await refusal().contains("holds a run already"))
  }

  @Test(
    "going on with another recipe is refused with the setting, its old and its new value",
    arguments: [
      ("training.max_steps=310", "in training.max_steps (300, now 310)"), ("seed=6", "in seed (5, now 6)"),
      ("evaluation.eval_steps=3", "in evaluation.eval_steps (unset, now 3)"),
    ])
  func changed(setting: String, words: String) async throws {
    try store(recipe())
    #expect(try await refusal([setting], resumes: true).contains(words))
  }

  @Test("the same recipe goes on, however its paths are written")
  func unchanged() async throws {
    try store(recipe())
    let spelling = "teacher=\(folder.path("base"))/../teacher/"
    #expect(try await refusal([spelling], resumes: true).contains("could not start"))
  }

  /// Puts a recipe where a run keeps its own.
  private func store(_ recipe: Recipe) throws {
    try FileManager.default.createDirectory(at: folder.url.appending(path: "out"), withIntermediateDirectories: true)
    try folder.write(recipe.resolvedYAML, to: "out/recipe.yaml")
  }
}
