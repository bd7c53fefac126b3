import Foundation

/// A program that takes part in a measurement: it reads lines, prints lines, and ends when its standard input does.
public final class PeerProcess {
  /// The words that started it.
  public let command: [String]
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var unread = Data()

  /// Starts a program of the search path; words of the form `NAME=VALUE` before it are set in its environment.
  public init(_ command: [String]) throws {
    self.command = command
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try? input.fileHandleForReading.close()
    try? output.fileHandleForWriting.close()
  }

  /// Sends a line. Throws where the program has ended.
  public func write(_ line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// The next line that the program prints, without its end; what there is, when the program ends first.
  public func readLine() -> String {
    while true {
      if let end = unread.firstIndex(of: 10) {
        let line = unread[unread.startIndex..<end]
        unread = Data(unread[(end + 1)...])
        return String(decoding: line, as: UTF8.self)
      }
      // `read(upToCount:)` waits until the count is there: what has come is what a line may end with.
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else {
        defer { unread = Data() }
        return String(decoding: unread, as: UTF8.self)
      }
      unread += more
    }
  }

  /// Closes the program's input and waits until it has ended.
  public func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
