import Checkpoints
public import Foundation
import Kernels
import Transformer

extension PuzzleModel {
  /// Writes the same model with another tokenizer: the ids of its characters in the opposite order, so that it says the same in
  /// other ids.
  public static func writeReordered(_ folder: URL, to other: URL) throws {
    let model = try ModelFolder.load(folder)
    let file = folder.appending(path: "tokenizer.json")
    guard var tokenizer = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any],
      var part = tokenizer["model"] as? [String: Any], let vocabulary = part["vocab"] as? [String: Int],
      let last = vocabulary.values.max()
    else { throw CocoaError(.fileReadCorruptFile) }
    // The special tokens, 0 to 3, stay.
    func moved(_ id: Int) -> Int { id < 4 ? id : last + 4 - id }
    let embedding = model.parameters.view(Transformer(model.configuration).layout.entries[0])
    let width = embedding.count / (last + 1)
    let rows = (0..<embedding.count).map { embedding[$0] }
    for id in 0...last {
      for column in 0..<width { embedding[moved(id) * width + column] = rows[id * width + column] }
    }
    try model.write(to: other)
    part["vocab"] = vocabulary.mapValues(moved)
    tokenizer["model"] = part
    try JSONSerialization.data(withJSONObject: tokenizer, options: [.sortedKeys, .prettyPrinted])
      .write(to: other.appending(path: "tokenizer.json"))
  }
}
