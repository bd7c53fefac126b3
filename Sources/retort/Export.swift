import ArgumentParser
import Checkpoints
import Commands
import Foundation

/// `retort export`.
struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the model of a checkpoint as a Hugging Face folder.")

  @Option(help: ArgumentHelp("Checkpoint or model folder.", valueName: "dir"))
  var checkpoint: String

  @Option(help: ArgumentHelp("A folder of PEFT's whose LoRA adapters are merged in.", valueName: "dir"))
  var adapters: String?

  @Option(help: ArgumentHelp("Folder to make.", valueName: "dir"))
  var to: String

  @Option(help: ArgumentHelp("Element type: F32, BF16 or F16.", valueName: "type"))
  var dtype = "F32"

  func run() async throws {
    let export = try ModelExport(
      checkpoint: URL(filePath: checkpoint), adapters: adapters.map { URL(filePath: $0) }, dtype: dtype)
    try export.write(to: URL(filePath: to))
    printLine("\(to): \(export.summary)")
  }
}
