import Sequences

/// Why a tokenizer cannot be read.
public enum TokenizerError: Error, Hashable, CustomStringConvertible {
  /// The folder has no `tokenizer.json`, no `vocab.json` with `merges.txt` and no `tokenizer.model`.
  case noTokenizer(folder: String)
  /// A file cannot be read.
  case unreadable(file: String, problem: String)
  /// A file is not JSON; `offset` counts bytes from 0.
  case malformedJSON(file: String, offset: Int, problem: String)
  /// A field has a wrong type or an impossible value.
  case invalidField(file: String, field: String, problem: String)
  /// A field asks for a component that is not implemented.
  case unsupported(file: String, field: String, component: String)
  /// A token has no place in the vocabulary.
  case unknownToken(file: String, field: String, token: String)
  /// A chat is rendered but the folder brings no template.
  case noChatTemplate(tokenizer: String)

  /// One line: what, where, what to do.
  public var description: String { text.inOneLine }

  private var text: String {
    switch self {
    case .noTokenizer(let folder):
      "\(folder): no tokenizer.json, no vocab.json with merges.txt, no tokenizer.model; save the tokenizer with the model"
    case .unreadable(let file, let problem): "\(file): \(problem)"
    case .malformedJSON(let file, let offset, let problem): "\(file): not JSON at byte \(offset): \(problem)"
    case .invalidField(let file, let field, let problem): "\(file): \(field): \(problem)"
    case .unsupported(let file, let field, let component):
      "\(file): \(field): \(component) is not supported; use a byte-level BPE or SentencePiece tokenizer"
    case .unknownToken(let file, let field, let token): "\(file): \(field): \"\(token)\" is not in the vocabulary"
    case .noChatTemplate(let tokenizer):
      "\(tokenizer): the tokenizer has no chat template; use prompt and completion rows, or add chat_template to tokenizer_config.json"
    }
  }
}
