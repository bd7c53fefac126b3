internal import Curation
internal import Foundation
internal import Lion
internal import Recipes

extension MetricsEntry {
  /// The row of a stage whose answers were chosen: its step is the stage's number, from 1.
  init(_ stage: CurationStage, number: Int) {
    var row = MetricsRowText(step: number + 1)
    func add(_ name: String, _ value: Double) { row.add("data/\(name)", value) }
    let answers = stage.answerCount
    add("rows", Double(stage.rows.count))
    add("answers", Double(answers))
    add("accepted_share", Double(stage.acceptedCount) / Double(max(answers, 1)))
    add("kept", Double(stage.kept.count))
    add("kept_rows", Double(stage.keptRowCount))
    for (reason, count) in stage.rejections.sorted(by: { $0.key < $1.key }) { add("rejected_\(reason)", Double(count)) }
    for (name, mean) in stage.meanFigures.sorted(by: { $0.key < $1.key }) { add("mean_\(name)", mean) }
    let usage = stage.usage
    add("teacher_requests", Double(usage.answers.requests))
    add("teacher_tokens", Double(usage.answers.promptTokens + usage.answers.completionTokens))
    if usage.judgements.requests > 0 {
      add("judge_requests", Double(usage.judgements.requests))
      add("judge_tokens", Double(usage.judgements.promptTokens + usage.judgements.completionTokens))
    }
    self.init(step: number + 1, kind: .evaluation, row: row.json)
  }
}

/// Where a row that is learnt comes from.
private struct AnswerSource: Encodable {
  let file: String
  let line: Int
  let sample: Int
  let teacher: String
}

/// A line of `answers.jsonl`.
private struct AnswerLine: Encodable {
  let stage: Int
  let line: Int
  let sample: Int
  let answer: String
  let isKept: Bool
  let rejection: String?
  let figures: [String: Double]
  let completionTokens: Int
}

extension LoopFolder {
  /// `answers.jsonl`: every answer that was asked for, and what became of it.
  func writeAnswers(_ machine: CurationMachine, _ material: CurationMaterial) throws {
    var lines: [AnswerLine] = []
    for (number, stage) in machine.stages.enumerated() {
      let kept = Set(stage.kept)
      for (row, answers) in stage.rows.enumerated() {
        for (sample, answer) in answers.enumerated() {
          guard let answer else { continue }
          lines.append(
            AnswerLine(
              stage: number, line: material.stages[number][row].line, sample: sample, answer: answer.text,
              isKept: kept.contains(AnswerRequest(stage: number, row: row, sample: sample)),
              rejection: answer.judgement?.rejection, figures: answer.judgement?.figures ?? [:],
              completionTokens: answer.usage.completionTokens))
        }
      }
    }
    try write(lines, to: "\(run.path)/answers.jsonl")
  }
}

extension CurationMaterial {
  /// What a stage's student learns, each row with where it comes from.
  ///
  /// - Parameter address: Where the teacher of a row is.
  func rows(_ machine: CurationMachine, stage: Int, address: (CurationRow) -> String) throws -> [Data] {
    try machine.stages[stage].kept.compactMap { request in
      let row = stages[stage][request.row]
      let answer = machine.stages[stage].rows[request.row][request.sample]?.text
      let source = AnswerSource(file: files[stage], line: row.line, sample: request.sample, teacher: address(row))
      return try self.row(row, answer: answer, adding: ["source": source])
    }
  }
}
