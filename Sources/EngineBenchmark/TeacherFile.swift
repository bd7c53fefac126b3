import Foundation
import Kernels
import Sequences

/// Log-probs of a teacher that never was: rows of random logits, normalised.
package enum TeacherFile {
  /// Rows that are made at once.
  private static let pieceRows = 64
  /// Logits lie in `0 ..< spread`: the most probable token is about a hundred times as probable as the usual one.
  private static let spread: Float = 8

  /// Writes `rows` rows of `vocabSize` little-endian float32 numbers. Each row follows from its index alone.
  static func write(rows: Int, vocabSize: Int, to url: URL) throws {
    guard FileManager.default.createFile(atPath: url.path(percentEncoded: false), contents: nil) else {
      throw EngineBenchmarkError.cannotWrite(path: url.path(percentEncoded: false))
    }
    let file = try FileHandle(forWritingTo: url)
    defer { try? file.close() }
    for start in stride(from: 0, to: rows, by: pieceRows) {
      let count = min(pieceRows, rows - start)
      let piece = FloatStorage(count: count * vocabSize).view
      ComputePool.forEach(count) { fill(piece.window($0 * vocabSize, vocabSize), row: start + $0) }
      try piece.withSpan { values in
        try unsafe values.bytes.withUnsafeBytes { try file.write(contentsOf: unsafe Data($0)) }
      }
    }
  }

  private static func fill(_ row: FloatView, row index: Int) {
    var generator = SeededGenerator(seed: 2, path: UInt64(index))
    row.withMutableSpan { values in
      for place in values.indices {
        let unit = Float(generator.next() >> 40) * 0x1p-24
        values[place] = unit * unit * spread
      }
    }
    Elementwise.subtract(Softmax.logSumExp(row), from: row, into: row)
  }

  /// Reads a whole file. Shape: `[R, V]`.
  package static func read(_ path: String, count: Int) throws -> [Float] {
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? file.close() }
    var values = [Float](repeating: 0, count: count)
    let piece = 1 << 24
    var filled = 0  // bytes
    while filled < count * 4 {
      guard let data = try file.read(upToCount: min(piece, count * 4 - filled)), !data.isEmpty else {
        throw EngineBenchmarkError.cannotRead(path: path, expected: count * 4, found: filled)
      }
      unsafe values.withUnsafeMutableBytes { target in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...])
        unsafe data.withUnsafeBytes { unsafe rest.copyMemory(from: $0) }
      }
      filled += data.count
    }
    return values
  }
}
