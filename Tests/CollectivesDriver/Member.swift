import Collectives
import Foundation
import Kernels

/// A member that sums floats with others, over and over.
struct Member {
  let folder: String
  let rank: Int
  let size: Int
  let floats: Int
  let calls: Int
  let timeout: Duration
  let address: String

  init?(_ words: [String]) {
    guard let rank = Int(words[1]), let size = Int(words[2]), let floats = Int(words[3]), let calls = Int(words[4]),
      let seconds = Double(words[5]), size > 0, (0..<size).contains(rank), floats >= 0
    else { return nil }
    (self.rank, self.size, self.floats, self.calls, timeout) = (rank, size, floats, calls, .seconds(seconds))
    folder = words[0]
    address = words.count > 6 ? words[6] : "127.0.0.1"
  }

  func run() throws {
    let group = try ProcessGroup(
      rank: rank, size: size, store: FolderRendezvousStore(folder: URL(filePath: folder)), address: address,
      timeout: timeout)
    // Not by readLine, whose lock would hold up the program's end.
    Thread { if !FileHandle.standardInput.availableData.isEmpty { group.abort() } }.start()
    let counts = (0..<size).map { floats * ($0 + 1) / size - floats * $0 / size }
    let (own, received) = (FloatStorage(count: floats).view, FloatStorage(count: counts[rank] * size).view)
    let sums = FloatStorage(count: floats).view
    let mine = [Int](repeating: counts[rank], count: size)
    own.fillInParallel(Float(rank + 1))
    var times: [(exchange: Duration, gather: Duration, barrier: Duration)] = []
    while calls == 0 || times.count < calls {
      let clock = ContinuousClock()
      let exchange = try clock.measure { try group.exchange(own, counts: counts, into: received, counts: mine) }
      let part = sums.window(counts[..<rank].reduce(0, +), counts[rank])
      part.fill(0)
      for peer in 0..<size { add(received.window(peer * part.count, part.count), to: part) }
      let gather = try clock.measure { try group.gather(part, into: sums, counts: counts) }
      let barrier = try clock.measure { try group.barrier() }
      if times.isEmpty {
        guard sums.array.allSatisfy({ $0 == Float(size * (size + 1) / 2) }) else { complain("a wrong sum", status: 3) }
        print("ready")
        fflush(nil)
      }
      times.append((exchange, gather, barrier))
    }
    report(times, others: counts.reduce(0, +) - counts[rank])
  }

  private func add(_ terms: FloatView, to sums: FloatView) {
    terms.withSpan { terms in
      sums.withMutableSpan { sums in
        for index in 0..<sums.count { sums[index] += terms[index] }
      }
    }
  }

  private func report(_ times: [(exchange: Duration, gather: Duration, barrier: Duration)], others: Int) {
    func line(_ name: String, _ durations: [Duration], _ bytes: Int) {
      let median = durations.sorted()[durations.count / 2] / .milliseconds(1)
      let rate = bytes == 0 ? "" : String(format: ", %.2f GB/s each way", Double(bytes) / median / 1e6)
      print("member \(rank) of \(size): \(name) \(String(format: "%.3f ms", median))\(rate)")
    }
    line("exchange of \(floats) floats", times.map(\.exchange), 4 * others)
    line("gather of \(floats) floats", times.map(\.gather), 4 * others)
    line("barrier", times.map(\.barrier), 0)
  }
}
