import GRPCCore

/// The server's side of the benchmark.
struct BenchmarkService<Codec: BenchmarkCodec>: RegistrableRPCService {
  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: BenchmarkMethod.echo, deserializer: Codec.deserializer, serializer: Codec.serializer
    ) { request, _ in
      StreamingServerResponse(single: ServerResponse(message: try await Self.only(request)))
    }
    router.registerHandler(
      forMethod: BenchmarkMethod.pull, deserializer: Codec.deserializer, serializer: Codec.serializer
    ) { request, _ in
      let order = Codec.readOrder(try await Self.only(request))
      let message = Codec.columns(rows: order.rows)
      return StreamingServerResponse { writer in
        for _ in 0..<order.messageCount { try await writer.write(message) }
        return [:]
      }
    }
    router.registerHandler(
      forMethod: BenchmarkMethod.push, deserializer: Codec.deserializer, serializer: Codec.serializer
    ) { request, _ in
      var bytes = 0
      var count = 0
      for try await message in request.messages {
        bytes += Codec.contentBytes(of: message)
        count += 1
      }
      let answer = Codec.order(messageCount: count, rows: count == 0 ? 0 : bytes / count / 8)
      return StreamingServerResponse(single: ServerResponse(message: answer))
    }
  }

  private static func only(_ request: StreamingServerRequest<Codec.Message>) async throws -> Codec.Message {
    for try await message in request.messages { return message }
    throw RPCError(code: .invalidArgument, message: "the request has no message")
  }
}
