import Foundation
import Testing
import Tokenization

@Suite("Bytes of tokens")
struct PieceTests {
  private static let folders = [
    "tokenizer-gpt2", "tokenizer-llama2", "tokenizer-mistral/tokenizer_v1.json", "tokenizer-qwen2",
    "tinystories-656k-f32",
  ]

  private static let texts = [
    "The quick brown fox.", " leading  and   trailing ", "12345 + 67\n\tx", "naïve Größe, 東京 and 🙂👩‍👩‍👧", "", "a",
  ]

  @Test(
    "the pieces of a text's tokens are the text, one after another",
    .enabled(if: TokenizerData.hasShared, "\(TokenizerData.skipped)"))
  func piecesAreTheText() throws {
    for folder in Self.folders {
      let tokenizer = try TokenizerData.sharedTokenizer(folder)
      for text in Self.texts {
        for special in [true, false] {
          let ids = tokenizer.encode(text, addSpecialTokens: special)
          let pieces = try #require(tokenizer.pieces(of: ids), "\(folder): \(text)")
          #expect(pieces.count == ids.count)
          #expect(String(decoding: pieces.joined(), as: UTF8.self) == tokenizer.decode(ids, skipSpecialTokens: false))
        }
      }
    }
  }

  @Test("an id that no token has has no piece")
  func unknownID() throws {
    let document = Data(
      """
      {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":null,
       "post_processor":null,"decoder":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
       "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,
       "fuse_unk":false,"byte_fallback":false,"vocab":{"a":0,"Ã":1,"©":2},"merges":[]}}
      """.utf8)
    let tokenizer = try Tokenizer(tokenizerJSON: document)
    #expect(tokenizer.pieces(of: [0, 1, 2, 0]) == [[0x61], [0xC3], [0xA9], [0x61]])
    #expect(tokenizer.pieces(of: [0, 7]) == nil)
    // Half a letter at the end is no text, but its bytes are known.
    #expect(tokenizer.pieces(of: [0, 1]) == [[0x61], [0xC3]])
  }
}
