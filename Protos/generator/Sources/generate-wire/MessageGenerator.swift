import SwiftProtobufPluginLibrary

/// Writes the Swift types of one proto file: a struct per message, an enum per enum, and the way to and from protobuf-c.
struct MessageGenerator {
  let file: FileDescriptor
  private(set) var text = ""
  private var depth = 0

  init(_ file: FileDescriptor) { self.file = file }

  /// Returns the file's text.
  static func generate(_ file: FileDescriptor) throws -> String {
    var generator = MessageGenerator(file)
    generator.line("// Generated from \(file.name) by scripts/generate-protos.sh. Do not edit.")
    generator.line("// swift-format-ignore-file")
    generator.line("")
    generator.line("internal import CRetortProtos")
    for enumeration in file.enums { generator.enumeration(enumeration) }
    for message in file.messages { try generator.message(message) }
    return generator.text
  }

  private mutating func line(_ content: String) {
    text += content.isEmpty ? "\n" : String(repeating: "  ", count: depth) + content + "\n"
  }

  private mutating func block(_ head: String, _ tail: String = "}", _ body: (inout Self) throws -> Void) rethrows {
    line(head)
    depth += 1
    try body(&self)
    depth -= 1
    line(tail)
  }

  private mutating func comment(_ place: some ProvidesSourceCodeLocation) {
    for comment in place.protoSourceComments().split(separator: "\n") {
      line(comment.last == " " ? String(comment.dropLast()) : String(comment))
    }
  }

  private mutating func enumeration(_ enumeration: EnumDescriptor) {
    let cType = Names.cType(enumeration.fullName)
    let first = enumeration.values.first.map(Names.enumCase) ?? "unspecified"
    if depth == 0 { line("") }
    comment(enumeration)
    let name = enumeration.containingType == nil ? Names.type(enumeration) : enumeration.name
    block("public enum \(name): Int32, Sendable, Hashable, CaseIterable {") { me in
      for value in enumeration.values {
        me.comment(value)
        me.line("case \(Names.enumCase(value)) = \(value.number)")
      }
      me.line("")
      me.block("init(_ value: \(cType)) {") {
        $0.line("self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .\(first)")
      }
      me.line("")
      me.line("var cValue: \(cType) { \(cType)(rawValue: \(cType).RawValue(rawValue)) }")
    }
  }

  private mutating func message(_ message: Descriptor) throws {
    let fields = try message.fields.map(Field.init)
    try refuseRecursion(message, path: [])
    line("")
    if message.options.mapEntry { line("/// A key with its value.") } else { comment(message) }
    try block("public struct \(Names.type(message)): WireMessage {") { me in
      for enumeration in message.enums {
        me.enumeration(enumeration)
        me.line("")
      }
      guard message.messages.allSatisfy(\.options.mapEntry) else {
        throw Unsupported(description: "\(message.fullName): messages inside messages are not generated")
      }
      for field in fields {
        if field.isInMapEntry { me.line("/// The \(field.name).") } else { me.comment(field.descriptor) }
        me.line("public var \(field.name): \(field.swiftType)")
      }
      if !fields.isEmpty { me.line("") }
      me.initializer(fields)
      me.line("")
      me.line("/// Name in Protos/.")
      me.line("public static let protoName = \"\(message.fullName)\"")
      me.line("")
      me.line("/// Counts messages as they are encoded and decoded.")
      me.line("public static let codec = CodecCounter(message: protoName)")
      me.line("")
      me.block("public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {") {
        $0.line("try unsafe encode(body)")
      }
      me.line("")
      me.block("public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {") {
        $0.line("self = try unsafe Self.unpack(bytes)")
      }
    }
    line("")
    conversions(message, fields)
    for entry in message.messages { try self.message(entry) }
  }

  private mutating func initializer(_ fields: [Field]) {
    line(fields.isEmpty ? "/// Makes the message." : "/// Makes the message; what is left out is not sent.")
    let parameters = fields.map { "\($0.name): \($0.swiftType) = \($0.defaultValue)" }
    guard !parameters.isEmpty else { return line("public init() {}") }
    line("public init(")
    for (index, parameter) in parameters.enumerated() {
      line("  " + parameter + (index + 1 < parameters.count ? "," : ""))
    }
    block(") {") { me in
      for field in fields { me.line("self.\(field.name) = \(field.name)") }
    }
  }

  private mutating func conversions(_ message: Descriptor, _ fields: [Field]) {
    let cType = Names.cType(message.fullName)
    let borrowed = fields.filter(\.isBorrowed)
    let conformance = borrowed.isEmpty ? "FlatCMessageConvertible" : "CMessageConvertible"
    block("extension \(Names.type(message)): @unsafe \(conformance) {") { me in
      me.block("static func makeCMessage() -> \(cType) {") {
        $0.line("var cMessage = unsafe \(cType)()")
        $0.line("unsafe \(Names.cFunction(message.fullName))__init(&cMessage)")
        $0.line("return unsafe cMessage")
      }
      me.line("")
      if borrowed.isEmpty {
        me.block("func fill(_ cMessage: inout \(cType), _ arena: EncodingArena) {") { me in
          for field in fields { me.line(me.fill(field)) }
        }
      } else {
        let body = "(UnsafeMutablePointer<\(cType)>) throws -> R"
        me.block("func withCMessage<R>(_ arena: EncodingArena, _ body: \(body)) rethrows -> R {") {
          $0.borrow(borrowed[...]) { me in
            me.line("var cMessage = unsafe Self.makeCMessage()")
            for field in fields { me.line(me.fill(field)) }
            me.line("return try unsafe body(&cMessage)")
          }
        }
      }
      me.line("")
      me.block("init(cMessage: \(cType)) throws(WireFormatError) {") { me in
        for field in fields { me.line("\(field.name) = \(me.read(field))") }
      }
    }
  }

