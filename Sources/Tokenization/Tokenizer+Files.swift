public import Foundation
import Sequences

extension Tokenizer {
  /// Reads a model folder's tokenizer: `tokenizer.json`, or `vocab.json` with `merges.txt` of GPT-2 or Qwen2, or
  /// SentencePiece's `tokenizer.model`.
  ///
  /// `tokenizer_config.json`, `special_tokens_map.json` and `chat_template.jinja` are read where they exist. Nothing
  /// outside these files is read, and nothing from them is executed.
  ///
  /// - Throws: ``TokenizerError``, which names the file with its folder, and the field.
  public init(folder: URL) throws(TokenizerError) {
    let read: (String) throws(TokenizerError) -> TokenizerFile? = { name throws(TokenizerError) in
      try TokenizerFile(folder.appendingPathComponent(name))
    }
    var extras: [JSONField] = []
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      if let file = try read(name) { extras.append(try JSONField(file: file.path, bytes: file.bytes)) }
    }
    let template = try read("chat_template.jinja")
    if let file = try read("tokenizer.json") {
      let document = try JSONField(file: file.path, bytes: file.bytes)
      try self.init(TokenizerParts(document: document, extras: extras, template: template))
      return
    }
    guard let vocabulary = try read("vocab.json"), let merges = try read("merges.txt") else {
      if let file = try read("tokenizer.model") {
        let source = try SentencePieceModel(file: file.path, bytes: file.bytes)
        try self.init(TokenizerParts(sentencePiece: source, extras: extras, template: template))
        return
      }
      throw .noTokenizer(folder: folder.path)
    }
    let document = try JSONField(file: vocabulary.path, bytes: vocabulary.bytes)
    try self.init(TokenizerParts(vocabulary: document, merges: merges, extras: extras, template: template))
  }

  /// Reads a tokenizer from the contents of `tokenizer.json` and, where given, of `tokenizer_config.json`.
  ///
  /// - Throws: ``TokenizerError``, which names the file and the field.
  public init(tokenizerJSON: Data, configuration: Data? = nil) throws(TokenizerError) {
    let document = try JSONField(file: "tokenizer.json", bytes: Array(tokenizerJSON))
    var extras: [JSONField] = []
    if let configuration { extras = [try JSONField(file: "tokenizer_config.json", bytes: Array(configuration))] }
    try self.init(TokenizerParts(document: document, extras: extras, template: nil))
  }
}

extension Tokenizer {
  /// Reads a tokenizer from the bytes of `tokenizer.json`.
  package init(tokenizerBytes: [UInt8]) throws(TokenizerError) {
    let document = try JSONField(file: "tokenizer.json", bytes: tokenizerBytes)
    try self.init(TokenizerParts(document: document, extras: [], template: nil))
  }

  /// Reads a tokenizer from the bytes of `tokenizer.model`.
  package init(sentencePieceBytes: [UInt8]) throws(TokenizerError) {
    let source = try SentencePieceModel(file: "tokenizer.model", bytes: sentencePieceBytes)
    try self.init(TokenizerParts(sentencePiece: source, extras: [], template: nil))
  }
}

/// A bounded, regular file.
struct TokenizerFile {
  /// The file with its folder, for messages.
  let path: String
  let bytes: [UInt8]

  private static let maximumBytes = 64 << 20

  /// Reads a file; nil where there is none.
  init?(_ location: URL) throws(TokenizerError) {
    let name = location.path
    let path = location.resolvingSymlinksInPath().path
    let folder = location.deletingLastPathComponent().resolvingSymlinksInPath().path
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw .unreadable(file: name, problem: "is not a regular file")
    }
    guard FolderBoundary.allows(path, in: folder) else {
      throw .unreadable(file: name, problem: "is a link out of the folder; copy the file into it")
    }
    guard let size = attributes[.size] as? Int, size <= Self.maximumBytes else {
      throw .unreadable(file: name, problem: "is larger than \(Self.maximumBytes >> 20) MiB")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(file: name, problem: "cannot be read; check its permissions")
    }
    (self.path, bytes) = (name, Array(data))
  }
}
