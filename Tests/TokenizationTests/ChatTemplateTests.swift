import Foundation
import Testing
import Tokenization

@Suite("A chat template")
struct ChatTemplateTests {
  /// What `Golden/generate_chat.py` had jinja2 make of templates; nil where it refuses.
  struct Golden: Decodable {
    struct Template: Decodable {
      let template: String?
      let path: String?
      let cases: [Case]
    }

    struct Case: Decodable {
      let conversation: Int
      let addGenerationPrompt: Bool
      let text: String?

      init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        conversation = try values.decode(Int.self)
        addGenerationPrompt = try values.decode(Bool.self)
        text = try values.decodeNil() ? nil : values.decode(String.self)
      }
    }

    let conversations: [[ChatMessage]]
    let templates: [Template]

    static func load() throws -> Golden {
      let data = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("chat.json"))
      return try JSONDecoder().decode(Golden.self, from: data)
    }
  }

  static func tokenizer(_ template: String) throws -> Tokenizer {
    let configuration = ["bos_token": "<s>", "eos_token": "</s>", "chat_template": template]
    return try Tokenizer(
      tokenizerJSON: Data(contentsOf: TokenizerData.golden.appendingPathComponent("fixtures/characters.json")),
      configuration: JSONEncoder().encode(configuration))
  }

  static func expectEqual(_ tokenizer: Tokenizer, _ template: Golden.Template, _ golden: Golden) {
    for one in template.cases {
      let messages = golden.conversations[one.conversation]
      let text = try? tokenizer.renderChat(messages: messages, addGenerationPrompt: one.addGenerationPrompt)
      #expect(
        text.map { Array($0.utf8) } == one.text.map { Array($0.utf8) },
        "\(template.template ?? template.path ?? "") on \(one.conversation): \(text ?? "refused")")
    }
  }

  /// Expected: `apply_chat_template(tools=…)` of transformers 5.23.
  @Test("shows tools with their members in order; anything but an array is refused")
  func tools() throws {
    let tokenizer = try Self.tokenizer(
      "{% if tools %}{% for tool in tools %}{{ tool | tojson }};{% endfor %}{% endif %}{{ messages[0].content }}")
    let messages = [ChatMessage(role: "user", content: "q")]
    let tools =
      #"[{"type":"function","function":{"name":"é","parameters":{"z":1,"a":[1.5,true,null]}}}, {"x":"\u00e9"}]"#
    #expect(
      try tokenizer.renderChat(messages: messages, tools: tools, addGenerationPrompt: true)
        == #"{"type": "function", "function": {"name": "é", "parameters": {"z": 1, "a": [1.5, true, null]}}};{"x": "é"};q"#
    )
    #expect(try tokenizer.renderChat(messages: messages, tools: "[]", addGenerationPrompt: true) == "q")
    for wrong in ["{}", "3", "[", ""] {
      #expect(throws: TokenizerError.self) {
        try tokenizer.renderChat(messages: messages, tools: wrong, addGenerationPrompt: true)
      }
    }
  }

  @Test("gives the text that jinja2 gives, or is refused where jinja2 refuses")
  func golden() throws {
    let golden = try Golden.load()
    let templates = golden.templates.filter { $0.path == nil }
    #expect(templates.count > 40)
    for template in templates {
      Self.expectEqual(try Self.tokenizer(try #require(template.template)), template, golden)
    }
  }

  /// CRC-32 of what jinja2 gave on `scripts/parity/chat_templates.py`; 1 where it refused.
  struct Families: Decodable {
    struct Template: Decodable {
      let template: String
      let cases: [[UInt32]]
    }

    let now: Double
    /// JSON.
    let conversations: [String]
    let tools: String
    let templates: [Template]
  }

  @Test("in the style of each well-known family, and of each construct, gives the text that jinja2 gives")
  func families() throws {
    let data = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("chat-families.json"))
    let golden = try JSONDecoder().decode(Families.self, from: data)
    #expect(golden.templates.count > 130)
    for template in golden.templates {
      for one in template.cases {
        let json = """
          {"messages":\(golden.conversations[Int(one[0])]),"tools":\(one[1] == 1 ? golden.tools : "null"),"documents":null,
          "add_generation_prompt":\(one[2] == 1),"bos_token":"<s>","eos_token":"</s>"}
          """
        let text = try? ChatTemplate(template.template).render(json: Array(json.utf8), now: golden.now)
        #expect(
          text.map { TokenizerData.crc($0) } ?? 1 == one[3], "\(template.template) on \(one): \(text ?? "refused")")
      }
    }
  }

  @Test("of others gives the text that jinja2 gives", .enabled(if: TokenizerData.hasShared, "\(TokenizerData.skipped)"))
  func foreign() throws {
    let golden = try Golden.load()
    let templates = golden.templates.filter { $0.path != nil }
    #expect(templates.count == 2)
    for template in templates {
      let file = TokenizerData.shared.appendingPathComponent(try #require(template.path))
      Self.expectEqual(try Tokenizer(folder: file.deletingLastPathComponent()), template, golden)
    }
  }

  @Test(
    "says in one line what it cannot do",
    arguments: [
      ("{% import 'x' as y %}", "\"import\" is not supported"), ("{{ strftime_now('%q') }}", "strftime_now"),
      ("{% include 'x' %}", "\"include\""), ("{{ [1] | random }}", "filter \"random\""),
      ("{{ cycler(1) }}", "function \"cycler\""), ("{% for a in [] recursive %}{% endfor %}", "a recursive loop"),
      ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "macros that call macros"),
      ("{{ 'a'.encode() }}", "method \"encode\""), ("{{ '%5d' % 1 }}", "the format"),
      ("{{ 1 is prime }}", "test \"prime\""),
      ("{{ messages.append(1) }}", "method \"append\""), ("{{ namespace() }}", "printing a namespace"),
      ("a\nb\n{{ nothing.x }}", "line 3: \"nothing\" is undefined"), ("{% if true %}", "if without end"),
      ("{{ 'x }}", "a string without end"), ("{{ raise_exception('only users') }}", "only users"),
    ])
  func refusals(template: String, says: String) throws {
    let tokenizer = try Self.tokenizer(template)
    let error = #expect(throws: ChatTemplateError.self) {
      _ = try tokenizer.renderChat(messages: [ChatMessage(role: "user", content: "x")], addGenerationPrompt: true)
    }
    let line = try #require(error).description
    #expect(line.contains(says), "\(line)")
    #expect(!line.contains("\n"))
  }

  @Test(
    "that would run for ever, or write without end, is stopped",
    arguments: [
      "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
      "{% set ns = namespace(x='ab') %}{% for i in range(90) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
      "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
      "{{ range(9999999999) }}", "{{ [1] * 9223372036854775807 }}", "{{ 9223372036854775807 * 'ab' }}",
      "{{ [1, 2] * 4611686018427387905 }}",
      "{% set ns = namespace(x=(1,)) %}{% for i in range(90) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
      "{{ ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))",
      "{{ nothing" + String(repeating: "(not ", count: 5_000), String(repeating: "{% if true %}", count: 5_000),
      "{{ " + String(repeating: "not ", count: 50_000) + "1 }}", "{{ " + String(repeating: "[", count: 50_000) + "1 }}",
    ])
  func bounded(template: String) throws {
    let tokenizer = try Self.tokenizer(template)
    #expect(throws: ChatTemplateError.self) { _ = try tokenizer.renderChat(messages: [], addGenerationPrompt: false) }
  }

  @Test("repeats what is empty in no time, and nothing less than once")
  func repeated() throws {
    let tokenizer = try Self.tokenizer(
      "{{ [] * 9223372036854775807 }}{{ '' * 9223372036854775807 }}{{ 'a' * -1 }}{{ [1] * 2 }}{{ 5 % 9223372036854775807 }}"
    )
    #expect(try tokenizer.renderChat(messages: [], addGenerationPrompt: false) == "[][1, 1]5")
  }

  /// Expected: jinja2 3.1.
  @Test(
    "has jinja2's numbers of texts, and its widths",
    arguments: [
      ("'1f' | int(0, 16)", "31"), ("'0x1F' | int(base=16)", "31"), ("'0b1' | int(7, 2)", "1"),
      ("'12' | int(base=0)", "12"), ("'012' | int(base=0)", "12"), ("'0x_1f' | int(0, 0)", "31"),
      ("'zz' | int(base=36)", "1295"), ("'5' | int(0, 99)", "5"), ("'5' | int(base='x')", "5"),
      ("'1_000' | int", "1000"), ("'1__0' | int", "0"), ("' -42.9 ' | int", "-42"), ("'٣' | int", "3"),
      ("'1e5' | int", "100000"), ("'x' | int('d')", "d"), ("'inf' | int", "0"), ("'nan' | int(5)", "5"),
      ("'1e400' | int(3)", "3"), ("none | int(4)", "4"), ("true | int", "1"), ("3.9 | int", "3"), ("[1] | int", "0"),
      ("'9223372036854775807' | int", "9223372036854775807"), ("'-9223372036854775808' | int", "-9223372036854775808"),
      ("'x' | float(1)", "1"), ("'0x10' | float", "0.0"), ("'1_0.5' | float", "10.5"), ("'a' | float", "0.0"),
      ("'.5' | float", "0.5"), ("'5.' | float", "5.0"), ("'ab' | center(5)", "  ab "), ("'abc' | center(6)", " abc  "),
      ("'abc' | center(-3)", "abc"), ("'a'.rjust(70000) | length", "70000"), ("'a'.zfill(3)", "00a"),
      ("{'a': 1} | tojson(indent=70) | length", "80"), ("'a\nb' | indent(-3)", "a\nb"),
    ])
  func numbers(expression: String, expected: String) throws {
    #expect(try ChatTemplate("{{ \(expression) }}").render(json: Array("{}".utf8)) == expected)
  }

  @Test(
    "refuses what jinja2 does with numbers that are too large here, instead of another text",
    arguments: [
      ("1e308 | int", "a whole number of over 64 bits is not supported"),
      ("'99999999999999999999' | int", "a whole number of over 64 bits"), ("'1e300' | int", "of over 64 bits"),
      ("'9223372036854775808' | int", "of over 64 bits"), ("('1e400' | float) | int", "an infinite number"),
      ("nothing | int", "\"nothing\" is undefined"), ("nothing | float", "\"nothing\" is undefined"),
      ("'a'.rjust(9999999999)", "a text of 9999999999 characters"), ("'a'.zfill(2000000)", "takes too much"),
      ("'a' | center(2000000)", "takes too much"), ("{'a': 1} | tojson(indent=70000)", "an indent of 70000"),
      ("'a\nb' | indent(70000)", "an indent of 70000"),
    ])
  func largeNumbers(expression: String, says: String) throws {
    let error = #expect(throws: ChatTemplateError.self) {
      _ = try ChatTemplate("{{ \(expression) }}").render(json: Array("{}".utf8))
    }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test("is taken from its own file before the configuration, and has a digest")
  func file() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("retort-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let fixture = TokenizerData.golden.appendingPathComponent("fixtures/characters.json")
    try FileManager.default.copyItem(at: fixture, to: folder.appendingPathComponent("tokenizer.json"))
    let messages = [ChatMessage(role: "user", content: "x")]
    let render = { try Tokenizer(folder: folder).renderChat(messages: messages, addGenerationPrompt: false) }
    let file = folder.appendingPathComponent("tokenizer.json").path
    #expect(throws: TokenizerError.noChatTemplate(tokenizer: file)) { _ = try render() }
    let several = #"{"chat_template":[{"name":"tools","template":"t"},{"name":"default","template":"one"}]}"#
    try Data(several.utf8).write(to: folder.appendingPathComponent("tokenizer_config.json"))
    #expect(try render() == "one")
    let refusal = { () -> String in
      do { return try render() } catch { return "\(error)" }
    }
    let configuration = folder.appendingPathComponent("tokenizer_config.json")
    try Data(#"{"chat_template":"a\n{{ nothing.x }}"}"#.utf8).write(to: configuration)
    #expect(refusal() == "\(configuration.path): chat template, line 2: \"nothing\" is undefined, so it has no \"x\"")
    try Data("{% include 'x' %}".utf8).write(to: folder.appendingPathComponent("chat_template.jinja"))
    #expect(
      refusal().hasPrefix("\(folder.path)/chat_template.jinja: chat template, line 1: the statement \"include\""),
      "\(refusal())")
    try Data("two {{ messages[0].content }}\n".utf8).write(to: folder.appendingPathComponent("chat_template.jinja"))
    #expect(try render() == "two x")
    #expect(try Tokenizer(folder: folder).chatTemplateDigest.count == 64)
  }
}
