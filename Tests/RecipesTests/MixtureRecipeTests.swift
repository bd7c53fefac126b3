import Recipes
import Testing

private func recipe(_ method: String, _ overrides: String...) throws -> Recipe {
  try Recipe(
    yaml: """
      method: \(method)
      teacher: models/teacher
      student: models/student
      data: {train: rows.jsonl, eval: heldout.jsonl}
      output_dir: out
      """, overrides: overrides)
}

@Suite("A recipe that mixes texts") struct MixtureRecipeTests {
  @Test("has TRL's defaults for GKD, and the code's for DistiLLM")
  func defaults() throws {
    let gkd = try recipe("gkd")
    #expect(gkd.objective.mixture == TextMixture(studentShare: 0.5, adaptation: nil))
    #expect(gkd.objective.terms.map(\.source) == [.data] && gkd.objective.terms[0].kind == .generalizedJSD)
    #expect(gkd.objective.terms[0].beta == 0.5 && gkd.generation?.temperature == 0.9 && gkd.generation?.rounds == 3)
    #expect(gkd.objective.reduction == .tokenMean && gkd.textSources == [.data, .student])
    let distillm = try recipe("distillm")
    #expect(
      distillm.objective.mixture == TextMixture(studentShare: 0, adaptation: TextMixture.Adaptation(tolerance: 0.1)))
    #expect(distillm.objective.terms[0].kind == .skewReverseKLFull && distillm.objective.terms[0].alpha == 0.1)
    #expect(distillm.usesStudentText && distillm.generation?.rounds == 10)
    for recipe in [gkd, distillm, try recipe("imitkd"), try recipe("fdistill")] {
      #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
    }
  }

  @Test("gives the ends of beta the names of TRL, and seq_kd its meaning")
  func variants() throws {
    #expect(try recipe("gkd", "objective.beta=0").objective.terms[0].kind == .forwardKL)
    #expect(try recipe("gkd", "objective.beta=1").objective.terms[0].kind == .reverseKL)
    #expect(try recipe("imitkd").objective.terms.map(\.kind) == [.forwardKL])
    #expect(try recipe("gkd", "objective.seq_kd=true").textSources == [.teacher, .student])
    #expect(try recipe("gkd", "objective.lmbda=1").textSources == [.student])
    #expect(try recipe("gkd", "objective.lmbda=0", "objective.seq_kd=true").textSources == [.teacher])
    #expect(try recipe("distillm", "objective.loss_type=skl").objective.terms[0].kind == .skewForwardKL)
  }

  @Test("f-DISTILL has each half on the text of its own model")
  func halves() throws {
    let expected: [(String, [TextSource], [LossKind], Double)] = [
      ("js", [.teacher, .student], [.skewForwardKL, .skewReverseKLFull], 0.5),
      ("tvd", [.teacher, .student], [.totalVariation, .totalVariation], 0.5),
      ("kl", [.teacher], [.forwardKL], 1), ("rkl", [.student], [.reverseKL], 1),
    ]
    for (name, sources, kinds, weight) in expected {
      let objective = try recipe("fdistill", "objective.loss_type=\(name)").objective
      #expect(objective.terms.map(\.source) == sources && objective.terms.map(\.kind) == kinds)
      #expect(objective.terms.allSatisfy { $0.weight == weight && $0.alpha == 0.5 } && objective.mixture == nil)
    }
    #expect(try recipe("fdistill").objective.terms.count == 2)
  }

  @Test(
    "refuses numbers out of range, keys that nothing reads, and a share that could follow nothing",
    arguments: [
      ("gkd", "objective.beta=1.5", "objective.beta"), ("gkd", "objective.lmbda=2", "objective.lmbda"),
      ("kd", "objective.lmbda=0.5", "methods gkd, imitkd and distillm, which mix texts"),
      ("rkl", "objective.seq_kd=true", "objective.seq_kd has no use in this recipe of method rkl"),
      ("gkd", "objective.loss_eps=1", "objective.loss_eps has no use"),
      ("gkd", "objective.loss_type=js", "it is for methods that have several losses"),
      ("fdistill", "objective.loss_type=srkl", "one of js, tvd, kl, rkl"),
      ("distillm", "generation=none", "method gkd takes 'rejected'"),
      ("imitkd", "objective.beta=0", "objective.beta"),
      ("opd", "generation=none", "method rkl takes 'rejected'"), ("opd", "objective.epsilon=1", "objective.epsilon"),
      ("rkl", "objective.epsilon=0.2", "methods opd and minillm, which have a policy gradient"),
      (
        "gkd", "generation.teacher_mix=0.2", "generation.teacher_mix has no use in this recipe of method gkd: it is for"
      ),
      ("seqkd", "generation.teacher_mix=0.2", "methods opd and minillm, which have a policy gradient"),
      ("minillm", "generation.teacher_mix=1", "a number from 0.0 to 0.99"),
      ("minillm", "generation.teacher_mix=-0.1", "a number from 0.0 to 0.99"),
    ])
  func refuses(method: String, override: String, message: String) throws {
    let error = try #require(throws: RecipeError.self) { try recipe(method, override) }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test("has the numbers of on-policy distillation and of MiniLLM's paper")
  func policies() throws {
    let (opd, minillm) = (try recipe("opd"), try recipe("minillm"))
    for recipe in [opd, minillm] {
      #expect(recipe.objective.terms.map(\.source) == [.student] && recipe.hasPolicyGradient)
      #expect(recipe.generation?.temperature == 1 && recipe.generation?.rounds == 10)
      #expect(try Recipe(yaml: recipe.resolvedYAML) == recipe)
    }
    let policy = try #require(opd.objective.terms[0].policy)
    #expect(policy.discount == 0 && policy.clip == 0 && policy.reverseKL == 0 && !policy.isFutureOnly)
    #expect(opd.usesTeacherLogprobs && !opd.usesTeacherDistributions && opd.evaluation.metrics == ["perplexity"])
    let other = try #require(minillm.objective.terms[0].policy)
    #expect(other.discount == 1 && other.clip == 0.2 && other.reverseKL == 1 && other.rewardLimit == 100)
    #expect(other.isFutureOnly && other.isLengthNormalized && minillm.usesTeacherDistributions)
    let sampled = try recipe("minillm", "objective.single_step_decomposition=false", "objective.gamma=0")
    #expect(sampled.objective.terms[0].policy?.isFutureOnly == false && !sampled.usesTeacherDistributions)
  }

  @Test("the teacher draws a share of the tokens where the recipe says so, and its weights follow")
  func teacherMix() throws {
    for method in ["opd", "minillm"] {
      let (alone, mixed) = (try recipe(method), try recipe(method, "generation.teacher_mix=0.2"))
      #expect(alone.generation?.teacherMix == 0 && alone.objective.terms[0].policy?.teacherShare == 0)
      #expect(mixed.generation?.teacherMix == 0.2 && mixed.objective.terms[0].policy?.teacherShare == 0.2)
      #expect(try Recipe(yaml: mixed.resolvedYAML) == mixed && mixed.asksTeacher)
    }
    #expect(try recipe("rkl").generation?.teacherMix == 0)
  }

  @Test(
    "a mixture is refused where its weights would be others', or a rule could not be kept",
    arguments: [
      ("generation.student_weights=int8", "set student_weights to float32"),
      ("generation.min_new_tokens=2", "set min_new_tokens to 0"),
      ("generation.stop_strings=[###]", "leave stop_strings out"),
      ("teacher_weights=int8", "set teacher_weights to float32"),
    ])
  func teacherMixRefusals(override: String, remedy: String) throws {
    for method in ["opd", "minillm"] {
      _ = try recipe(method, "teacher=folder", override)
      let error = try #require(throws: RecipeError.self) {
        try recipe(method, "teacher=folder", "generation.teacher_mix=0.2", override)
      }
      let key = override.prefix { $0 != "=" }
      #expect(error.description.contains("generation.teacher_mix and \(key)"), "\(error)")
      #expect(error.description.hasSuffix("\(remedy), or set teacher_mix to 0"), "\(error)")
    }
  }

  @Test("DistiLLM needs rows held out")
  func heldOut() throws {
    let yaml = "method: distillm\nteacher: t\nstudent: s\ndata: rows.jsonl\noutput_dir: out\n"
    let error = try #require(throws: RecipeError.self) { try Recipe(yaml: yaml) }
    #expect(error.description.contains("'data.eval' is missing"))
  }
}
