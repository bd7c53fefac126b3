import CoordinatorService
import Recipes
import Testing
import WireFormat

@Suite("Teachers with tokenizers of their own, and several teachers")
struct ForeignTeacherTests {
  private let foreign = ForeignTokenizer(vocabularyDigest: "theirs", longestSequence: 120)

  private func refusal(
    _ needs: TeacherNeeds, method: Method = .seqkd, _ change: (inout WireModelDescription) -> Void = { _ in }
  ) -> String? {
    let teacher = makeDescription { description in
      (description.vocabularyDigest, description.vocabSize, description.eosTokenIDs) = ("theirs", 999, [9])
      change(&description)
    }
    return Handshake.refusal(
      method: method, needs: needs, longestSequence: 100, teacher: ModelSummary(teacher), student: summary,
      foreign: foreign
    )?.description
  }

  @Test("text passes between tokenizers, whatever their ids; log-probs do not, and the metric kl is named as one")
  func text() throws {
    #expect(refusal(TeacherNeeds(generate: true, topCount: nil)) == nil)
    let learns = try #require(refusal(TeacherNeeds(generate: true, topCount: 0), method: .kd))
    #expect(learns.contains("method kd compares log-probs") && learns.contains("such as seqkd"))
    let evaluates = TeacherNeeds(generate: true, topCount: 0, learnsFromLogprobs: false)
    #expect(try #require(refusal(evaluates)).contains("leave kl and next_token_agreement out"))
  }

  @Test("whole rows are compared with a teacher of the same tokens alone", arguments: [0, 5])
  func wholeRows(topCount: Int) throws {
    let needs = TeacherNeeds(generate: false, topCount: topCount, tokenLogprobs: true)
    #expect(try #require(refusal(needs, method: .bialign)).contains("method: kd with objective.loss_top_k"))
  }

  @Test("rskd learns from draws, which are ids of the teacher's: refused, with what aligns log-probs")
  func draws() throws {
    let plan = try makePlan(["method=rskd"])
    #expect(plan.needs.draws && plan.needs.topCount == nil)
    let refused = try #require(refusal(plan.needs, method: .rskd) { $0.abilities?.draws = true })
    #expect(
      refused == "method rskd needs ids of the student's vocabulary, which the teacher does not give: "
        + "method: kd with objective.loss_top_k has log-probs that are aligned by bytes")
  }

  @Test(
    "loops send ids of the student's tokens: the refusal names what does work, and no key that does not",
    arguments: [Method.lion, .rejection, .critics, .orca, .tripost])
  func loops(method: Method) throws {
    let needs = TeacherNeeds(generate: true, topCount: nil)
    for change in [{ $0.vocabularyDigest = "theirs" }, { $0.vocabSize = 999 }] as [(inout WireModelDescription) -> Void]
    {
      func refused(_ method: Method) throws -> String {
        try #require(
          Handshake.refusal(
            method: method, needs: needs, teacher: ModelSummary(makeDescription(change)), student: summary)
        ).description
      }
      let line = try refused(method)
      #expect(line.contains("method \(method.rawValue) speaks to its teacher in the student's tokens"))
      #expect(
        line.contains("name the teacher as an endpoint, {url, model} without tokenizer") && line.contains("seqkd"))
      #expect(!line.contains("teacher.tokenizer"))
      // Where it does work it is said.
      #expect(try refused(.seqkd).contains("teacher.tokenizer: DIR"))
    }
  }

  @Test("the teacher must have the tokenizer that is named for it, and room for the prompts in its tokens")
  func limits() throws {
    let needs = TeacherNeeds(generate: true, topCount: nil)
    let other = try #require(refusal(needs) { $0.vocabularyDigest = "another" })
    #expect(other.contains("is not that of teacher.tokenizer (theirs)"))
    #expect(
      try #require(refusal(needs) { $0.contextLength = 110 }).contains("up to 120 tokens, the teacher's context 110"))
  }

  @Test("a run with several teachers begins when all have answered; the one that does not fit, or changed, is named")
  func several() throws {
    let plan = try makePlan([
      "teacher.default=a", "teacher.teachers.a=x:1", "teacher.teachers.b=y:1",
    ])
    func machine(_ b: ModelSummary) -> RunMachine {
      var machine = RunMachine(plan: plan)
      _ = machine.step(.restarted)
      _ = machine.step(.teachersReady([NamedSummary(name: "a", model: summary), NamedSummary(name: "b", model: b)]))
      _ = machine.step(.trainerRegistered(session: 1))
      _ = machine.step(.loaded(session: 1, position: 0, student: summary))
      return machine
    }
    #expect(machine(summary).phase == .running)
    let unfit = machine(ModelSummary(makeDescription { $0.vocabSize = 301 }))
    #expect(unfit.statusLine(teacherAddress: "").contains("teacher 'b': the teacher's vocabulary has 301 tokens"))
    var changed = machine(summary)
    _ = changed.step(.restarted)
    _ = changed.step(
      .teachersReady([
        NamedSummary(name: "a", model: summary),
        NamedSummary(name: "b", model: ModelSummary(makeDescription { $0.modelDigest = "new" })),
      ]))
    #expect(changed.statusLine(teacherAddress: "").contains("teacher 'b': the teacher is another model (new)"))
  }
}
