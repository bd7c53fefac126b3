public import Foundation
import Puzzles

/// Small model folders that can read and write any text: one token per byte.
public enum ByteModel {
  /// Writes a folder without parameters, from which a student may start.
  public static func writeBase(to folder: URL, contextLength: Int = 2048) throws {
    try PuzzleModel.writeBase(to: folder, width: 16, layers: 1)
    let tokens = PuzzleFolder.specialTokens + byteCharacters()
    try edit(folder.appending(path: "config.json")) { configuration in
      configuration["vocab_size"] = tokens.count
      configuration["max_position_embeddings"] = contextLength
    }
    try edit(folder.appending(path: "tokenizer_config.json")) { $0["model_max_length"] = contextLength }
    try edit(folder.appending(path: "tokenizer.json")) { tokenizer in
      var model = tokenizer["model"] as? [String: Any] ?? [:]
      model["vocab"] = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) })
      tokenizer["model"] = model
    }
  }

  /// The characters that stand for the bytes 0 to 255: printable ones for themselves, the others from U+0100 on.
  private static func byteCharacters() -> [String] {
    var next = UInt32(0x100)
    return (0..<256).map { byte in
      let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      let scalar = Unicode.Scalar(isPrintable ? UInt32(byte) : next)
      if !isPrintable { next += 1 }
      return scalar.map { String(Character($0)) } ?? ""
    }
  }

  private static func edit(_ file: URL, _ change: (inout [String: Any]) -> Void) throws {
    var object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    change(&object)
    try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]).write(to: file)
  }
}
