import Foundation
import Sequences
import Testing
import Tokenization

/// A text cut into prompt and completion.
private struct Row {
  let prompt: String
  let completion: String
  var text: String { prompt + completion }

  func ids(_ tokenizer: Tokenizer) -> (prompt: [TokenID], completion: [TokenID]) {
    let prompt = tokenizer.encode(prompt)
    return (
      prompt,
      tokenizer.encodeCompletion(completion, after: self.prompt, promptIDs: prompt, addSpecialTokens: true)
    )
  }

  /// Cuts of sentences at random characters.
  static let random: [Row] = {
    let sentences = [
      "Once upon a time there was a girl.", "She said: \"Don't go, it's 10 o'clock!\"",
      "two  spaces,   three, and tabs\t.",
      "line one\nline two\n\nline four", "naïve café, 東京 and 🙂🙃 at once", "aaaa bbbb aaaa", "x",
    ]
    var generator = SeededGenerator(seed: 7, path: 1)
    return (0..<200).map { _ in
      let sentence = Array(sentences[Int(generator.next() % UInt64(sentences.count))])
      let cut = Int(generator.next() % UInt64(sentence.count + 1))
      return Row(prompt: String(sentence[..<cut]), completion: String(sentence[cut...]))
    }
  }()
}

/// Pieces of the vocabulary that a completion becomes.
private func pieces(_ prompt: String, _ completion: String, _ tokenizer: Tokenizer) -> [String?] {
  Row(prompt: prompt, completion: completion).ids(tokenizer).completion.map(tokenizer.token)
}

@Suite("A completion after its prompt")
struct CompletionTests {
  @Test("has no space before it", arguments: ["sentencepiece", "metaspace", "unknown", "digits"])
  func noSpace(name: String) throws {
    let tokenizer = try TokenizerData.fixture(name)
    #expect(tokenizer.encodeContinuation("b").map(tokenizer.token) == ["b"])
    #expect(tokenizer.encode("b", addSpecialTokens: false).map(tokenizer.token) != ["b"])
  }

  @Test("decodes with its prompt as both together do", arguments: ["sentencepiece", "metaspace", "unknown", "gpt4"])
  func decodes(name: String) throws {
    let tokenizer = try TokenizerData.fixture(name)
    for row in Row.random {
      let ids = row.ids(tokenizer)
      let joined = tokenizer.encode(row.text)
      #expect(
        tokenizer.decode(ids.prompt + ids.completion) == tokenizer.decode(joined),
        "\(row.prompt.debugDescription) + \(row.completion.debugDescription) -> \(ids)")
    }
  }

  @Test("makes the text again where tokens keep every character", arguments: ["sentencepiece", "byte-level"])
  func text(name: String) throws {
    let tokenizer = try TokenizerData.fixture(name)
    for row in Row.random {
      let ids = row.ids(tokenizer)
      #expect(tokenizer.decode(ids.prompt + ids.completion) == row.text, "\(row.prompt.debugDescription) -> \(ids)")
    }
  }

  @Test("keeps its own space, and the spaces of words after it")
  func ownSpace() throws {
    let tokenizer = try TokenizerData.fixture("sentencepiece")
    let prefixed = tokenizer.encode("b c", addSpecialTokens: false)
    #expect(tokenizer.encodeContinuation(" b c") == prefixed)
    #expect(tokenizer.encodeContinuation("").isEmpty)
    let words = try TokenizerData.fixture("unknown")
    #expect(words.encodeContinuation("b a").map(words.token) == ["b", "▁a"])
  }

  @Suite("of others' tokenizers", .enabled(if: TokenizerData.hasShared, "\(TokenizerData.skipped)"))
  struct Foreign {
    static let files = ["tinystories-656k/tokenizer.json", "tokenizer-llama2/tokenizer.json"]

    @Test("goes on from its prompt", arguments: files)
    func goesOn(file: String) throws {
      let tokenizer = try TokenizerData.sharedTokenizer(file)
      #expect(pieces("a", "b", tokenizer) == ["b"])
      let story = pieces("Once upon a time", " there was a girl.", tokenizer)
      #expect(story.compactMap { $0 }.joined() == "▁there▁was▁a▁girl.")
    }

    @Test("makes the text again", arguments: files)
    func text(file: String) throws {
      let tokenizer = try TokenizerData.sharedTokenizer(file)
      for row in Row.random {
        let ids = row.ids(tokenizer)
        #expect(
          tokenizer.decode(ids.prompt + ids.completion) == tokenizer.decode(tokenizer.encode(row.text)),
          "\(row.prompt.debugDescription) + \(row.completion.debugDescription) -> \(ids)")
      }
    }
  }
}