  /// Nests the closures that hold the storage of `fields` still while `body` fills the C struct.
  private mutating func borrow(_ fields: ArraySlice<Field>, _ body: (inout Self) -> Void) {
    guard let field = fields.first else { return body(&self) }
    switch field.kind {
    case .message:
      line("return try unsafe withOptional(\(field.name), arena) { \(field.name) in")
    default:
      line("return try unsafe withColumn(\(field.name)) { \(field.name) in")
    }
    depth += 1
    borrow(fields.dropFirst(), body)
    depth -= 1
    line("}")
  }

  private func fill(_ field: Field) -> String {
    if field.isChoice { return fillChoice(field) }
    let pair = "unsafe (cMessage.n_\(field.cName), cMessage.\(field.cName))"
    switch (field.kind, field.isRepeated) {
    case (.number, false): return "unsafe cMessage.\(field.cName) = \(field.name)"
    case (.number, true): return "\(pair) = (\(field.name).count, \(field.name).start)"
    case (.bool, _): return "unsafe cMessage.\(field.cName) = \(field.name) ? 1 : 0"
    case (.string, false): return "unsafe cMessage.\(field.cName) = arena.string(\(field.name))"
    case (.bytes, false):
      let data = "ProtobufCBinaryData(len: \(field.name).count, data: \(field.name).start)"
      return "unsafe cMessage.\(field.cName) = \(data)"
    case (.string, true): return "\(pair) = arena.strings(\(field.name))"
    case (.enumeration, false): return "unsafe cMessage.\(field.cName) = \(field.name).cValue"
    case (.enumeration, true): return "\(pair) = arena.values(\(field.name).map(\\.cValue))"
    case (.bytes, true): return "\(pair) = arena.binaries(\(field.name))"
    case (.message, false) where field.isInMapEntry:
      return "if let \(field.name) { unsafe cMessage.\(field.cName) = arena.message(\(field.name)) }"
    case (.message, false): return "unsafe cMessage.\(field.cName) = \(field.name)"
    case (.message, true): return "\(pair) = arena.messages(\(field.name))"
    }
  }

  /// A string of a oneof is stored even when it is empty: that it is there says something.
  private func fillChoice(_ field: Field) -> String {
    let pair = "unsafe (cMessage.\(field.choiceField), cMessage.\(field.cName))"
    if case .string = field.kind {
      return "if let \(field.name) { \(pair) = (\(field.choiceCase), arena.string(\(field.name))) }"
    }
    return "if let \(field.name) = unsafe \(field.name) { \(pair) = (\(field.choiceCase), \(field.name)) }"
  }

  private func read(_ field: Field) -> String {
    guard field.isChoice else { return readPresent(field) }
    let value = readPresent(field).replacing("try unsafe ", with: "").replacing(" as \(field.swiftType)", with: "")
    return "try unsafe cMessage.\(field.choiceField) == \(field.choiceCase) ? \(value) : nil"
  }

  private func readPresent(_ field: Field) -> String {
    let value = "cMessage.\(field.cName)"
    let column = "\(value), cMessage.n_\(field.cName)"
    switch (field.kind, field.isRepeated) {
    case (.number, false): return "unsafe \(value)"
    case (.number, true): return "unsafe readColumn(\(column))"
    case (.bool, _): return "unsafe \(value) != 0"
    case (.string, false): return "try unsafe readString(\(value), field: \"\(field.descriptor.fullName)\")"
    case (.string, true): return "try unsafe readStrings(\(column), field: \"\(field.descriptor.fullName)\")"
    case (.bytes, false): return "unsafe readColumn(\(value).data, \(value).len)"
    case (.bytes, true): return "unsafe readBinaries(\(column))"
    case (.enumeration(let type, _), false): return "unsafe \(type)(\(value))"
    case (.enumeration(let type, _), true): return "unsafe readColumn(\(column)).map(\(type).init)"
    case (.message(let type), false): return "try unsafe readMessage(\(value)) as \(type)?"
    case (.message, true): return "try unsafe readMessages(\(column))"
    }
  }

  /// protobuf-c has no limit of recursion, so no message may contain itself.
  private func refuseRecursion(_ message: Descriptor, path: [String]) throws {
    guard !path.contains(message.fullName) else {
      throw Unsupported(description: "\(message.fullName) contains itself: protobuf-c has no limit of recursion")
    }
    for field in message.fields {
      if let inner = field.messageType { try refuseRecursion(inner, path: path + [message.fullName]) }
    }
  }
}
