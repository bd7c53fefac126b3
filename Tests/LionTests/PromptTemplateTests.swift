import Lion
import Testing

@Suite("Templates of prompts")
struct PromptTemplateTests {
  @Test("the templates that come with Retort name their version and fill each place once")
  func presets() throws {
    let prompts = try LionPrompts()
    #expect(prompts.referee.name == "lion/referee" && prompts.referee.version == 1)
    let prompt = prompts.referee.filled(["instruction": "Say {{first}}", "first": "A", "second": "B {{second}}"])
    #expect(prompt.user.contains("Say {{first}}\n"))
    #expect(prompt.user.contains("[Answer of Assistant 2 begins]\nB {{second}}\n[Answer of Assistant 2 ends]"))
    #expect(prompt.system?.isEmpty == false)
    #expect(prompt.user.hasSuffix("Assistant 1: <score>\nAssistant 2: <score>"))
    #expect(prompts.generatorHard != prompts.generatorEasy)
  }

  @Test("a file of one's own stands for the one that comes with Retort")
  func replacement() throws {
    let prompts = try LionPrompts { $0 == "task.txt" ? "mine 3\n[user]\nQ: {{instruction}}\n" : nil }
    #expect(prompts.task.filled(["instruction": "why?"]).user == "Q: why?")
    #expect(prompts.task.filled(["instruction": "why?"]).system == nil)
    #expect(prompts.task.version == 3)
  }

  @Test(
    "a file of another form is refused, by name",
    arguments: [
      ("", "its first line is to be a name and a version, such as \"lion/referee 1\""),
      ("a 0\n[user]\n{{x}}", "its first line is to be a name and a version, such as \"lion/referee 1\""),
      ("a 1\n{{x}}", "it has no line [user]"),
      ("a 1\nhello\n[user]\n{{x}}", "text stands before the lines [system] and [user]"),
      ("a 1\n[user]\n{{x", "a place {{ is not closed"),
    ])
  func malformed(text: String, reason: String) {
    #expect(throws: PromptTemplateError.malformed(source: "f.txt", reason: reason)) {
      try PromptTemplate(text, source: "f.txt", places: ["x"])
    }
  }

  @Test("a place that nobody fills is refused, and a missing one")
  func places() {
    #expect(throws: PromptTemplateError.placeholders(source: "f.txt", found: ["y"], expected: ["x"])) {
      try PromptTemplate("a 1\n[user]\n{{y}}", source: "f.txt", places: ["x"])
    }
  }
}
