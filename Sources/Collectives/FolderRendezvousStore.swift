public import Foundation

/// A rendezvous of processes through files of one folder, which is there and empty at first.
public struct FolderRendezvousStore: RendezvousStore {
  private let folder: URL

  /// Meets in a folder.
  public init(folder: URL) { self.folder = folder }

  /// Keeps a value.
  public func set(_ key: String, _ value: [UInt8]) throws { try Data(value).write(to: file(key), options: .atomic) }

  /// Waits for a value; throws when nobody has set it in time.
  public func get(_ key: String, timeout: Duration) throws -> [UInt8] {
    let deadline = ContinuousClock.now + timeout
    while true {
      do { return [UInt8](try Data(contentsOf: file(key))) } catch {
        guard ContinuousClock.now < deadline else { throw error }
        Thread.sleep(forTimeInterval: 0.002)
      }
    }
  }

  private func file(_ key: String) -> URL { folder.appending(path: key.replacing("/", with: "-")) }
}
