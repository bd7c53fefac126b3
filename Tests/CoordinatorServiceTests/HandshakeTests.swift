import CoordinatorService
import Recipes
import Testing
import WireFormat

@Suite("Handshake")
struct HandshakeTests {
  private func refusal(
    _ method: Method = .distillm2, needs: TeacherNeeds = TeacherNeeds(generate: true, topCount: 0), longest: Int = 100,
    teacher: (inout WireModelDescription) -> Void
  ) -> String? {
    Handshake.refusal(
      method: method, needs: needs, longestSequence: longest, teacher: ModelSummary(makeDescription(teacher)),
      student: summary
    )?.description
  }

  @Test("takes a teacher that fits, and a foreign one without a vocabulary digest")
  func fits() {
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0.vocabularyDigest = "" } == nil)
  }

  @Test("refuses another vocabulary, other sizes, other special ids, and too short a context")
  func vocabulary() throws {
    #expect(try #require(refusal { $0.vocabularyDigest = "other" }).contains("different vocabularies"))
    #expect(try #require(refusal { $0.vocabSize = 301 }).contains("301 tokens, the student's 300"))
    #expect(try #require(refusal { $0.eosTokenIDs = [3] }).contains("[3] and [2]"))
    #expect(try #require(refusal { $0.bosTokenIDs = [9] }).contains("begin sequences"))
    #expect(try #require(refusal { $0.contextLength = 99 }).contains("set training.max_length to at most 99"))
  }

  @Test("says which method or setting would do")
  func abilities() throws {
    let textOnly = try #require(refusal { $0.abilities = WireAbilities(generate: true) })
    #expect(textOnly.contains("method: seqkd"))
    let topOnly = try #require(refusal { $0.abilities = WireAbilities(generate: true, maxTopCount: 20) })
    #expect(topOnly.contains("objective.loss_top_k to at most 20"))
    let tooMany = refusal(needs: TeacherNeeds(generate: true, topCount: 50)) {
      $0.abilities = WireAbilities(generate: true, maxTopCount: 20)
    }
    #expect(try #require(tooMany).contains("50 log-probs per position"))
    let silent = try #require(refusal { $0.abilities = WireAbilities(fullLogprobs: true) })
    #expect(silent.contains("generation: none"))
  }

  @Test("a refusal is one line", arguments: ["vocabulary", "size"])
  func oneLine(kind: String) throws {
    let text = try #require(refusal { if kind == "size" { $0.vocabSize = 7 } else { $0.vocabularyDigest = "x" } })
    #expect(!text.contains("\n"))
  }
}
