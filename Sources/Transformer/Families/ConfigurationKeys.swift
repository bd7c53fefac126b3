import Kernels

/// Reads keys of a `config.json`; errors name the key. A key that is null counts as absent where nothing else is said.
struct ConfigurationKeys {
  private let values: [String: ConfigurationValue]
  /// Before the names of keys in errors.
  private let place: String

  init(_ values: [String: ConfigurationValue], place: String = "") {
    self.values = values
    self.place = place
  }

  private func value(_ key: String) -> ConfigurationValue? { values[key].flatMap { $0 == .null ? nil : $0 } }

  func has(_ key: String) -> Bool { value(key) != nil }

  /// Whether a key is not even null: then transformers' default holds, where a null may mean none.
  func isAbsent(_ key: String) -> Bool { values[key] == nil }

  /// Whether a key has an object with members.
  func hasMembers(_ key: String) -> Bool { has(key) && values[key] != .object([:]) }

  /// The first of some keys that is there.
  func first(_ keys: String...) -> String? { keys.first(where: has) }

  func refuse(_ key: String, _ requirement: String) -> ModelError {
    .invalidConfiguration(field: place + key, value: values[key]?.text ?? "missing", requirement: requirement)
  }

  /// The error of a key whose value, or what follows where it has none, is refused.
  func refuse(_ key: String, meaning value: String, _ requirement: String) -> ModelError {
    guard !has(key) else { return refuse(key, requirement) }
    return .invalidConfiguration(
      field: place + key, value: "\(values[key]?.text ?? "missing"), which means \(value)", requirement: requirement)
  }

  func integer(_ key: String) throws(ModelError) -> Int? {
    switch value(key) {
    case nil: return nil
    case .integer(let value): return value
    default: throw refuse(key, "a whole number")
    }
  }

  /// A whole number: that of the key, `preset` where it is absent, nil where it is null.
  func integer(_ key: String, absent preset: Int?) throws(ModelError) -> Int? {
    isAbsent(key) ? preset : try integer(key)
  }

  func number(_ key: String) throws(ModelError) -> Double? {
    switch value(key) {
    case nil: return nil
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: throw refuse(key, "a number")
    }
  }

  /// A number: that of the key, `preset` where it is absent, nil where it is null.
  func number(_ key: String, absent preset: Double) throws(ModelError) -> Double? {
    isAbsent(key) ? preset : try number(key)
  }

  func boolean(_ key: String) throws(ModelError) -> Bool? {
    switch value(key) {
    case nil: return nil
    case .boolean(let value): return value
    default: throw refuse(key, "true or false")
    }
  }

  func string(_ key: String) throws(ModelError) -> String? {
    switch value(key) {
    case nil: return nil
    case .string(let value): return value
    default: throw refuse(key, "a text")
    }
  }

  func list(_ key: String) throws(ModelError) -> [ConfigurationValue]? {
    switch value(key) {
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
    switch value(key) {
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
