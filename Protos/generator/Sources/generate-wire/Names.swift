import SwiftProtobufPluginLibrary

/// Swift's and protobuf-c's names of what a proto file declares.
enum Names {
  /// `token_ids` becomes `tokenIDs`, `run_id` `runID`, `recipe_yaml` `recipeYAML`.
  static func property(_ field: String) -> String {
    let words = field.split(separator: "_").map(String.init)
    let capitals = ["id": "ID", "ids": "IDs", "yaml": "YAML", "url": "URL", "kl": "KL", "jsd": "JSD"]
    return words.enumerated().map { index, word in
      index == 0 ? word : capitals[word] ?? word.prefix(1).uppercased() + word.dropFirst()
    }.joined()
  }

  /// Requests and responses keep their names. Parts get the prefix `Wire`, since our own types have the plain ones.
  /// The entry of a map is named after the message around it.
  static func type(_ message: Descriptor) -> String {
    if let outer = message.containingType { return type(outer) + message.name }
    let name = message.name
    return name.hasSuffix("Request") || name.hasSuffix("Response") ? name : "Wire" + name
  }

  /// An enum inside a message is nested in it.
  static func type(_ enumeration: EnumDescriptor) -> String {
    enumeration.containingType.map { type($0) + "." + enumeration.name } ?? "Wire" + enumeration.name
  }

  /// `RUN_STATE_WAITING` of `RunState` becomes `waiting`.
  static func enumCase(_ value: EnumValueDescriptor) -> String {
    let prefix = snake(value.enumType.name).uppercased() + "_"
    let name = value.name.hasPrefix(prefix) ? String(value.name.dropFirst(prefix.count)) : value.name
    return property(name.lowercased())
  }

  /// protobuf-c's struct or enum: `retort.v1.ScoreChunk` becomes `Retort__V1__ScoreChunk`.
  static func cType(_ fullName: String) -> String {
    parts(fullName).map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "__")
  }

  /// The stem of protobuf-c's functions: `retort__v1__score_chunk`.
  static func cFunction(_ fullName: String) -> String { parts(fullName).map(snake).joined(separator: "__") }

  /// The file of a proto: `retort/v1/teacher_service.proto` becomes `TeacherService`.
  static func file(_ proto: String) -> String {
    let base = proto.split(separator: "/").last.map(String.init) ?? proto
    let stem = property(base.replacing(".proto", with: ""))
    return stem.prefix(1).uppercased() + stem.dropFirst()
  }

  private static func parts(_ fullName: String) -> [String] { fullName.split(separator: ".").map(String.init) }

  /// `ScoreChunk` becomes `score_chunk`.
  private static func snake(_ name: String) -> String {
    name.enumerated().map { index, letter in
      letter.isUppercase && index > 0 ? "_" + letter.lowercased() : letter.lowercased()
    }.joined()
  }
}
