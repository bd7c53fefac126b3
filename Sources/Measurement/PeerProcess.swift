import Foundation
import Programs

/// A program that takes part in a measurement: it reads lines, prints lines, and ends when its standard input does.
public final class PeerProcess {
  /// The words that started it.
  public let command: [String]
  private let program: PipedProgram
  private var unread = Data()

  /// Starts a program of the search path; words of the form `NAME=VALUE` before it are set in its environment.
  public init(_ command: [String]) throws {
    self.command = command
    program = try PipedProgram("/usr/bin/env", command)
  }

  /// Sends a line. Throws where the program has ended.
  public func write(_ line: String) throws { try program.input.write(contentsOf: Data((line + "\n").utf8)) }

  /// The next line that the program prints, without its end; what there is, when the program ends first.
  public func readLine() -> String {
    while true {
      if let end = unread.firstIndex(of: 10) {
        let line = unread[unread.startIndex..<end]
        unread = Data(unread[(end + 1)...])
        return String(decoding: line, as: UTF8.self)
      }
      // `read(upToCount:)` waits until the count is there: what has come is what a line may end with.
      let more = program.output.availableData
      guard !more.isEmpty else {
        defer { unread = Data() }
        return String(decoding: unread, as: UTF8.self)
      }
      unread += more
    }
  }

  /// Closes the program's input and waits until it has ended.
  public func end() {
    try? program.input.close()
    program.running.wait()
  }
}
