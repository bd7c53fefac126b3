import Distillation
import Foundation
import Sequences
import Testing

/// One line of the table of known values: student logits [1, −0.5, 0.25, 2, −1.5], teacher logits [0.5, 1.5, −1, 0.75, −2].
struct TableRow: Sendable, CustomTestStringConvertible {
  let kind: TokenLossKind
  /// K of a teacher with top log-probs; nil: full.
  var topCount: Int?
  let value: Double
  var gradient: [Double] = []
  var testDescription: String { "\(kind), \(topCount.map { "top \($0) and tail" } ?? "full")" }
}

/// One random row with its losses, from Golden/generate.py.
struct GoldenRow: Decodable, CustomTestStringConvertible {
  struct Loss: Decodable {
    let kind: String
    let weight, second: Double?
    let value, bucketedValue: Double
    let gradient, bucketedGradient: [Double]

    var tokenLoss: TokenLossKind? {
      switch kind {
      case "crossEntropy": .crossEntropy
      case "forwardKL": .forwardKL
      case "reverseKL": .reverseKL
      case "skewForwardKL": .skewForwardKL(alpha: weight ?? .nan)
      case "skewReverseKL": .skewReverseKL(alpha: weight ?? .nan)
      case "skewReverseKLFull": .skewReverseKLFull(alpha: weight ?? .nan)
      case "generalizedJSD": .generalizedJSD(beta: weight ?? .nan)
      case "totalVariation": .totalVariation
      case "adaptiveKL": .adaptiveKL(headMass: weight ?? .nan)
      case "alphaBeta": .alphaBeta(alpha: weight ?? .nan, beta: second ?? .nan)
      default: nil
      }
    }
  }

  let logits, teacher: [Float]
  let target: TokenID
  let topTokenIDs: [TokenID]
  let tail: Double
  let losses: [Loss]
  var testDescription: String { "\(logits.count) tokens, top \(topTokenIDs.count)" }
}

@Suite struct RowLossGoldenTests {
  static let rows: [TableRow] = [
    TableRow(kind: .forwardKL, value: 0.901449, gradient: [0.034015, -0.462526, 0.063027, 0.362693, 0.002792]),
    TableRow(kind: .reverseKL, value: 0.574156, gradient: [-0.090792, -0.144334, 0.035913, 0.206665, -0.007453]),
    TableRow(
      kind: .skewForwardKL(alpha: 0.1), value: 0.584888,
      gradient: [-0.017216, -0.204006, 0.032960, 0.189674, -0.001413]),
    TableRow(
      kind: .skewReverseKL(alpha: 0.1), value: 0.475410,
      gradient: [-0.072808, -0.134735, 0.031611, 0.181909, -0.005976]),
    TableRow(
      kind: .skewReverseKLFull(alpha: 0.1), value: 0.475410,
      gradient: [-0.057968, -0.126198, 0.027970, 0.160954, -0.004758]),
    TableRow(kind: .generalizedJSD(beta: 0.1), value: 0.071925),
    TableRow(
      kind: .generalizedJSD(beta: 0.5), value: 0.158671,
      gradient: [-0.011859, -0.047634, 0.008952, 0.051515, -0.000973]),
    TableRow(kind: .generalizedJSD(beta: 0.9), value: 0.052186),
    TableRow(kind: .generalizedJSD(beta: 0), value: 0.901449),
    TableRow(kind: .generalizedJSD(beta: 1), value: 0.574156),
    TableRow(kind: .totalVariation, value: 0.462526, gradient: [0.011039, -0.047167, 0.005214, 0.030007, 0.000906]),
    TableRow(
      kind: .alphaBeta(alpha: 0.2, beta: 0.7), value: 0.715392,
      gradient: [-0.066708, -0.223634, 0.058717, 0.236117, -0.004492]),
    TableRow(
      kind: .adaptiveKL(headMass: 0.5), value: 0.737803,
      gradient: [-0.028389, -0.303430, 0.049470, 0.284679, -0.002330]),
    TableRow(
      kind: .forwardKL, topCount: 2, value: 0.890004,
      gradient: [0.064224, -0.462526, 0.030337, 0.362693, 0.005272]),
    TableRow(
      kind: .reverseKL, topCount: 2, value: 0.555778,
      gradient: [-0.047834, -0.143422, -0.022595, 0.217777, -0.003926]),
  ]

  /// Tolerance: the table has six digits.
  @Test("equals the table of known values", arguments: rows)
  func table(_ row: TableRow) throws {
    let teacher = logSoftmax([0.5, 1.5, -1, 0.75, -2]).map { Float($0) }
    let target: TokenID = 1  // Among the teacher's two best, so that S is these two.
    let scores = row.topCount.map { topScores(teacher: teacher, topCount: $0, target: target) }
    let (loss, gradient) = try rowLoss(
      row.kind, logits: [1, -0.5, 0.25, 2, -1.5], target: target, teacher: scores ?? fullScores(teacher: teacher))
    #expect(abs(loss.value - row.value) <= 1e-6)
    for (ours, known) in zip(gradient, row.gradient) { #expect(abs(Double(ours) - known) <= 1e-6) }
  }

  /// Tolerance: float32 log-probs carry 1e-7 of their size, up to 50 nats here.
  @Test("equals float64 autograd on random rows, full and bucketed", arguments: try golden("rows.json") as [GoldenRow])
  func autograd(_ row: GoldenRow) throws {
    var top = PositionScores()
    top.positionCount = 1
    top.topTokenIDs = row.topTokenIDs
    top.topLogprobs = row.topTokenIDs.map { row.teacher[Int($0)] }
    top.tailLogprobs = [row.tail < -1e29 ? -.infinity : Float(row.tail)]
    top.tokenLogprobs = [row.teacher[Int(row.target)]]
    for loss in row.losses {
      let kind = try #require(loss.tokenLoss)
      let full = try rowLoss(
        kind, logits: row.logits, target: row.target, teacher: fullScores(teacher: row.teacher))
      let bucketed = try rowLoss(kind, logits: row.logits, target: row.target, teacher: top)
      expectClose([full.loss.value], [loss.value], "\(kind) full")
      expectClose(full.gradient.map { Double($0) }, loss.gradient, "\(kind) full gradient")
      expectClose([bucketed.loss.value], [loss.bucketedValue], "\(kind) bucketed")
      expectClose(bucketed.gradient.map { Double($0) }, loss.bucketedGradient, "\(kind) bucketed gradient")
    }
  }

  private func expectClose(_ ours: [Double], _ known: [Double], _ what: String) {
    #expect(ours.count == known.count, "\(what)")
    for (index, (a, b)) in zip(ours, known).enumerated() where !(abs(a - b) <= 1e-6 + 3e-6 * abs(b)) {
      Issue.record("\(what), element \(index): \(a) where float64 has \(b)")
    }
  }
}

func golden<Content: Decodable>(_ name: String) throws -> Content {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
  return try JSONDecoder().decode(Content.self, from: Data(contentsOf: folder.appending(path: name)))
}
