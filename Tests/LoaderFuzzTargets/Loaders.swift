import Checkpoints
import Tokenization

/// What reads files of a model folder, fed with bytes that somebody else chose. A broken invariant ends the process.
package enum LoaderFuzzing {
  private static let text = "It's 12345 letters,\r\n  über naïve 東京 🙂👍🏽 <s>there</s>\t<0x0A> ﬁ\u{0}e\u{301}"

  /// The header of a safetensors file, before 64 bytes of data.
  package static func safetensors(_ bytes: [UInt8]) {
    let dataSize = 64
    guard let header = try? SafetensorsHeader(json: bytes, dataSize: dataSize) else { return }
    var end = 0
    for tensor in header.tensors {
      precondition(tensor.range.lowerBound == end, "bytes that belong to no tensor, or to two")
      precondition(
        tensor.count == tensor.shape.reduce(1, *) && tensor.range.count == tensor.count * tensor.type.byteCount,
        "a shape that does not fit its bytes")
      end = tensor.range.upperBound
    }
    precondition(end == dataSize, "bytes after the last tensor")
    precondition(Set(header.tensors.map(\.name)).count == header.tensors.count, "a name twice")
  }

  /// `config.json`.
  package static func configuration(_ bytes: [UInt8]) {
    do {
      try ModelFolder.checkConfiguration(bytes)
    } catch {
      precondition(!error.description.contains("\n"), "a message of two lines")
    }
  }

  /// `tokenizer.json`.
  package static func tokenizer(_ bytes: [UInt8]) {
    do {
      check(try Tokenizer(tokenizerBytes: bytes))
    } catch {
      precondition(!error.description.contains("\n"), "a message of two lines")
    }
  }

  /// `tokenizer.model`.
  package static func sentencePiece(_ bytes: [UInt8]) {
    do {
      check(try Tokenizer(sentencePieceBytes: bytes))
    } catch {
      precondition(!error.description.contains("\n"), "a message of two lines")
    }
  }

  private static func check(_ tokenizer: Tokenizer) {
    let ids = tokenizer.encode(text)
    precondition(ids.allSatisfy { Int($0) < tokenizer.vocabSize }, "an id beyond the vocabulary")
    precondition(tokenizer.encode(text) == ids, "other ids from a warm cache")
    _ = tokenizer.decode(ids, skipSpecialTokens: false)
    _ = tokenizer.encodeContinuation(text)
  }

  private static let variables: [UInt8] = Array(
    """
    {"messages":[{"role":"system","content":"S"},{"role":"user","content":"a <b>\\n"},{"role":"assistant","content":"é"}],
    "tools":[{"function":{"name":"f","parameters":{"properties":{"x":{"type":"string"}}}}}],"n":3,
    "add_generation_prompt":true,"bos_token":"<s>","eos_token":"</s>"}
    """.utf8)

  /// A chat template, rendered.
  package static func chatTemplate(_ bytes: [UInt8]) {
    do {
      let text = try ChatTemplate(String(decoding: bytes, as: UTF8.self)).render(json: variables)
      precondition(text.utf8.count <= ChatTemplate.maximumOutput, "more text than is allowed")
    } catch let error as ChatTemplateError {
      precondition(!error.description.contains("\n"), "a message of two lines")
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
