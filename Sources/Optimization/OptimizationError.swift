/// Why an optimizer cannot be made or cannot step. Nothing was changed.
public enum OptimizationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// An option outside its range.
  case optionOutOfRange(name: String, value: Double, range: String)
  /// The norm of the gradient is NaN or infinite.
  case gradientNotFinite(norm: Double)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .optionOutOfRange(let name, let value, let range): "\(name) is \(value): give a number in \(range)"
    case .gradientNotFinite(let norm):
      "the gradient's norm is \(norm): the parameters were left as they were; lower the learning rate or set max_grad_norm"
    }
  }

  static func expect(_ name: String, _ value: Double, _ holds: Bool, _ range: String) throws(OptimizationError) {
    guard holds else { throw .optionOutOfRange(name: name, value: value, range: range) }
  }
}
