internal import Lion

extension LoopFolder {
  /// `instructions.jsonl`: all instructions with where they come from and what the teacher answered; `rounds.jsonl`.
  func writePool(_ machine: LionMachine) throws {
    struct Row: Encodable {
      let id: Int
      let instruction: LionInstruction
      let answer: String?
    }
    let rows = machine.instructions.enumerated().map { id, instruction in
      Row(id: id, instruction: instruction, answer: machine.teacherAnswers[id])
    }
    try write(rows, to: "\(run.path)/instructions.jsonl")
    try write(machine.reports, to: "\(run.path)/rounds.jsonl")
  }
}
