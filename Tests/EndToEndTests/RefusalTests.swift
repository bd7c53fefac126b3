import Foundation
import ModelFixtures
import ServiceRuntime
import Testing

/// What a user may get wrong, and the one line that says so.
@Suite(.timeLimit(.minutes(10)), .serialized) struct RefusalTests {
  private let run: SmallRun

  init() throws { run = try SmallRun() }

  private func expectRefusal(
    _ arguments: [String], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let outcome = try await run.program.run(arguments)
    #expect(outcome.exit != .status(0) && outcome.output.isEmpty, sourceLocation: sourceLocation)
    #expect(outcome.complaints.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(outcome.errors.contains(word), "\(word): \(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test(
    "a missing model folder",
    arguments: [["teacher", "--listen", "127.0.0.1:0"], ["score", "--data", "x"], ["generate", "--prompt", "a"]])
  func missingFolder(command: [String]) async throws {
    try await expectRefusal(command + ["--model", run.folder.path("nothing")], run.folder.path("nothing"))
  }

  @Test("a malformed model folder")
  func malformedFolder() async throws {
    try run.folder.write("{", to: "teacher/config.json")
    try await expectRefusal(
      ["teacher", "--model", run.folder.path("teacher"), "--listen", "127.0.0.1:0"], "config.json")
  }

  @Test("weights that are not numbers")
  func brokenWeights() async throws {
    try PuzzleModel.writeBroken(to: run.folder.url.appending(path: "broken"))
    try await expectRefusal(
      ["teacher", "--model", run.folder.path("broken"), "--listen", "127.0.0.1:0"], "NaN", "model.safetensors")
    try await expectRefusal(["run", run.recipe("nan", teacher: run.folder.path("broken")), "--local"], "NaN")
  }

  @Test("a malformed row, with its line")
  func malformedRow() async throws {
    try run.folder.write("\(PuzzleModel.prompts(2)){oops\n", to: "prompts.jsonl")
    try await expectRefusal(["run", run.recipe("rows"), "--local"], "prompts.jsonl:3")
  }

  @Test("an unknown key of a recipe, with the nearest known one")
  func unknownKey() async throws {
    let recipe = try run.folder.write(
      try String(contentsOfFile: run.recipe("keys"), encoding: .utf8).replacing("learning_rate", with: "learning_rat"),
      to: "keys.yaml")
    try await expectRefusal(["run", recipe, "--local"], "learning_rat", "did you mean", "keys.yaml")
    try await expectRefusal(["run", run.recipe("override"), "training.max_step=3", "--dry-run"], "max_steps")
  }

  @Test("a port that is in use")
  func portInUse() async throws {
    let address = "127.0.0.1:\(try PortProbe.freePorts(1)[0])"
    try await run.program.service(["teacher", "--model", run.folder.path("teacher"), "--listen", address]) {
      try await waitForListener(at: address)
      try await expectRefusal(
        ["teacher", "--model", run.folder.path("teacher"), "--listen", address], "in use", address)
    }
  }

  @Test("a port at which nothing listens", arguments: [["health"], ["doctor", "--teacher"]])
  func nothingListens(command: [String]) async throws {
    let address = "127.0.0.1:\(try PortProbe.freePorts(1)[0])"
    try await expectRefusal(command + [address], "nothing listens on \(address)")
  }

  @Test("a negative value of an option is a value")
  func negative() async throws {
    let command = ["generate", "--model", run.folder.path("teacher"), "--prompt", "a", "--temperature", "-1"]
    try await expectRefusal(command, "--temperature -1: expected 0 or more")
  }

  @Test("an address that others reach, without --insecure")
  func exposed() async throws {
    try await expectRefusal(["teacher", "--model", run.folder.path("teacher"), "--listen", "0.0.0.0:0"], "--insecure")
  }

  @Test("a student of another vocabulary")
  func otherVocabulary() async throws {
    let tokenizer = run.folder.url.appending(path: "base/tokenizer.json")
    let text = try String(contentsOf: tokenizer, encoding: .utf8)
    try Data(Self.swappingTokens(in: text).utf8).write(to: tokenizer)
    let outcome = try await run.program.run(["run", run.recipe("vocabulary"), "--local"])
    #expect(outcome.exit != .status(0))
    let lines = outcome.errors.split(separator: "\n").filter { $0.contains("vocabular") && !$0.contains("writes to") }
    #expect(lines.count == 1 && lines == outcome.complaints, "\(outcome.errors)")
  }

  @Test(
    "words that are no command, and options that are none",
    arguments: [["distil"], ["run"], ["score", "--modle", "x"], ["export", "--checkpoint", "x"]])
  func usage(arguments: [String]) async throws {
    try await expectRefusal(arguments, "see retort help")
  }

  /// Gives the ids of two characters to each other.
  private static func swappingTokens(in text: String) -> String {
    let (a, b) = (#""a": "#, #""b": "#)
    let isSpaced = text.contains(a)
    let (first, second) = isSpaced ? (a, b) : (#""a":"#, #""b":"#)
    return text.replacing(first, with: "#first#").replacing(second, with: first).replacing("#first#", with: second)
  }
}
