// echo serve HOST:PORT        answers until it is stopped; port 0 asks the system for one
// echo call HOST:PORT TEXT    says TEXT and prints the answers
import Foundation
import GRPCCore
import GRPCNGHTTP2Transport

switch Array(CommandLine.arguments.dropFirst()) {
case let words where words.count == 2 && words[0] == "serve":
  let transport = NGHTTP2ServerTransport(address: try NetworkAddress(parsing: words[1]))
  try await withGRPCServer(transport: transport, services: [EchoService()]) { server in
    // Not `print`, which keeps the line to itself when nobody looks at a terminal.
    FileHandle.standardOutput.write(Data("listening on \(try await transport.listeningAddress)\n".utf8))
    try await Task.sleep(for: .seconds(86_400))
  }
case let words where words.count == 3 && words[0] == "call":
  let transport = NGHTTP2ClientTransport(service: try ServiceTarget(parsing: words[1]))
  try await withGRPCClient(transport: transport) { client in
    let said = try await client.unary(
      request: ClientRequest(message: words[2]), descriptor: Echo.say, serializer: TextCoding(),
      deserializer: TextCoding(), options: .defaults
    ) { try $0.message }
    print(said)
    try await client.serverStreaming(
      request: ClientRequest(message: words[2]), descriptor: Echo.count, serializer: TextCoding(),
      deserializer: TextCoding(), options: .defaults
    ) { response in
      for try await letter in response.messages { print(letter) }
    }
  }
default:
  print("usage: echo serve HOST:PORT | echo call HOST:PORT TEXT")
}
