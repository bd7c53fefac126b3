import Distillation
import Foundation
import Sequences
import Testing

@Suite("Universal logit distillation")
struct UniversalLogitTests {
  private static let logits: [Float] = [1, -0.5, 0.25, 2, -1.5]
  private static let teacher: [Float] = [0.5, 1.5, -1, 0.75, -2]

  private func teacherLogprobs() -> [Float] { logSoftmax(Self.teacher).map { Float($0) } }

  /// Sorted differences by the definition, in Double; with K, the rest of both as one more.
  private func reference(_ logits: [Float], target: Int, factor: Double, topCount: Int?) -> Double {
    let q = logSoftmax(logits).map { exp($0) }.sorted(by: >)
    let p = logSoftmax(Self.teacher).map { exp($0) }.sorted(by: >)
    let kept = topCount ?? q.count
    var distance = zip(q.prefix(kept), p).reduce(0) { $0 + abs($1.0 - $1.1) }
    distance += abs(q.dropFirst(kept).reduce(0, +) - p.dropFirst(kept).reduce(0, +))
    return factor * distance - logSoftmax(logits)[target]
  }

  @Test("has the known value of sorted differences, whatever the teacher's ids stand for")
  func known() throws {
    let teacher = teacherLogprobs()
    let own = try rowLoss(.crossEntropy, logits: Self.logits, teacher: nil).loss.value
    let found = try rowLoss(.universalLogit(factor: 1), logits: Self.logits, teacher: fullScores(teacher: teacher))
    #expect(abs(found.loss.value - own - 0.205688) < 1e-6)
    let moved = try rowLoss(
      .universalLogit(factor: 1), logits: Self.logits, teacher: fullScores(teacher: Array(teacher.reversed())))
    #expect(abs(moved.loss.value - found.loss.value) < 1e-12 && moved.gradient == found.gradient)
    // The most probable token alone tells whether both prefer the same.
    #expect(found.loss.agrees == false)
  }

  @Test(
    "values are the definition's and gradients central differences, in full and of K", arguments: [nil, 1, 2, 3, 4])
  func gradients(topCount: Int?) throws {
    let teacher = teacherLogprobs()
    let scores = topCount.map { topScores(teacher: teacher, topCount: $0, target: 2) } ?? fullScores(teacher: teacher)
    let kind = TokenLossKind.universalLogit(factor: 1.5)
    let found = try rowLoss(kind, logits: Self.logits, target: 2, teacher: scores, scale: 2)
    let expected = reference(Self.logits, target: 2, factor: 1.5, topCount: topCount)
    #expect(abs(found.loss.value - expected) < 1e-6, "\(found.loss.value) \(expected)")
    for index in Self.logits.indices {
      let step: Float = 1 / 1024
      var (above, below) = (Self.logits, Self.logits)
      above[index] += step
      below[index] -= step
      let slope =
        (reference(above, target: 2, factor: 1.5, topCount: topCount)
          - reference(below, target: 2, factor: 1.5, topCount: topCount)) / Double(2 * step)
      #expect(abs(Double(found.gradient[index]) - 2 * slope) < 1e-5, "\(index): \(found.gradient[index]) \(slope)")
    }
    #expect(abs(found.gradient.reduce(0, +)) < 1e-6)
  }

  @Test("a student with the teacher's probabilities in another order has no loss but cross-entropy's")
  func equality() throws {
    let loss = try rowLoss(
      .universalLogit(factor: 1.5), logits: Array(Self.teacher.reversed()),
      teacher: fullScores(teacher: teacherLogprobs()))
    let own = try rowLoss(.crossEntropy, logits: Array(Self.teacher.reversed()), teacher: nil)
    #expect(abs(loss.loss.value - own.loss.value) < 1e-6)
    #expect(throws: DistillationError.self) {
      try rowLoss(.universalLogit(factor: -1), logits: Self.logits, teacher: nil)
    }
  }
}
