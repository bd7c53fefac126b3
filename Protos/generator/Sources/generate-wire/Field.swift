import SwiftProtobufPluginLibrary

/// What stops generation: a shape that protobuf-c or the wire's rules do not allow.
struct Unsupported: Error, CustomStringConvertible {
  let description: String
}

/// A field as Swift sees it and as protobuf-c holds it.
struct Field {
  /// What a field holds, and so how it is turned into C and back.
  enum Kind {
    case bool, string, bytes
    case number(String)
    case message(String)
    case enumeration(String, cType: String)
  }

  let descriptor: FieldDescriptor
  let kind: Kind
  var isRepeated: Bool { descriptor.isRepeated }
  var name: String { Names.property(descriptor.name) }
  var cName: String { descriptor.name }

  init(_ field: FieldDescriptor) throws {
    descriptor = field
    guard field.containingOneof == nil || field.realContainingOneof != nil else {
      throw Unsupported(description: "\(field.fullName): protobuf-c knows no optional fields")
    }
    if field.isRepeated, let element = field.messageType,
      try element.fields.map(Field.init).contains(where: \.isBorrowed)
    {
      throw Unsupported(description: "\(field.fullName): repeated messages hold neither columns nor messages")
    }
    switch field.type {
    case .double: kind = .number("Double")
    case .float: kind = .number("Float")
    case .uint32, .fixed32: kind = .number("UInt32")
    case .uint64, .fixed64: kind = .number("UInt64")
    case .int32, .sint32, .sfixed32: kind = .number("Int32")
    case .int64, .sint64, .sfixed64: kind = .number("Int64")
    case .bool where !field.isRepeated: kind = .bool
    case .string: kind = .string
    case .bytes: kind = .bytes
    case .enum: kind = .enumeration(Names.type(field.enumType), cType: Names.cType(field.enumType.fullName))
    case .message: kind = .message(Names.type(field.messageType))
    default: throw Unsupported(description: "\(field.fullName): fields of type \(field.type) are not generated")
    }
    switch (kind, isChoice) {
    case (_, false), (.string, true), (.message, true): break
    default: throw Unsupported(description: "\(field.fullName): a oneof holds strings and messages alone")
    }
  }

  /// True for a member of a oneof, which is nil unless it is the one that is set.
  var isChoice: Bool { descriptor.realContainingOneof != nil }

  /// protobuf-c's name of the member that says which one of a oneof is set.
  var choiceField: String { (descriptor.realContainingOneof?.name ?? "") + "_case" }

  /// protobuf-c's name of the value of ``choiceField`` that stands for this field.
  var choiceCase: String {
    let oneof = descriptor.realContainingOneof?.name ?? ""
    return "\(Names.cFunction(descriptor.containingType.fullName))__\(oneof)_\(cName)".uppercased()
  }

  /// True in an entry of a map: a message there is laid out in the arena, so that entries can be repeated.
  var isInMapEntry: Bool { descriptor.containingType.options.mapEntry }

  /// The property's type.
  var swiftType: String {
    switch kind {
    case .message(let type) where !isRepeated: type + "?"
    case .number(let type), .message(let type), .enumeration(let type, _): isRepeated ? "[\(type)]" : type
    case .bool: "Bool"
    case .string: isRepeated ? "[String]" : isChoice ? "String?" : "String"
    case .bytes: isRepeated ? "[[UInt8]]" : "[UInt8]"
    }
  }

  /// The property's default: what the field means when it is not sent.
  var defaultValue: String {
    if isRepeated { return "[]" }
    if isChoice { return "nil" }
    return switch kind {
    case .number: "0"
    case .bool: "false"
    case .string: "\"\""
    case .bytes: "[]"
    case .enumeration: "." + (descriptor.enumType.values.first.map(Names.enumCase) ?? "unspecified")
    case .message: "nil"
    }
  }

  /// True where C can point into the property's own storage, for as long as a closure lasts.
  var isBorrowed: Bool {
    switch kind {
    case .number: isRepeated
    case .message: !isRepeated && !isInMapEntry
    case .bytes: !isRepeated
    default: false
    }
  }
}
