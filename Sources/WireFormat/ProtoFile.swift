/// A file of `Protos/`, as server reflection describes it.
public struct ProtoFile: Sendable {
  /// Its path below `Protos/`, as other files import it.
  public let name: String
  /// Names of the files that it imports itself.
  public let imports: [String]
  /// Full names of all that it declares: services, methods, messages, fields, oneofs, enums and their values.
  public let symbols: [String]
  private let hexDescriptor: StaticString

  init(name: String, imports: [String], symbols: [String], hexDescriptor: StaticString) {
    (self.name, self.imports, self.symbols, self.hexDescriptor) = (name, imports, symbols, hexDescriptor)
  }

  /// The file as a serialized `google.protobuf.FileDescriptorProto`, without comments.
  public var descriptor: [UInt8] {
    hexDescriptor.withUTF8Buffer { digits in
      stride(from: 0, to: digits.count - 1, by: 2).map { index in
        unsafe Self.value(digits[index]) << 4 | Self.value(digits[index + 1])
      }
    }
  }

  private static func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
}
