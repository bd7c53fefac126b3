import GRPCCore

/// Answers with what it was told, at once or letter by letter.
struct EchoService: RegistrableRPCService {
  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(forMethod: Echo.say, deserializer: TextCoding(), serializer: TextCoding()) { request, _ in
      StreamingServerResponse(single: ServerResponse(message: try await request.text))
    }
    router.registerHandler(forMethod: Echo.count, deserializer: TextCoding(), serializer: TextCoding()) { request, _ in
      let text = try await request.text
      return StreamingServerResponse { writer in
        for letter in text { try await writer.write(String(letter)) }
        return ["letters": "\(text.count)"]
      }
    }
  }
}

extension StreamingServerRequest<String> {
  /// The only message of the request.
  fileprivate var text: String {
    get async throws {
      for try await message in messages { return message }
      throw RPCError(code: .invalidArgument, message: "the request is empty")
    }
  }
}
