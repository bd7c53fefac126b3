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
    #expect(textOnly.hasSuffix("as do plad, dpo and simpo"))
    let echoOnly = try #require(refusal { $0.abilities = WireAbilities(generate: true, tokenLogprobs: true) })
    #expect(echoOnly.hasSuffix("needs only log-probs of the actual tokens, as does dpkd with its text"))
    let topOnly = try #require(refusal { $0.abilities = WireAbilities(generate: true, maxTopCount: 20) })
    #expect(topOnly.contains("objective.loss_top_k to at most 20"))
    let tooMany = refusal(needs: TeacherNeeds(generate: true, topCount: 50)) {
      $0.abilities = WireAbilities(generate: true, maxTopCount: 20)
    }
    #expect(try #require(tooMany).contains("50 log-probs per position"))
    let silent = try #require(refusal { $0.abilities = WireAbilities(fullLogprobs: true) })
    #expect(silent.contains("generation: none"))
  }

  @Test("log-probs of given text are asked where they are the reference, and nothing else is then")
  func reference() throws {
    let needs = TeacherNeeds(generate: true, topCount: nil, tokenLogprobs: true)
    #expect(refusal(.dpkd, needs: needs) { $0.abilities = WireAbilities(generate: true, tokenLogprobs: true) } == nil)
    let textOnly = refusal(.dpkd, needs: needs) { $0.abilities = WireAbilities(generate: true) }
    #expect(try #require(textOnly).contains("method dpkd needs log-probs of given text"))
    #expect(try #require(textOnly).contains("plad, simpo and dpo"))
  }

  @Test("a ranking asks for log-probs of given text beside the teacher's distributions")
  func ranking() throws {
    let plan = try makePlan(["method=bialign", "objective.loss_top_k=5"])
    #expect(plan.needs.tokenLogprobs && plan.needs.topCount == 5)
    func given(tokens: Bool, top: UInt32) -> String? {
      refusal(.bialign, needs: plan.needs) {
        $0.abilities = WireAbilities(generate: true, tokenLogprobs: tokens, maxTopCount: top)
      }
    }
    #expect(given(tokens: true, top: 5) == nil)
    #expect(try #require(given(tokens: false, top: 5)).contains("method bialign needs log-probs of given text"))
    #expect(try #require(given(tokens: true, top: 4)).contains("set objective.loss_top_k to at most 4"))
  }

  @Test("draws are asked of a teacher that promises them alone")
  func draws() throws {
    let needs = TeacherNeeds(generate: true, topCount: nil, draws: true)
    #expect(refusal(.rskd, needs: needs) { $0.abilities = WireAbilities(generate: true, draws: true) } == nil)
    let topOnly = refusal(.rskd, needs: needs) { $0.abilities = WireAbilities(generate: true, maxTopCount: 20) }
    #expect(try #require(topOnly).contains("method rskd needs ids drawn from its distribution"))
    #expect(try #require(topOnly).contains("method: kd"))
    let textOnly = refusal(.rskd, needs: needs) { $0.abilities = WireAbilities(generate: true) }
    #expect(try #require(textOnly).contains("seqkd"))
  }

  @Test("hidden states are compared with those of a teacher that gives them and says how wide they are")
  func hiddenStates() throws {
    let needs = TeacherNeeds(generate: false, topCount: 0, comparesHiddenStates: true)
    func teacher(_ gives: Bool, _ width: UInt32) -> String? {
      refusal(.llavadi, needs: needs) {
        $0.abilities = WireAbilities(fullLogprobs: true, hiddenState: gives)
        $0.hiddenSize = width
      }
    }
    #expect(teacher(true, 64) == nil)
    for refused in [teacher(false, 64), teacher(true, 0)] {
      #expect(try #require(refused).contains("method llavadi needs last hidden states"))
      #expect(try #require(refused).contains("objective.hidden_weight to 0"))
    }
  }

  @Test("a teacher that draws tokens among the student's goes on from ids, by the distribution that its scores tell of")
  func mixed() throws {
    let needs = TeacherNeeds(generate: false, topCount: 0, tokenLogprobs: true, mixes: true)
    func given(generates: Bool, continues: Bool) -> String? {
      refusal(.minillm, needs: needs) {
        $0.abilities = WireAbilities(
          generate: generates, tokenLogprobs: true, fullLogprobs: true, continuesTokens: continues)
      }
    }
    #expect(given(generates: true, continues: true) == nil)
    for refused in [given(generates: false, continues: true), given(generates: true, continues: false)] {
      #expect(try #require(refused).contains("method minillm needs single tokens after given ids"))
      #expect(try #require(refused).contains("set generation.teacher_mix to 0, with which the student writes alone"))
    }
    let textOnly = refusal(.minillm, needs: needs) { $0.abilities = WireAbilities(generate: true) }
    #expect(try #require(textOnly).contains("needs log-probs of given text"))
    let foreign = Handshake.refusal(
      method: .opd, needs: TeacherNeeds(generate: false, topCount: nil, tokenLogprobs: true, mixes: true),
      teacher: ModelSummary(makeDescription { $0.vocabularyDigest = "other" }), student: summary,
      foreign: ForeignTokenizer(vocabularyDigest: "other", longestSequence: 10))
    #expect(try #require(foreign).description.contains("tokens of the student's vocabulary"))
    #expect(try #require(foreign).description.contains("set generation.teacher_mix to 0"))
  }

  @Test("a teacher of token log-probs alone is told the method that needs no more", arguments: [Method.minillm, .gkd])
  func tokenLogprobs(method: Method) throws {
    let needs = TeacherNeeds(generate: false, topCount: 0, tokenLogprobs: method == .minillm)
    let tokens = refusal(method, needs: needs) { $0.abilities = WireAbilities(generate: true, tokenLogprobs: true) }
    #expect(try #require(tokens).contains("method: opd needs only log-probs of the actual tokens"))
    let opd = TeacherNeeds(generate: false, topCount: nil, tokenLogprobs: true)
    #expect(refusal(.opd, needs: opd) { $0.abilities = WireAbilities(tokenLogprobs: true) } == nil)
  }

  @Test("hidden states and float16 are asked of a teacher that promises them alone")
  func travel() throws {
    let hidden = TeacherNeeds(generate: true, topCount: 0, hiddenState: true)
    let half = TeacherNeeds(generate: true, topCount: 5, float16: true)
    func abilities(_ change: (inout WireAbilities) -> Void) -> (inout WireModelDescription) -> Void {
      var abilities = WireAbilities(generate: true, hiddenState: true, outputHead: true)
      change(&abilities)
      return { [abilities] in $0.abilities = abilities }
    }
    #expect(refusal(needs: hidden, teacher: abilities { _ in }) == nil)
    let noHead = try #require(
      refusal(needs: hidden, teacher: abilities { ($0.outputHead, $0.fullLogprobs) = (false, true) }))
    #expect(noHead.contains("set objective.teacher_logprobs to full"))
    let topOnly = try #require(
      refusal(needs: hidden, teacher: abilities { ($0.hiddenState, $0.maxTopCount) = (false, 9) }))
    #expect(topOnly.contains("top_k and objective.loss_top_k to at most 9"))
    #expect(try #require(refusal(needs: hidden, teacher: abilities { $0.hiddenState = false })).contains("seqkd"))
    let exact = try #require(refusal(needs: half, teacher: abilities { $0.maxTopCount = 9 }))
    #expect(exact.contains("set objective.teacher_precision to float32"))
    #expect(refusal(needs: half, teacher: abilities { ($0.maxTopCount, $0.float16) = (9, true) }) == nil)
  }

  @Test("a refusal is one line", arguments: ["vocabulary", "size"])
  func oneLine(kind: String) throws {
    let text = try #require(refusal { if kind == "size" { $0.vocabSize = 7 } else { $0.vocabularyDigest = "x" } })
    #expect(!text.contains("\n"))
  }
}
