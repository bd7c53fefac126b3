import GRPCCodeGen
import SwiftProtobufPluginLibrary

/// Writes the gRPC client and server stubs of one proto file.
enum StubGenerator {
  /// Returns the file's text, or nil where the file has no service.
  static func generate(_ file: FileDescriptor) throws -> String? {
    guard !file.services.isEmpty else { return nil }
    let request = CodeGenerationRequest(
      fileName: file.name,
      leadingTrivia: """
        // Generated from \(file.name) by scripts/generate-protos.sh. Do not edit.
        // swift-format-ignore-file

        """,
      dependencies: [],
      services: file.services.map(service),
      makeSerializerCodeSnippet: { "ProtobufCSerializer<\($0)>()" },
      makeDeserializerCodeSnippet: { "ProtobufCDeserializer<\($0)>()" })
    var config = CodeGenerator.Config(
      accessLevel: .public, accessLevelOnImports: true, client: true, server: true, indentation: 2)
    config.availability = .default
    return try CodeGenerator(config: config).generate(request).contents
  }

  private static func service(_ service: SwiftProtobufPluginLibrary.ServiceDescriptor) -> GRPCCodeGen.ServiceDescriptor
  {
    let name = service.name + "RPC"
    return GRPCCodeGen.ServiceDescriptor(
      documentation: service.protoSourceComments(),
      name: ServiceName(
        identifyingName: service.fullName, typeName: name,
        propertyName: name.prefix(1).lowercased() + name.dropFirst()),
      methods: service.methods.map(method))
  }

  private static func method(_ method: SwiftProtobufPluginLibrary.MethodDescriptor) -> GRPCCodeGen.MethodDescriptor {
    GRPCCodeGen.MethodDescriptor(
      documentation: method.protoSourceComments(),
      name: MethodName(
        identifyingName: method.name, typeName: method.name,
        functionName: method.name.prefix(1).lowercased() + method.name.dropFirst()),
      isInputStreaming: method.clientStreaming, isOutputStreaming: method.serverStreaming,
      inputType: Names.type(method.inputType), outputType: Names.type(method.outputType))
  }
}
