import CKernels
import Foundation

/// Rotary positions: cosines and sines of every position up to a length that grows when needed.
public struct Rotary: Sendable {
  /// Radians per position of each pair. Shape: `[pairs]`.
  public let frequencies: [Float]
  /// Factor of cosines and sines.
  public let scale: Float
  private var cosines = FloatStorage(count: 0)
  private var sines = FloatStorage(count: 0)
  private var length = 0

  /// Makes tables for the given frequencies.
  public init(frequencies: [Float], scale: Float = 1) {
    self.frequencies = frequencies
    self.scale = scale
  }

  /// Makes room for positions below `newLength`.
  public mutating func reserve(_ newLength: Int) {
    guard newLength > length else { return }
    length = max(newLength, 2 * length)
    let half = frequencies.count
    (cosines, sines) = (FloatStorage(count: length * half), FloatStorage(count: length * half))
    let (cosineView, sineView) = (cosines.view, sines.view)
    for position in 0..<length {
      for (index, frequency) in frequencies.enumerated() {
        // The angle is rounded to float, as everybody's is; only its cosine and sine are taken in double.
        let angle = Double(Float(position) * frequency)
        cosineView[position * half + index] = Float(cos(angle)) * scale
        sineView[position * half + index] = Float(sin(angle)) * scale
      }
    }
  }

  /// Turns the first columns of each row's heads by its position, in place; `backwards` turns back. Heads begin at the
  /// first column of `x`, `headStride` columns apart.
  ///
  /// Positions are below the reserved length. Pairs are `(i, i + pairs)`; columns from `2 · pairs` on stay.
  public func rotate(
    _ x: Matrix, heads: Int, headStride: Int? = nil, positions: [Int32], backwards: Bool = false
  ) {
    let width = 2 * frequencies.count
    let headStride = headStride ?? width
    precondition(
      positions.count == x.rows && (heads - 1) * headStride + width <= x.columns
        && positions.allSatisfy { $0 >= 0 && $0 < length },
      "\(positions.count) positions below \(length) for \(x.rows) rows of \(heads) heads of \(width)")
    let (cosines, sines) = (cosines.view, sines.view)
    RowPieces.forEach(x.rows, width: heads * width) { rows in
      unsafe positions.withUnsafeBufferPointer { positions in
        guard let base = positions.baseAddress else { return }
        unsafe retort_rotate(
          x.view.pointer + rows.lowerBound * x.stride, Int64(x.stride), base + rows.lowerBound, Int64(rows.count),
          Int64(heads), Int64(headStride), Int64(width), cosines.pointer, sines.pointer, backwards ? -1 : 1)
      }
    }
  }
}
