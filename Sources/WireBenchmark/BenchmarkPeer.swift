import Foundation
public import GRPCCore

/// One stack's two programs: a server that says where it listens, and a client that prints what it measured.
///
///     PROGRAM serve
///     PROGRAM call --port 50051 --server-pid 1234 --case echo-32 --seconds 1
///
/// The server prints one line, `{"port": 50051, "pid": 1234}`, and ends when its standard input does.
/// The client prints one line, the ``CaseFigures`` as JSON. Programs in any language can take part.
public enum BenchmarkPeer {
  /// What the command line asks for.
  public enum Command: Sendable {
    case serve
    case call(port: Int, serverProcess: Int32, benchmarkCase: BenchmarkCase, seconds: Double)

    /// Reads the arguments after the program's name.
    ///
    /// - Throws: ``BenchmarkError/usage(_:)``.
    public init(_ arguments: [String]) throws(BenchmarkError) {
      if arguments == ["serve"] {
        self = .serve
        return
      }
      var options: [String: String] = [:]
      for index in stride(from: 1, to: arguments.count - 1, by: 2) { options[arguments[index]] = arguments[index + 1] }
      guard arguments.first == "call", let port = options["--port"].flatMap({ Int($0) }),
        let process = options["--server-pid"].flatMap({ Int32($0) }),
        let benchmarkCase = options["--case"].flatMap({ BenchmarkCase(rawValue: $0) }),
        let seconds = options["--seconds"].flatMap({ Double($0) })
      else {
        throw .usage("expected serve, or call --port N --server-pid N --case NAME --seconds S")
      }
      self = .call(port: port, serverProcess: process, benchmarkCase: benchmarkCase, seconds: seconds)
    }
  }

  /// Serves the benchmark on a transport until standard input ends, which ends the process.
  ///
  /// - Parameter port: Waits for the port that the transport listens on.
  public static func serve<Codec: BenchmarkCodec>(
    _ codec: Codec.Type, on transport: some ServerTransport, port: @escaping @Sendable () async throws -> Int
  ) async throws {
    let server = GRPCServer(transport: transport, services: [BenchmarkService<Codec>()])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      let process = ProcessInfo.processInfo.processIdentifier
      write("{\"port\": \(try await port()), \"pid\": \(process)}")
      // A thread of its own: a blocking read would take one of the few that run tasks.
      Thread.detachNewThread {
        _ = try? FileHandle.standardInput.readToEnd()
        exit(0)
      }
      try await group.waitForAll()
    }
  }

  /// Measures a case over a transport and prints the figures.
  public static func call<Codec: BenchmarkCodec>(
    _ codec: Codec.Type, over transport: some ClientTransport, serverProcess: Int32, benchmarkCase: BenchmarkCase,
    seconds: Double
  ) async throws {
    let figures = try await withGRPCClient(transport: transport) { client in
      let benchmark = BenchmarkClient<_, Codec>(client: client, serverProcess: serverProcess)
      return try await benchmark.measure(benchmarkCase, seconds: seconds)
    }
    write(String(decoding: try JSONEncoder().encode(figures), as: UTF8.self))
  }

  private static func write(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }
}
