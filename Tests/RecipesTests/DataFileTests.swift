import Recipes
import Sequences
import Testing

/// One id per character; 1 begins, 2 ends a sequence; "ab" merges into one id, as a tokenizer may.
struct LetterCodec: TextCodec {
  var eosTokenIDs: [TokenID] = [2]
  var bosTokenIDs: [TokenID] = [1]
  var hasTemplate = true
  /// Put before the beginning of a text, as a tokenizer may put a space.
  var prefix = ""

  func encode(_ text: String, addSpecialTokens: Bool) -> [TokenID] {
    (addSpecialTokens ? bosTokenIDs : []) + encodeContinuation(prefix + text)
  }

  func encodeContinuation(_ text: String) -> [TokenID] {
    text.replacing("ab", with: "\u{F8}").unicodeScalars.map(\.value)
  }

  func decode(_ tokenIDs: [TokenID]) -> String {
    String(String.UnicodeScalarView(tokenIDs.filter { $0 > 2 }.compactMap(Unicode.Scalar.init)))
  }

  func renderChat(_ messages: [ChatMessage], tools: String?, addGenerationPrompt: Bool) -> String? {
    hasTemplate
      ? (tools.map { "<tools>\($0)" } ?? "") + messages.map { "<\($0.role)>\($0.content)" }.joined()
        + (addGenerationPrompt ? "<assistant>" : "") : nil
  }
}

let wide = SequenceLimits(prompt: 500, sequence: 1000, completion: 500)

func ids(_ text: String) -> [TokenID] { text.unicodeScalars.map(\.value) }

func sample(_ row: String, codec: LetterCodec = LetterCodec(), lengths: SequenceLimits = wide) throws -> TrainingSample
{
  try #require(try DataFile(contents: row, path: "data.jsonl").samples(codec: codec, lengths: lengths).first)
}

