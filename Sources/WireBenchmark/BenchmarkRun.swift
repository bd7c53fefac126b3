import Foundation
import Measurement

/// Measures stacks side by side: each round runs every case on every stack in turn, a fresh pair of processes each time,
/// so that whatever else the machine does meanwhile falls on all of them.
package struct BenchmarkRun: Sendable {
  /// One stack and the program that takes part for it.
  package struct Stack: Sendable, Hashable {
    package let name: String
    package let command: [String]

    package init(name: String, command: [String]) {
      self.name = name
      self.command = command
    }

    /// Parses `NAME=COMMAND`, whose words are separated by spaces.
    ///
    /// - Throws: ``BenchmarkError/unknownStack(_:)``.
    package init(parsing text: String) throws(BenchmarkError) {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { throw .unknownStack(text) }
      self.init(name: String(parts[0]), command: parts[1].split(separator: " ").map(String.init))
    }
  }

  /// Longest life of a program beyond its measured time, in seconds.
  private static let patience = 20.0

  private let stacks: [Stack]
  private let cases: [BenchmarkCase]
  private let rounds: Int
  private let seconds: Double

  /// Makes a run; `seconds` is the measured time of each case on each stack in each round.
  package init(stacks: [Stack], cases: [BenchmarkCase], rounds: Int, seconds: Double) {
    self.stacks = stacks
    self.cases = cases
    self.rounds = rounds
    self.seconds = seconds
  }

  /// Runs all rounds; `progress` hears of each.
  ///
  /// - Throws: ``BenchmarkError/peerFailed(stack:program:reason:)`` of a stack that failed in every round.
  package func run(progress: (String) -> Void) throws(BenchmarkError) -> [CaseSummary] {
    var figures: [BenchmarkCase: [Stack: [CaseFigures]]] = [:]
    for round in 0..<rounds {
      progress("round \(round + 1) of \(rounds)")
      for benchmarkCase in cases {
        // Each stack is first, in the middle and last equally often.
        for index in stacks.indices {
          let stack = stacks[(index + round) % stacks.count]
          do throws(BenchmarkError) {
            figures[benchmarkCase, default: [:]][stack, default: []].append(try measure(benchmarkCase, on: stack))
          } catch {
            // A round that a peer did not survive is missing; a stack that never answers ends the run.
            progress("\(benchmarkCase.rawValue): \(error)")
            if round + 1 == rounds, figures[benchmarkCase]?[stack] == nil { throw error }
          }
        }
      }
    }
    return cases.flatMap { benchmarkCase in
      stacks.compactMap { stack in
        CaseSummary(stack: stack.name, benchmarkCase: benchmarkCase, rounds: figures[benchmarkCase]?[stack] ?? [])
      }
    }
  }

  /// Where a server listens.
  private struct Listening: Decodable {
    let port: Int
    let pid: Int32
  }

  private func measure(_ benchmarkCase: BenchmarkCase, on stack: Stack) throws(BenchmarkError) -> CaseFigures {
    let server = try start(stack, ["serve"])
    defer { server.end() }
    let listening: Listening = try answer(of: server, stack: stack)
    let client = try start(
      stack,
      [
        "call", "--port", "\(listening.port)", "--server-pid", "\(listening.pid)", "--case", benchmarkCase.rawValue,
        "--seconds", "\(seconds)",
      ])
    defer { client.end() }
    return try answer(of: client, stack: stack)
  }

  private func start(_ stack: Stack, _ arguments: [String]) throws(BenchmarkError) -> PeerProcess {
    let limit = "\(Int(Self.patience + seconds.rounded(.up)))"
    do {
      return try PeerProcess(["timeout", limit] + stack.command + arguments)
    } catch {
      throw .peerFailed(stack: stack.name, program: stack.command.joined(separator: " "), reason: "\(error)")
    }
  }

  private func answer<Answer: Decodable>(of process: PeerProcess, stack: Stack) throws(BenchmarkError) -> Answer {
    let line = process.readLine()
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(line.utf8)) else {
      throw .peerFailed(
        stack: stack.name, program: process.command.joined(separator: " "),
        reason: line.isEmpty ? "it printed nothing" : "it printed '\(line.prefix(80))'")
    }
    return answer
  }
}
