public import GRPCCore
internal import WireBytes
internal import WireFormat

/// TeacherService as students see it: requests and replies pass as bytes, answered from the cache where it has them.
public struct FacadeRPCs: RegistrableRPCService {
  private let facade: TeacherFacade?

  /// Serves a façade; without one every call is refused.
  public init(facade: TeacherFacade?) { self.facade = facade }

  /// Registers the four methods.
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
    for method in [TeacherMethod.generate, .score, .outputHead] {
      router.registerHandler(forMethod: method.descriptor, deserializer: decoder, serializer: encoder) {
        request, context in try self.stream(request, method, context.cancellation)
      }
    }
  }

  private func teacher() throws -> TeacherFacade {
    guard let facade else {
      throw RPCError(
        code: .failedPrecondition, message: "this coordinator has no teacher: start it with --teacher HOST:PORT")
    }
    return facade
  }

  /// Answers each request of a stream in order. Each message goes to the caller as it comes from the teacher; a caller that
  /// leaves ends the teacher's work.
  private func stream(
    _ request: StreamingServerRequest<WireBytes>, _ method: TeacherMethod,
    _ call: ServerContext.RPCCancellationHandle
  ) throws -> StreamingServerResponse<WireBytes> {
    let facade = try teacher()
    return StreamingServerResponse { writer in
      try await call.cancelling {
        for try await message in request.messages {
          do {
            try await facade.reply(to: message, of: method) { try await writer.write($0) }
          } catch let refusal as HandshakeRefusal {
            throw RPCError(code: .failedPrecondition, message: refusal.description)
          }
        }
        return [:]
      }
    }
  }
}
