/// Why a model cannot be made or cannot answer.
public enum ModelError: Error, Hashable, CustomStringConvertible {
  /// A field of the configuration has a value that no model can have.
  case invalidConfiguration(field: String, value: String, requirement: String)
  /// A sequence holds an id that is not in the vocabulary.
  case tokenOutOfRange(token: UInt32, vocabSize: Int)
  /// A sequence is longer than the model reads.
  case sequenceTooLong(length: Int, contextLength: Int)
  /// A sequence without a prompt token has no log-prob at its first position.
  case emptyPrompt(sequence: Int)
  /// An option asks for what the model cannot give.
  case invalidOption(name: String, value: String, requirement: String)

  /// What is wrong, where, and what to do: one line.
  public var description: String {
    switch self {
    case .invalidConfiguration(let field, let value, let requirement):
      "model configuration: \(field) is \(value); it must be \(requirement)"
    case .tokenOutOfRange(let token, let vocabSize):
      "token id \(token) is outside the vocabulary of \(vocabSize); encode the text with this model's tokenizer"
    case .sequenceTooLong(let length, let contextLength):
      "a sequence has \(length) tokens, the model reads \(contextLength); shorten it"
    case .emptyPrompt(let sequence):
      "sequence \(sequence) has no prompt token; give at least one, such as the beginning-of-sequence id"
    case .invalidOption(let name, let value, let requirement):
      "option \(name) is \(value); it must be \(requirement)"
    }
  }
}
