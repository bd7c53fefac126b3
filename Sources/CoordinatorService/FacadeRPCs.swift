internal import Foundation
public import GRPCCore
internal import WireBytes
internal import WireFormat

/// TeacherService as students see it: requests and replies pass as bytes, answered from the cache where it has them.
public struct FacadeRPCs: RegistrableRPCService {
  private let facade: TeacherFacade?
  private let named: [String: TeacherFacade]
  private let translations: TranslationShelf
  private let instanceID = UUID().uuidString

  /// Serves a façade, and others that `Score` asks by name; without one every call is refused.
  ///
  /// - Parameter translations: Teachers that know other tokens than those who ask.
  public init(
    facade: TeacherFacade?, named: [String: TeacherFacade] = [:], translations: TranslationShelf = TranslationShelf()
  ) {
    (self.facade, self.named, self.translations) = (facade, named, translations)
  }

  /// Registers the four methods.
  public func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let (decoder, encoder) = (PassThroughDeserializer(), PassThroughSerializer())
    router.registerHandler(
      forMethod: TeacherServiceRPC.Method.Describe.descriptor, deserializer: decoder,
      serializer: ProtobufCSerializer<TeacherServiceDescribeResponse>()
    ) { _, _ in
      let facade = try self.teacher()
      let response = TeacherServiceDescribeResponse(
        model: try await facade.describe(), instanceID: self.instanceID)
      return StreamingServerResponse(single: ServerResponse(message: response))
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

  private func teacher(named name: String) throws -> TeacherFacade {
    if name.isEmpty { return try teacher() }
    guard let facade = named[name] else {
      throw RPCError(
        code: .failedPrecondition,
        message: "this coordinator has no teacher '\(name)': start it with --named-teacher \(name)=HOST:PORT")
    }
    return facade
  }

  /// Answers one request: by the teacher that it names, in whose tokens it may have to be put first.
  private func answer(
    _ message: WireBytes, _ method: TeacherMethod, _ write: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    guard method == .score else { return try await teacher().reply(to: message, of: method, write: write) }
    var request = try message.withUnsafeBytes { try TeacherServiceScoreRequest(decoding: $0) }
    if request.teacher.isEmpty { return try await teacher().reply(to: message, of: method, write: write) }
    if let translator = translations.translator(named: request.teacher) {
      return try await translator.reply(to: request, from: teacher(named: translator.teacher), write: write)
    }
    // The name is the coordinator's: the teacher, and the cache, get the request without it.
    let facade = try teacher(named: request.teacher)
    request.teacher = ""
    try await facade.reply(to: WireBytes(try request.encoded()), of: method, write: write)
  }

  /// Answers each request of a stream in order. Each message goes to the caller as it comes from the teacher; a caller that
  /// leaves ends the teacher's work.
  private func stream(
    _ request: StreamingServerRequest<WireBytes>, _ method: TeacherMethod,
    _ call: ServerContext.RPCCancellationHandle
  ) throws -> StreamingServerResponse<WireBytes> {
    if named.isEmpty { _ = try teacher() }
    return StreamingServerResponse { writer in
      let runID = CallMetadata.runID(of: request.metadata)
      return try await call.cancelling {
        for try await message in request.messages {
          do {
            try await CallMetadata.$runID.withValue(runID) {
              try await answer(message, method) { try await writer.write($0) }
            }
          } catch let refusal as HandshakeRefusal {
            throw RPCError(code: .failedPrecondition, message: refusal.description)
          }
        }
        return [:]
      }
    }
  }
}
