import Collectives
import Foundation

/// A rendezvous of processes through files of one folder.
struct FolderStore: RendezvousStore {
  let folder: URL

  func set(_ key: String, _ value: [UInt8]) throws { try Data(value).write(to: file(key), options: .atomic) }

  func get(_ key: String, timeout: Duration) throws -> [UInt8] {
    let deadline = ContinuousClock.now + timeout
    while true {
      do { return [UInt8](try Data(contentsOf: file(key))) } catch {
        guard ContinuousClock.now < deadline else { throw error }
        Thread.sleep(forTimeInterval: 0.002)
      }
    }
  }

  private func file(_ key: String) -> URL {
    folder.appending(path: key.replacing("/", with: "-"))
  }
}
