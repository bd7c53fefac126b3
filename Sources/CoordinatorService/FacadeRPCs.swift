public import GRPCCore
internal import WireBytes
internal import WireFormat

/// TeacherService as students see it: requests and replies pass as bytes, answered from the cache where it has them.
public struct FacadeRPCs: RegistrableRPCService {
  private let facade: TeacherFacade?

  /// Serves a façade; without one every call is refused.
  public init(facade: TeacherFacade?) { self.facade = facade }

  /// Registers the three methods.
  public func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let (decoder, encoder) = (PassThroughDeserializer(), PassThroughSerializer())
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.Describe.descriptor, deserializer: decoder,
      serializer: ProtobufCSerializer<TeacherServiceDescribeResponse>()
    ) { _, _ in
      let facade = try self.teacher()
      return StreamingServerResponse(
        single: ServerResponse(message: TeacherServiceDescribeResponse(model: try await facade.describe())))
    }
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.Generate.descriptor, deserializer: decoder, serializer: encoder
    ) { request, _ in try self.stream(request, .generate) }
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.Score.descriptor, deserializer: decoder, serializer: encoder
    ) { request, _ in try self.stream(request, .score) }
  }

  private func teacher() throws -> TeacherFacade {
    guard let facade else {
      throw RPCError(
        code: .failedPrecondition, message: "this coordinator has no teacher: start it with --teacher HOST:PORT")
    }
    return facade
  }

  /// Answers each request of a stream in order.
  private func stream(
    _ request: StreamingServerRequest<WireBytes>, _ method: TeacherMethod
  ) throws -> StreamingServerResponse<WireBytes> {
    let facade = try teacher()
    return StreamingServerResponse { writer in
      for try await message in request.messages {
        for reply in try await Self.answer(facade, message, method) { try await writer.write(reply) }
      }
      return [:]
    }
  }

  private static func answer(
    _ facade: TeacherFacade, _ message: WireBytes, _ method: TeacherMethod
  ) async throws -> [WireBytes] {
    do {
      return try await facade.reply(to: message, of: method)
    } catch let refusal as HandshakeRefusal {
      throw RPCError(code: .failedPrecondition, message: refusal.description)
    }
  }
}
