import Kernels

/// Reads keys of a `config.json`; errors name the key. A key that is null counts as absent.
struct ConfigurationKeys {
  private let values: [String: ConfigurationValue]
  /// Before the names of keys in errors.
  private let place: String

  init(_ values: [String: ConfigurationValue], place: String = "") {
    self.values = values.filter { $0.value != .null }
    self.place = place
  }

  func has(_ key: String) -> Bool { values[key] != nil }

  /// The first of some keys that is there.
  func first(_ keys: String...) -> String? { keys.first(where: has) }

  func refuse(_ key: String, _ requirement: String) -> ModelError {
    .invalidConfiguration(field: place + key, value: values[key]?.text ?? "missing", requirement: requirement)
  }

  func integer(_ key: String) throws(ModelError) -> Int? {
    switch values[key] {
    case nil: return nil
    case .integer(let value): return value
    default: throw refuse(key, "a whole number")
    }
  }

  func number(_ key: String) throws(ModelError) -> Double? {
    switch values[key] {
    case nil: return nil
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: throw refuse(key, "a number")
    }
  }

  func boolean(_ key: String) throws(ModelError) -> Bool? {
    switch values[key] {
    case nil: return nil
    case .boolean(let value): return value
    default: throw refuse(key, "true or false")
    }
  }

  func string(_ key: String) throws(ModelError) -> String? {
    switch values[key] {
    case nil: return nil
    case .string(let value): return value
    default: throw refuse(key, "a text")
    }
  }

  func list(_ key: String) throws(ModelError) -> [ConfigurationValue]? {
    switch values[key] {
    case nil: return nil
    case .list(let values): return values
    default: throw refuse(key, "a list")
    }
  }

  func numbers(_ key: String) throws(ModelError) -> [Double]? {
    guard let list = try list(key) else { return nil }
    var numbers: [Double] = []
    for value in list {
      switch value {
      case .integer(let value): numbers.append(Double(value))
      case .number(let value): numbers.append(value)
      default: throw refuse(key, "a list of numbers")
      }
    }
    return numbers
  }

  func object(_ key: String) throws(ModelError) -> ConfigurationKeys? {
    switch values[key] {
    case nil: return nil
    case .object(let values): return ConfigurationKeys(values, place: place + key + ".")
    default: throw refuse(key, "an object")
    }
  }

  func need<Value>(_ key: String, _ value: Value?, _ requirement: String = "a number") throws(ModelError) -> Value {
    guard let value else { throw refuse(key, requirement) }
    return value
  }

  /// Throws where a key is there with another value than the one that is supported.
  func expect(_ key: String, _ value: Bool) throws(ModelError) {
    guard try boolean(key) ?? value == value else { throw refuse(key, "\(value)") }
  }

  /// The nonlinearity that a key names.
  func activation(_ key: String, default preset: Activation) throws(ModelError) -> Activation {
    guard let name = try string(key) else { return preset }
    guard let found = Activation(transformersName: name) else {
      throw refuse(key, "one of \(Activation.transformersNames.keys.sorted().joined(separator: ", "))")
    }
    return found
  }
}

extension Activation {
  /// What transformers calls the nonlinearities.
  fileprivate static let transformersNames: [String: Activation] = [
    "silu": .silu, "swish": .silu, "gelu_new": .tanhGELU, "gelu_pytorch_tanh": .tanhGELU, "gelu_fast": .tanhGELU,
    "gelu": .gelu, "gelu_python": .gelu, "relu": .relu,
  ]

  fileprivate init?(transformersName name: String) {
    guard let found = Self.transformersNames[name] else { return nil }
    self = found
  }

  /// The name to be written.
  var transformersName: String {
    switch self {
    case .silu: "silu"
    case .tanhGELU: "gelu_pytorch_tanh"
    case .gelu: "gelu"
    case .relu: "relu"
    }
  }
}
