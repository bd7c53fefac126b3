import Distillation
import Foundation
import Kernels
import Sequences
import Testing

/// Random rows with a seed: student logits, teacher log-probs and an actual token.
struct RandomRow: Sendable, CustomTestStringConvertible {
  let logits: [Float]
  let teacher: [Float]
  let target: TokenID
  let testDescription: String

  init(size: Int, spread: Float, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    logits = (0..<size).map { _ in Float.random(in: -spread...spread, using: &generator) }
    let shift = (0..<size).map { _ in Float.random(in: -spread...spread, using: &generator) }
    teacher = logSoftmax(zip(logits, shift).map { $0 + $1 }).map { Float($0) }
    target = TokenID(Int.random(in: 0..<size, using: &generator))
    testDescription = "\(size) tokens, spread \(spread)"
  }

  static let several = [
    RandomRow(size: 2, spread: 1, seed: 1), RandomRow(size: 19, spread: 0.5, seed: 2),
    RandomRow(size: 64, spread: 3, seed: 3), RandomRow(size: 517, spread: 6, seed: 4),
  ]
}

/// NaNs that differ in their lower bits, one of them signalling, and in their sign.
private let notNumbers = [0x7FC0_0000, 0x7FC0_0001, 0x7F80_0001, 0x7FC0_0100, 0xFFC0_0001, 0x7FFF_FFFF].map {
  Float(bitPattern: $0)
}

