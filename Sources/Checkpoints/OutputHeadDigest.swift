internal import Foundation

/// The name of an output head by its content.
public enum OutputHeadDigest {
  /// SHA-256 over V and D as UInt64, the weights and the biases, all little-endian; lower-case hex.
  ///
  /// - Parameters:
  ///   - weights: Row-major. Shape: `[rows, width]`.
  ///   - rows: V.
  ///   - width: D.
  ///   - biases: Empty where there are none. Shape: `[rows]`.
  public static func of(_ weights: Span<Float>, rows: Int, width: Int, biases: [Float] = []) -> String {
    precondition(weights.count == rows * width, "\(weights.count) weights of \(rows) rows of \(width)")
    var digest = Digest()
    for extent in [rows, width] {
      unsafe withUnsafeBytes(of: UInt64(extent).littleEndian) { unsafe digest.add($0) }
    }
    unsafe weights.withUnsafeBytes { unsafe digest.add($0) }
    unsafe biases.withUnsafeBytes { unsafe digest.add($0) }
    return digest.hex
  }
}
