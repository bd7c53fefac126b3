public import GRPCCore
internal import WireFormat

/// `grpc.reflection.v1.ServerReflection`: describes a server's services, so that grpcurl and its like need no stubs.
///
/// Answers under the older name `grpc.reflection.v1alpha.ServerReflection` as well, whose messages have the same bytes;
/// python's `ProtoReflectionDescriptorDatabase` knows that one alone.
public struct ReflectionService: RegistrableRPCService {
  /// Full name of the service.
  public static let name = ServerReflectionRPC.descriptor.fullyQualifiedService
  /// The method under its older name.
  public static let olderMethod = MethodDescriptor(
    fullyQualifiedService: "grpc.reflection.v1alpha.ServerReflection", method: "ServerReflectionInfo")

  private let services: [String]
  private let index: ProtoIndex

  /// Describes services.
  ///
  /// - Parameter services: Full names of what the server serves besides this service. Each is declared in `Protos/`.
  public init(services: some Sequence<String>) {
    self.services = Set(services).union([Self.name]).sorted()
    self.index = ProtoIndex(ProtoFile.all)
  }

  /// Full names of the services that are registered by `services`.
  ///
  /// - Parameter type: The transport's type, which says nothing here.
  public static func names<Transport: ServerTransport>(
    of services: [any RegistrableRPCService], on type: Transport.Type
  ) -> [String] {
    var router = RPCRouter<Transport>()
    for service in services { service.registerMethods(with: &router) }
    return Set(router.methods.map(\.service.fullyQualifiedService)).sorted()
  }

  /// The method under both names.
  public static var methods: [MethodDescriptor] {
    [ServerReflectionRPC.Method.ServerReflectionInfo.descriptor, olderMethod]
  }

  /// Registers the method under both names.
  public func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    for method in Self.methods {
      router.registerHandler(
        forMethod: method, deserializer: ProtobufCDeserializer<ServerReflectionRequest>(),
        serializer: ProtobufCSerializer<ServerReflectionResponse>()
      ) { request, _ in
        StreamingServerResponse { writer in
          for try await message in request.messages { try await writer.write(answer(message)) }
          return [:]
        }
      }
    }
  }

  func answer(_ request: ServerReflectionRequest) -> ServerReflectionResponse {
    var response = ServerReflectionResponse(validHost: request.host, originalRequest: request)
    func refuse(_ code: Status.Code, _ message: String) {
      response.errorResponse = ErrorResponse(errorCode: Int32(code.rawValue), errorMessage: message)
    }
    func describe(_ descriptors: [[UInt8]]?, _ what: String) {
      guard let descriptors else { return refuse(.notFound, "no \(what) here") }
      response.fileDescriptorResponse = FileDescriptorResponse(fileDescriptorProto: descriptors)
    }
    if request.listServices != nil {
      response.listServicesResponse = ListServiceResponse(service: services.map(ServiceResponse.init))
    } else if let name = request.fileByFilename {
      describe(index.descriptors(ofFile: name), "file \(name)")
    } else if let symbol = request.fileContainingSymbol {
      describe(index.descriptors(ofSymbol: symbol), "symbol \(symbol)")
    } else if let type = request.allExtensionNumbersOfType {
      // proto3 has no extensions but of options, and ours has none.
      if index.declares(type) {
        response.allExtensionNumbersResponse = ExtensionNumberResponse(baseTypeName: type)
      } else {
        refuse(.notFound, "no message \(type) here")
      }
    } else if let wanted = request.fileContainingExtension {
      refuse(.notFound, "no extension \(wanted.extensionNumber) of \(wanted.containingType) here")
    } else {
      refuse(.invalidArgument, "the request asks nothing: set one of its fields")
    }
    return response
  }
}