@Suite struct RowLossPropertyTests {
  @Test("a divergence is at least zero, and zero where the two agree", arguments: RandomRow.several)
  func nonNegative(_ row: RandomRow) throws {
    let same = logSoftmax(row.logits).map { Float($0) }
    for kind in divergences {
      for scores in [
        fullScores(teacher: row.teacher), topScores(teacher: row.teacher, topCount: 2, target: row.target),
      ] {
        #expect(try rowLoss(kind, logits: row.logits, target: row.target, teacher: scores).loss.value >= -1e-6)
      }
      for scores in [fullScores(teacher: same), topScores(teacher: same, topCount: 2, target: row.target)] {
        let (loss, gradient) = try rowLoss(kind, logits: row.logits, target: row.target, teacher: scores)
        #expect(abs(loss.value) <= 2e-6)
        #expect(loss.agrees == true)
        // The sign of q − p, which total variation's gradient takes, is rounding alone here.
        if kind != .totalVariation { #expect(gradient.allSatisfy { abs($0) <= 2e-6 }) }
      }
    }
  }

  @Test("adding a number to all logits changes nothing", arguments: RandomRow.several)
  func shiftInvariance(_ row: RandomRow) throws {
    for kind in allKinds {
      let one = try rowLoss(kind, logits: row.logits, target: row.target, teacher: fullScores(teacher: row.teacher))
      let other = try rowLoss(
        kind, logits: row.logits.map { $0 + 8 }, target: row.target, teacher: fullScores(teacher: row.teacher))
      #expect(abs(one.loss.value - other.loss.value) <= 1e-5)
      #expect(zip(one.gradient, other.gradient).allSatisfy { abs($0 - $1) <= 1e-5 })
    }
  }

  /// Two ids of padding follow those that take part.
  @Test("a rounded gradient is the gradient, rounded", arguments: RandomRow.several)
  func roundedGradient(_ row: RandomRow) throws {
    let logits = row.logits + [5, 6]
    for kind in allKinds {
      for teacher in [
        fullScores(teacher: row.teacher), topScores(teacher: row.teacher, topCount: 2, target: row.target),
      ] {
        let plain = try rowLoss(
          kind, logits: logits, target: row.target, teacher: teacher, vocabSize: row.logits.count, scale: 0.3)
        let expected = BFloat16Storage(count: logits.count).view
        expected.round(floats(plain.gradient))
        let rounded = BFloat16Storage(count: logits.count).view
        let other = try rowLoss(
          kind, logits: logits, target: row.target, teacher: teacher, vocabSize: row.logits.count, scale: 0.3,
          rounded: rounded)
        #expect(other.loss == plain.loss)
        #expect(logits.indices.allSatisfy { rounded[$0] == expected[$0] })
      }
    }
  }

  @Test("the gradient of a row adds up to zero", arguments: RandomRow.several)
  func gradientSum(_ row: RandomRow) throws {
    for kind in allKinds {
      for scores in [
        fullScores(teacher: row.teacher), topScores(teacher: row.teacher, topCount: 2, target: row.target),
      ] {
        let gradient = try rowLoss(kind, logits: row.logits, target: row.target, teacher: scores, scale: 3).gradient
        #expect(abs(gradient.reduce(0) { $0 + Double($1) }) <= 1e-5)
      }
    }
  }

  @Test("the gradient is the derivative of the value", arguments: RandomRow.several.prefix(3))
  func centralDifferences(_ row: RandomRow) throws {
    let step: Float = 1.0 / 64
    // A constant mixture, or a constant weight, makes a gradient that is no derivative of the value.
    for kind in allKinds where kind != .skewReverseKL(alpha: 0.1) && kind != .adaptiveKL(headMass: 0.5) {
      for scores in [
        fullScores(teacher: row.teacher), topScores(teacher: row.teacher, topCount: 1, target: row.target),
      ] {
        let gradient = try rowLoss(kind, logits: row.logits, target: row.target, teacher: scores).gradient
        for index in row.logits.indices {
          let values = try [step, -step].map { shift in
            var logits = row.logits
            logits[index] += shift
            return try rowLoss(kind, logits: logits, target: row.target, teacher: scores).loss.value
          }
          let slope = (values[0] - values[1]) / Double(2 * step)
          // Total variation has kinks, where p = q.
          let tolerance = kind == .totalVariation ? 3e-3 : 2e-4
          #expect(abs(Double(gradient[index]) - slope) <= tolerance, "\(kind) at \(index)")
        }
      }
    }
  }

  @Test(
    "the bucketed value never exceeds the full one, and reaches it with all tokens kept", arguments: RandomRow.several)
  func dataProcessing(_ row: RandomRow) throws {
    for kind in fDivergences {
      let full = try rowLoss(kind, logits: row.logits, target: row.target, teacher: fullScores(teacher: row.teacher))
      var last = -1e-6
      for kept in Set([1, 2, row.logits.count / 2, row.logits.count]).sorted() where kept > 0 {
        let scores = topScores(teacher: row.teacher, topCount: kept, target: row.target)
        let value = try rowLoss(kind, logits: row.logits, target: row.target, teacher: scores).loss.value
        #expect(value >= last - 1e-6 && value <= full.loss.value + 1e-6)
        last = value
      }
      #expect(abs(last - full.loss.value) <= 1e-5)
    }
  }

  @Test(
    "the bucketed value comes to the full one as more tokens are kept",
    arguments: [TokenLossKind.adaptiveKL(headMass: 0.5), .alphaBeta(alpha: 0.2, beta: 0.7)], RandomRow.several)
  func comesToTheFullValue(_ kind: TokenLossKind, _ row: RandomRow) throws {
    let full = try rowLoss(kind, logits: row.logits, target: row.target, teacher: fullScores(teacher: row.teacher))
    let distances = try [1, row.logits.count / 2, row.logits.count].map { kept in
      let scores = topScores(teacher: row.teacher, topCount: kept, target: row.target)
      return abs(
        try rowLoss(kind, logits: row.logits, target: row.target, teacher: scores).loss.value - full.loss.value)
    }
    #expect(distances[2] <= 1e-5)
    #expect(distances[1] <= distances[0] + 1e-5)
  }

  /// p's head of mass at most 0.5: of equals the first, whatever comes between them.
  @Test("AKL's head has the most probable tokens, of equals those of lower ids")
  func head() throws {
    let teacher: [Float] = [0.1, 0.25, 0.05, 0.25, 0.25, 0.1].map { log($0) }
    let student: [Float] = [0.2, 0.1, 0.1, 0.3, 0.05, 0.25].map { log($0) }
    func value(_ kind: TokenLossKind) throws -> Double {
      try rowLoss(kind, logits: student, teacher: fullScores(teacher: teacher)).loss.value
    }
    let (forward, reverse) = (try value(.forwardKL), try value(.reverseKL))
    let errors = zip(teacher, student).map { abs(Double(exp($0)) - Double(exp($1))) }
    for (mass, head) in [
      (0.2, [1]), (0.5001, [1, 3]), (0.76, [1, 3, 4]), (0.86, [1, 3, 4, 0]), (0.999, [0, 1, 3, 4, 5]),
    ] {
      let share = head.reduce(0) { $0 + errors[$1] } / errors.reduce(0, +)
      #expect(
        abs(try value(.adaptiveKL(headMass: mass)) - (share * forward + (1 - share) * reverse)) <= 1e-6, "\(mass)")
    }
  }

  /// Over draws in the proportions of p the gradient is that of forward KL, and the value differs by the teacher's entropy.
  @Test("draws from the teacher make forward KL's gradient on average, and no other loss")
  func draws() throws {
    let shares = [3, 0, 1, 4, 2]
    var scores = PositionScores()
    scores.positionCount = 1
    scores.drawnTokenIDs = shares.enumerated().flatMap { [TokenID](repeating: TokenID($0), count: $1) }
    let teacher = shares.map { $0 == 0 ? -Float.infinity : Float(log(Double($0) / 10)) }
    let logits: [Float] = [1, -0.5, 0.25, 2, -1.5]
    let drawn = try rowLoss(.forwardKL, logits: logits, teacher: scores, scale: 0.5)
    let full = try rowLoss(.forwardKL, logits: logits, teacher: fullScores(teacher: teacher), scale: 0.5)
    let entropy = shares.reduce(0.0) { $1 == 0 ? $0 : $0 - Double($1) / 10 * log(Double($1) / 10) }
    #expect(abs(drawn.loss.value - full.loss.value - entropy) <= 1e-6 && drawn.loss.agrees == nil)
    for (ours, theirs) in zip(drawn.gradient, full.gradient) { #expect(abs(ours - theirs) <= 1e-7) }
    for kind in divergences where kind != .forwardKL {
      #expect(throws: DistillationError.self) { try rowLoss(kind, logits: logits, teacher: scores) }
      #expect(throws: DistillationError.self) {
        try Objective(terms: [LossTerm(kind)], reduction: .tokenMean, drawCount: 5)
      }
    }
    scores.drawnTokenIDs[3] = 5
    #expect(throws: DistillationError.self) { try rowLoss(.forwardKL, logits: logits, teacher: scores) }
  }

