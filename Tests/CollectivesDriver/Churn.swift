import Collectives
import Foundation

/// Makes and drops groups of three in this process.
func churn(_ count: Int) {
  form(0)
  let before = (entries("/proc/self/fd"), entries("/proc/self/task"))
  for number in 1...max(1, count) { form(number) }
  let after = (entries("/proc/self/fd"), entries("/proc/self/task"))
  print("descriptors \(before.0) \(after.0) threads \(before.1) \(after.1)")
}

private func form(_ number: Int) {
  let store = LocalRendezvousStore()
  let joined = DispatchGroup()
  for rank in 0..<3 {
    joined.enter()
    Thread {
      defer { joined.leave() }
      do {
        let group = try ProcessGroup(name: "\(number)", rank: rank, size: 3, store: store, timeout: .seconds(20))
        try group.barrier()
        if number % 2 == 1 { group.abort() }
      } catch CollectiveError.peerLost where number % 2 == 1 {
      } catch { complain("group \(number): \(error)", status: 1) }
    }.start()
  }
  joined.wait()
}

/// Once it stays: threads that have ended leave the list a moment later.
private func entries(_ folder: String) -> Int {
  var (count, last) = (-1, -2)
  while count != last {
    last = count
    Thread.sleep(forTimeInterval: 0.05)
    count = (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? -1
  }
  return count
}
