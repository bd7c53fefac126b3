import Foundation

/// Writes a line to standard output, at once.
func printLine(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

/// Writes text to standard error as it is.
@Sendable func printProgress(_ text: String) {
  FileHandle.standardError.write(Data(text.utf8))
}
