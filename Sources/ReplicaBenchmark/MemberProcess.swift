internal import Foundation
internal import Measurement

/// A member at work, with one thread.
final class MemberProcess {
  private let rank: Int
  private let process: PeerProcess

  /// Starts a member.
  ///
  /// - Parameter command: The words that start one; the folder follows.
  init(_ command: [String], folder: URL, rank: Int, patience: Int) throws(ReplicaBenchmarkError) {
    self.rank = rank
    let environment = ["RETORT_THREADS=1", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1"]
    do {
      process = try PeerProcess(
        environment + ["timeout", "\(patience)"] + command + [folder.path(percentEncoded: false)])
    } catch {
      throw .memberFailed(rank: rank, reason: "\(error)")
    }
  }

  /// Gives an order.
  func order(_ order: MemberOrder) throws(ReplicaBenchmarkError) {
    do { try process.write(String(decoding: try JSONEncoder().encode(order), as: UTF8.self)) } catch {
      throw .memberFailed(rank: rank, reason: "it has ended")
    }
  }

  /// Waits for the answer to an order.
  func answer<Answer: Decodable>(_ type: Answer.Type = Answer.self) throws(ReplicaBenchmarkError) -> Answer {
    let line = process.readLine()
    let data = Data(line.utf8)
    if let failure = try? JSONDecoder().decode(MemberFailure.self, from: data) {
      throw .memberFailed(rank: rank, reason: failure.error)
    }
    do { return try JSONDecoder().decode(type, from: data) } catch {
      throw .memberFailed(rank: rank, reason: line.isEmpty ? "it has ended" : "it printed '\(line.prefix(80))'")
    }
  }

  /// Ends it.
  func end() { process.end() }
}
