import Checkpoints
public import Foundation
import Kernels
import Puzzles
import Sequences
import Transformer

/// Small model folders with the tokenizer of the puzzles.
public enum PuzzleModel {
  /// Writes a folder without parameters, from which a student may start.
  public static func writeBase(to folder: URL, width: Int = 32, layers: Int = 2) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in PuzzleFolder.files {
      let contents = file.contents.replacing("\"hidden_size\": 128", with: "\"hidden_size\": \(width)")
        .replacing("\"intermediate_size\": 336", with: "\"intermediate_size\": \(2 * width)")
        .replacing("\"num_hidden_layers\": 6", with: "\"num_hidden_layers\": \(layers)")
      try Data(contents.utf8).write(to: folder.appending(path: file.name))
    }
  }

  /// Writes a folder with random parameters.
  ///
  /// - Parameter sharpness: Factor of the embedding, and so of the logits: the larger, the further from uniform.
  public static func write(to folder: URL, seed: UInt64, sharpness: Float = 12, width: Int = 32, layers: Int = 2) throws
  {
    let base = try TemporaryFolder()
    try writeBase(to: base.url, width: width, layers: layers)
    let model = try ModelFolder.architecture(of: base.url)
    var generator = SeededGenerator(seed: seed)
    let transformer = Transformer(model.configuration)
    transformer.initialize(model.parameters, using: &generator)
    let embedding = model.parameters.view(transformer.layout.entries[0])
    for index in 0..<embedding.count { embedding[index] *= sharpness }
    try withExtendedLifetime(base) { try model.write(to: folder) }
  }

  /// Writes a folder whose parameters are not numbers.
  public static func writeBroken(to folder: URL) throws {
    let base = try TemporaryFolder()
    try writeBase(to: base.url)
    let model = try ModelFolder.architecture(of: base.url)
    model.parameters.view[7] = .nan
    try withExtendedLifetime(base) { try model.write(to: folder) }
  }

  /// Instructions with answers, as lines of JSON.
  public static func rows(_ count: Int) -> String {
    lines(PuzzleData.few.lines, count)
  }

  /// Instructions alone, as lines of JSON.
  public static func prompts(_ count: Int) -> String {
    lines(PuzzleData.prompts.lines, count)
  }

  private static func lines(_ lines: some Sequence<String>, _ count: Int) -> String {
    lines.prefix(count).map { "\($0)\n" }.joined()
  }
}
