import Foundation
import Measurement

/// A contestant at work on a case.
final class WorkerProcess {
  let contestant: Contestant
  /// What it said when it was ready.
  let ready: WorkerReady
  /// The rounds so far; the first is the one that warms up.
  private(set) var rounds: [WorkerRound] = []
  private let process: PeerProcess

  /// Starts a contestant and waits until it is ready.
  ///
  /// - Parameter patience: Seconds after which the process ends, whatever it does.
  /// - Throws: ``EngineBenchmarkError/workerFailed(worker:reason:)``.
  init(_ contestant: Contestant, caseFile: URL, threads: Int, patience: Int) throws(EngineBenchmarkError) {
    self.contestant = contestant
    let environment = [
      "RETORT_THREADS=\(threads)", "OMP_NUM_THREADS=\(threads)", "MKL_NUM_THREADS=\(threads)",
      "OPENBLAS_NUM_THREADS=1", "TOKENIZERS_PARALLELISM=false", "HF_HUB_OFFLINE=1",
    ]
    let path = caseFile.path(percentEncoded: false)
    do {
      process = try PeerProcess(
        environment + ["timeout", "\(patience)"] + contestant.command + [path, contestant.form])
    } catch {
      throw .workerFailed(worker: contestant.name, reason: "\(error)")
    }
    do throws(EngineBenchmarkError) {
      ready = try Self.answer(of: process, contestant)
    } catch {
      process.end()
      throw error
    }
  }

  /// Has it do a round.
  func round() throws(EngineBenchmarkError) {
    do {
      try process.write("round")
    } catch {
      throw .workerFailed(worker: contestant.name, reason: "it has ended")
    }
    rounds.append(try Self.answer(of: process, contestant))
  }

  /// Ends it.
  func end() { process.end() }

  private static func answer<Answer: Decodable>(
    of process: PeerProcess, _ contestant: Contestant
  ) throws(EngineBenchmarkError) -> Answer {
    let line = process.readLine()
    let data = Data(line.utf8)
    if let answer = try? JSONDecoder().decode(Answer.self, from: data) { return answer }
    let failure = try? JSONDecoder().decode(WorkerFailure.self, from: data)
    throw .workerFailed(
      worker: contestant.name,
      reason: failure?.error ?? (line.isEmpty ? "it printed nothing" : "it printed '\(line.prefix(80))'"))
  }
}
