import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// Writes what server reflection answers with: each file's descriptor without comments, and the names that it declares.
enum ReflectionGenerator {
  /// Returns the text of one Swift file for all proto files.
  static func generate(_ set: Google_Protobuf_FileDescriptorSet, _ files: [FileDescriptor]) throws -> String {
    """
    // Generated from Protos/ by scripts/generate-protos.sh. Do not edit.
    // swift-format-ignore-file

    extension ProtoFile {
      /// The files of Protos/; each comes after those that it imports.
      public static let all = [
    \(try set.file.map(file).joined(separator: ",\n"))
      ]
    }

    extension WireMethod {
      /// The methods of Protos/.
      public static let all = [
    \(files.flatMap(\.services).flatMap(\.methods).map(method).joined(separator: ",\n"))
      ]
    }

    """
  }

  private static func method(_ method: SwiftProtobufPluginLibrary.MethodDescriptor) -> String {
    """
        WireMethod(
          name: "\(method.service.fullName)/\(method.name)", request: \(Names.type(method.inputType)).codec,
          response: \(Names.type(method.outputType)).codec)
    """
  }

  private static func file(_ file: Google_Protobuf_FileDescriptorProto) throws -> String {
    var bare = file
    bare.clearSourceCodeInfo()
    let bytes: [UInt8] = try bare.serializedBytes()
    let lines = stride(from: 0, to: bytes.count, by: 60).map { start in
      "      " + bytes[start..<min(start + 60, bytes.count)].map { String(format: "%02x", $0) }.joined() + "\\"
    }
    return """
          ProtoFile(
            name: "\(file.name)", imports: \(file.dependency),
            symbols: \(symbols(of: file).sorted()),
            hexDescriptor: \"""
      \(lines.map { "  " + $0 }.joined(separator: "\n"))

              \""")
      """
  }

  /// Full names of all that a file declares.
  private static func symbols(of file: Google_Protobuf_FileDescriptorProto) -> [String] {
    let services = file.service.flatMap { service in
      [service.name] + service.method.map { "\(service.name).\($0.name)" }
    }
    let names = file.messageType.flatMap(symbols) + file.enumType.flatMap(symbols) + services
    return names.map { "\(file.package).\($0)" }
  }

  private static func symbols(of message: Google_Protobuf_DescriptorProto) -> [String] {
    let inner =
      message.nestedType.flatMap(symbols) + message.enumType.flatMap(symbols) + message.field.map(\.name)
      + message.oneofDecl.map(\.name)
    return [message.name] + inner.map { "\(message.name).\($0)" }
  }

  /// Values stand beside their enum, as in C.
  private static func symbols(of enumeration: Google_Protobuf_EnumDescriptorProto) -> [String] {
    [enumeration.name] + enumeration.value.map(\.name)
  }
}
