/// Why bytes are not a message, or a message is not one of our values.
public enum WireFormatError: Error, Hashable {
  /// The bytes are no protobuf encoding of the message.
  case malformed(message: String, byteCount: Int)
  /// Decoding would take more memory than the input deserves.
  case overBudget(message: String, byteCount: Int)
  /// A string field holds bytes that are not UTF-8.
  case invalidUTF8(field: String)
  /// A field that must be set is not.
  case missing(field: String)
  /// A field's value is outside what the field allows.
  case outOfRange(field: String, value: String, allowed: String)
  /// Columns of one message disagree about their extents.
  case columns(message: String, problem: String)
}

extension WireFormatError: CustomStringConvertible {
  /// One line: what, where, what is allowed.
  public var description: String {
    switch self {
    case .malformed(let message, let byteCount):
      "\(byteCount) bytes are not a \(message): check that both sides use the same Protos/"
    case .overBudget(let message, let byteCount):
      "\(byteCount) bytes of \(message) would take over six times their size in memory: send columns packed"
    case .invalidUTF8(let field): "\(field) is not UTF-8"
    case .missing(let field): "\(field) is not set"
    case .outOfRange(let field, let value, let allowed): "\(field) is \(value), not \(allowed)"
    case .columns(let message, let problem): "\(message): \(problem)"
    }
  }
}