  @Test("refuses numbers outside their ranges")
  func ranges() {
    let bad: [TokenLossKind] = [
      .adaptiveKL(headMass: 0), .adaptiveKL(headMass: 1), .adaptiveKL(headMass: .nan), .alphaBeta(alpha: 0, beta: 0.5),
      .alphaBeta(alpha: 0.5, beta: 0.01), .alphaBeta(alpha: 0.5, beta: .infinity), .alphaBeta(alpha: .nan, beta: 1),
    ]
    for kind in bad {
      #expect(throws: DistillationError.self) { try Objective(terms: [LossTerm(kind)], reduction: .tokenMean) }
    }
  }

  @Test("padding takes no part and gets no gradient", arguments: allKinds)
  func padding(_ kind: TokenLossKind) throws {
    let row = RandomRow.several[1]
    let plain = try rowLoss(kind, logits: row.logits, target: row.target, teacher: fullScores(teacher: row.teacher))
    let padded = try rowLoss(
      kind, logits: row.logits + [1e30, .nan, 5], target: row.target, teacher: fullScores(teacher: row.teacher),
      vocabSize: row.logits.count)
    #expect(padded.loss == plain.loss)
    #expect(padded.gradient == plain.gradient + [0, 0, 0])
  }

  @Test("a token that the teacher rules out costs a finite number", arguments: divergences)
  func impossibleToken(_ kind: TokenLossKind) throws {
    let logits: [Float] = [0, 1, -80, -200]
    let teacher: [Float] = [-.infinity, Float(log(0.5)), Float(log(0.5)), -.infinity]
    let (loss, gradient) = try rowLoss(kind, logits: logits, teacher: fullScores(teacher: teacher))
    #expect(loss.value.isFinite && gradient.allSatisfy(\.isFinite))
  }

  @Test("a logit that is not a number makes a loss that is not a number, whatever its bits", arguments: allKinds)
  func notANumber(_ kind: TokenLossKind) throws {
    let row = RandomRow.several[1]
    for bad in notNumbers + [.infinity] {
      for index in [0, 3, 18] {
        var logits = row.logits
        logits[index] = bad
        let loss = try rowLoss(kind, logits: logits, target: row.target, teacher: fullScores(teacher: row.teacher)).loss
        #expect(!loss.value.isFinite)
      }
    }
  }

  @Test("are computed in the form of the vector loops")
  func form() { #expect(RowLossWorkspace.form == kernelForm) }
}

@Suite struct TeacherScoresTests {
  let row = RandomRow.several[1]

  @Test("refuses probabilities that do not add up to one, and NaN", arguments: divergences)
  func unnormalised(_ kind: TokenLossKind) {
    for teacher in [row.teacher.map { $0 + 0.5 }, row.teacher.map { $0 / 2 }, row.teacher.map { _ in Float.nan }] {
      #expect(throws: DistillationError.self) {
        try rowLoss(kind, logits: row.logits, teacher: fullScores(teacher: teacher))
      }
    }
  }

  @Test("refuses a log-prob that is not a number, whatever its bits", arguments: divergences)
  func notANumber(_ kind: TokenLossKind) {
    for bad in notNumbers {
      for index in [0, 3, 18] {
        var teacher = row.teacher
        teacher[index] = bad
        #expect(throws: DistillationError.self) {
          try rowLoss(kind, logits: row.logits, teacher: fullScores(teacher: teacher))
        }
      }
    }
  }

  @Test("refuses an id twice, an id outside the vocabulary, columns that do not fit, and no log-probs")
  func malformed() {
    let good = topScores(teacher: row.teacher, topCount: 4, target: 0)
    let changes: [(inout PositionScores) -> Void] = [
      { $0.topTokenIDs[1] = $0.topTokenIDs[0] }, { $0.topTokenIDs[1] = 19 }, { $0.topLogprobs.removeLast() },
      { $0.tailLogprobs = [] }, { $0.tokenLogprobs = [] }, { $0.fullLogprobs = [0] }, { $0 = PositionScores() },
    ]
    #expect(throws: Never.self) { try rowLoss(.forwardKL, logits: row.logits, teacher: good) }
    for change in changes {
      var scores = good
      change(&scores)
      #expect(throws: DistillationError.self) { try rowLoss(.forwardKL, logits: row.logits, teacher: scores) }
    }
  }

  @Test("refuses an actual token outside the vocabulary")
  func target() {
    #expect(throws: DistillationError.tokenIDOutOfRange(position: 0, tokenID: 19, vocabSize: 19)) {
      try rowLoss(.crossEntropy, logits: row.logits, target: 19, teacher: nil)
    }
  }
}