@Suite("Data rows")
struct DataFileTests {
  @Test("a prompt has its special tokens, a completion its end once")
  func completion() throws {
    let sample = try sample(#"{"prompt":"hi ","completion":"you"}"#)
    #expect(sample.prompt == [1] + ids("hi "))
    #expect(sample.completion == ids("you") + [2])
    #expect(sample.isPrompt)
  }

  @Test(
    "tools come to the template as they are written, their members in order",
    arguments: [
      #"{"messages":[{"role":"user","content":"\"tools\": [1]"}], "tools" :[{"z":{"tools":"}]"},"a":["\u00e9",1]}]}"#,
      #"{"tools":"[{\"z\":{\"tools\":\"}]\"},\"a\":[\"\\u00e9\",1]}]","messages":[{"role":"user","content":"\"tools\": [1]"}]}"#,
    ])
  func tools(row: String) throws {
    let text = #"<tools>[{"z":{"tools":"}]"},"a":["\u00e9",1]}]<user>"tools": [1]<assistant>"#
    #expect(try sample(row).prompt == ids(text))
  }

  @Test("tools that are none are left out", arguments: ["null", "[]", "\"\""])
  func noTools(column: String) throws {
    let row = #"{"messages":[{"role":"user","content":"a"}],"tools":\#(column)}"#
    #expect(try sample(row).prompt == ids("<user>a<assistant>"))
  }

  @Test("tools that are no list of descriptions are refused", arguments: ["3", "[1]", "\"x\"", "{}"])
  func badTools(column: String) {
    let row = #"{"messages":[{"role":"user","content":"a"}],"tools":\#(column)}"#
    #expect(throws: RecipeError.self) { try sample(row) }
  }

  @Test("an end that the data has already is not doubled")
  func endOnce() throws {
    #expect(try sample("{\"prompt\":\"x\",\"completion\":\"y\\u0002\"}").completion == ids("y") + [2])
  }

  @Test("a completion that would merge with the prompt is encoded by itself")
  func boundary() throws {
    let sample = try sample(#"{"prompt":"xa","completion":"by"}"#)
    #expect(sample.prompt == [1] + ids("xa"))
    #expect(sample.completion == ids("by") + [2])
  }

  @Test("a completion gets no space of a text's beginning", arguments: ["xa", "x"])
  func noPrefix(prompt: String) throws {
    let row = #"{"prompt":"\#(prompt)","chosen":"by","rejected":"bad"}"#
    let sample = try sample(row, codec: LetterCodec(prefix: " "))
    #expect(sample.prompt == [1] + ids(" " + prompt))
    #expect(sample.completion == ids("by") + [2])
    #expect(sample.rejected == ids("bad") + [2])
  }

  @Test("a pair keeps the teacher's answer and the student's apart")
  func pair() throws {
    let sample = try sample(#"{"prompt":"p","chosen":"good","rejected":"bad"}"#)
    #expect(sample.completion == ids("good") + [2])
    #expect(sample.rejected == ids("bad") + [2])
  }

  @Test("messages go through the template, whose special tokens are its own")
  func chat() throws {
    let row = #"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"r"}]}"#
    let sample = try sample(row)
    #expect(sample.prompt == ids("<user>q<assistant>"))
    #expect(sample.completion == ids("r") + [2])
    #expect(throws: RecipeError.self) { try self.failing(row, codec: LetterCodec(hasTemplate: false)) }
  }

  private func failing(_ row: String, codec: LetterCodec) throws { _ = try sample(row, codec: codec) }

  @Test("turns make an answer whose ids have weights; an id that reaches into the next turn has the next one's")
  func turns() throws {
    let row = #"{"prompt":"p","turns":[{"text":"xa","weight":0},{"text":"by","weight":1.5},{"text":"z"}]}"#
    let whole = try sample(row)
    #expect(whole.completion == ids("x\u{F8}yz") + [2])
    #expect(whole.completionText == "xabyz")
    #expect(whole.completionWeights == [0, 1.5, 1.5, 1, 1])
    let chat = try sample(
      #"{"messages":[{"role":"user","content":"q"}],"turns":[{"text":"r","weight":2},{"text":"st","weight":0.5}]}"#)
    #expect(chat.completion == ids("rst") + [2] && chat.completionWeights == [2, 0.5, 0.5, 0.5])
    // One that is cut keeps the weights of what is left.
    let cut = try sample(row, lengths: SequenceLimits(prompt: 4, sequence: 4, completion: 9))
    #expect(cut.completion == ids("x\u{F8}") && cut.completionWeights == [0, 1.5])
  }

  @Test("turns of weight 1 are the row of their text")
  func plainTurns() throws {
    let row = try sample(#"{"prompt":"p","turns":[{"text":"xa"},{"text":"by","weight":1}]}"#)
    #expect(row == (try sample(#"{"prompt":"p","completion":"xaby"}"#)))
  }

  @Test(
    "turns that are none, and turns beside an answer, are refused",
    arguments: [
      #"{"prompt":"p","turns":[]}"#, #"{"prompt":"p","turns":["a"]}"#, #"{"prompt":"p","turns":[{"weight":1}]}"#,
      #"{"prompt":"p","turns":[{"text":"a","weight":-1}]}"#, #"{"prompt":"p","turns":[{"text":"a","weight":"1"}]}"#,
      #"{"prompt":"p","completion":"a","turns":[{"text":"a"}]}"#, #"{"text":"p","turns":[{"text":"a"}]}"#,
    ])
  func badTurns(row: String) {
    #expect(throws: RecipeError.self) { try sample(row) }
  }

  @Test("a text row is learnt from its second token on and cannot be asked")
  func text() throws {
    let sample = try sample(#"{"text":"abc"}"#)
    #expect(sample.prompt == [1])
    #expect(sample.completion == ids("\u{F8}c") + [2])
    #expect(!sample.isPrompt)
  }

  @Test("alpaca rows get Alpaca's prompt, with and without input")
  func alpaca() throws {
    let with = try sample(#"{"instruction":"do","input":"this","output":"done"}"#)
    let without = try sample(#"{"instruction":"do","input":"","output":"done"}"#)
    #expect(with.promptText.hasSuffix("### Instruction:\ndo\n\n### Input:\nthis\n\n### Response:\n"))
    #expect(without.promptText.hasSuffix("request.\n\n### Instruction:\ndo\n\n### Response:\n"))
    #expect(with.completion == ids("done") + [2])
  }

  @Test("a long prompt keeps its beginning token and its end; a cut completion has no end of sequence")
  func cuts() throws {
    let lengths = SequenceLimits(prompt: 4, sequence: 6, completion: 9)
    let sample = try sample(#"{"prompt":"uvwxyz","completion":"qrst"}"#, lengths: lengths)
    #expect(sample.prompt == [1] + ids("xyz"))
    #expect(sample.completion == ids("qr"))
  }

  @Test(
    "errors name file and line",
    arguments: [
      ("{\"prompt\":\"a\"}\n\n{oops", "data.jsonl:3: not valid JSON"),
      ("{\"prompt\":\"a\"}\n[1]", "data.jsonl:2: expected a JSON object"),
      ("{\"question\":\"a\"}", "data.jsonl:1: columns [question] have no known shape"),
      ("{\"prompt\":3}", "data.jsonl:1: 'prompt': expected text"),
      ("{\"prompt\":\"a\",\"chosen\":\"b\"}", "data.jsonl:1: 'rejected': expected text"),
      ("{\"messages\":[]}", "data.jsonl:1: 'messages': expected a list"),
      ("\n \n", "data.jsonl: cannot be read: no rows"),
    ])
  func errors(contents: String, message: String) throws {
    let error = try #require(throws: RecipeError.self) { try DataFile(contents: contents, path: "data.jsonl") }
    #expect(error.description.hasPrefix(message), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test("a limit takes the first rows alone")
  func limit() throws {
    let file = try DataFile(contents: "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{oops", path: "data.jsonl", limit: 2)
    #expect(file.rows.map(\.line) == [1, 2])
  }
}
