import Foundation
import Testing
import WireBenchmark

@Suite("the benchmark of the wire")
struct BenchmarkTests {
  @Test("reads the command line of a peer")
  func commandLine() throws {
    let command = try BenchmarkPeer.Command([
      "call", "--port", "5", "--server-pid", "7", "--case", "pull-2m", "--seconds", "0.5",
    ])
    guard case .call(5, 7, .pull2M, 0.5) = command else {
      Issue.record("read as \(command)")
      return
    }
  }

  @Test(
    "refuses a command line that it does not know",
    arguments: [[], ["call"], ["serve", "more"], ["call", "--port", "5", "--case", "none"]])
  func badCommandLine(arguments: [String]) {
    #expect(throws: BenchmarkError.self) { try BenchmarkPeer.Command(arguments) }
  }

  @Test("a stack is a name and a command")
  func stack() throws {
    #expect(try BenchmarkRun.Stack(parsing: "nio=path/peer -x=1").command == ["path/peer", "-x=1"])
    #expect(throws: BenchmarkError.unknownStack("nio")) { try BenchmarkRun.Stack(parsing: "nio") }
  }

  @Test("a message carries as many bytes as it says")
  func content() {
    #expect(ParcelCodec.contentBytes(of: ParcelCodec.columns(rows: 512)) == 4096)
    #expect(ParcelCodec.contentBytes(of: ParcelCodec.payload(byteCount: 100)) == 100)
    #expect(ParcelCodec.readOrder(ParcelCodec.order(messageCount: 3, rows: 4)) == (3, 4))
  }

  @Test("medians, ratios and targets of a run come out in the table")
  func report() throws {
    func figures(calls: Int) throws -> CaseFigures {
      let line = """
        {"seconds": 2, "calls": \(calls), "messages": 0, "bytes": 0, "client_cpu_seconds": 1, "server_cpu_seconds": 1, \
        "client_peak_bytes": 1, "server_peak_bytes": 1, "p50_microseconds": 1, "p99_microseconds": 2}
        """
      return try JSONDecoder().decode(CaseFigures.self, from: Data(line.utf8))
    }
    let ours = try #require(
      CaseSummary(stack: "retort", benchmarkCase: .echo32, rounds: try [700, 9000, 800].map(figures)))
    let peer = try #require(CaseSummary(stack: "nio", benchmarkCase: .echo32, rounds: [try figures(calls: 200)]))
    #expect(ours.callsPerSecond == 400)
    let table = BenchmarkReport([ours, peer], ours: "retort").markdown()
    #expect(table.contains("| echo-32 | calls/s |     nio |  4.00 |  ≥ 3.5 | yes |"))
  }
}
