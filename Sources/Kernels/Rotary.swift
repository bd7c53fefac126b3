import CKernels
import Foundation

/// Rotary positions: cosines and sines of every position up to a length that grows when needed.
public struct Rotary: Sendable {
  /// Radians per position of each pair. Shape: `[headWidth / 2]`.
  public let frequencies: [Float]
  private var cosines = FloatStorage(count: 0)
  private var sines = FloatStorage(count: 0)
  private var length = 0

  /// Makes tables for the given frequencies.
  public init(frequencies: [Float]) { self.frequencies = frequencies }

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
        cosineView[position * half + index] = Float(cos(angle))
        sineView[position * half + index] = Float(sin(angle))
      }
    }
  }

  /// Turns the first `heads` heads of each row by its position, in place; `backwards` turns back.
  ///
  /// Positions are below the reserved length. Pairs are `(i, i + headWidth / 2)`.
  public func rotate(_ x: Matrix, heads: Int, positions: [Int32], backwards: Bool = false) {
    let width = 2 * frequencies.count
    precondition(
      positions.count == x.rows && heads * width <= x.columns && positions.allSatisfy { $0 >= 0 && $0 < length },
      "\(positions.count) positions below \(length) for \(x.rows) rows of \(heads) heads of \(width)")
    unsafe positions.withUnsafeBufferPointer { positions in
      guard let base = positions.baseAddress else { return }
      unsafe retort_rotate(
        x.view.pointer, Int64(x.stride), base, Int64(x.rows), Int64(heads), Int64(width), cosines.view.pointer,
        sines.view.pointer, backwards ? -1 : 1)
    }
  }
}
