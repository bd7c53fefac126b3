import Commands
import Foundation

/// Writes a line to standard output, at once; where that cannot be, the program ends and says why.
func printLine(_ line: String) {
  do { try FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) } catch {
    printProgress("retort: standard output cannot be written: \(FileProblem.words(error))\n")
    exit(1)
  }
}

/// Writes text to standard error as it is; where that cannot be, nothing is said.
@Sendable func printProgress(_ text: String) {
  try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
