public import Foundation
public import Kernels

/// A safetensors file, open for reading. Its header is checked when it is opened; its tensors are read when they are asked for.
public final class SafetensorsFile: Sendable {
  /// The header.
  public let header: SafetensorsHeader
  private let file: InputFile
  private let dataStart: Int
  private let places: [String: Int]

  /// Where the file is.
  public var path: String { file.path }

  /// Opens a file and checks its header.
  public init(_ url: URL) throws(CheckpointError) {
    let file = try InputFile(url)
    func fail(_ offset: Int, _ fault: FileFault) -> CheckpointError {
      .malformed(path: file.path, offset: offset, fault: fault)
    }
    guard file.size >= 8 else { throw fail(0, .truncated(needed: 8, found: file.size)) }
    let length = try file.read(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafetensorsHeader.sizeLimit) else {
      throw fail(0, .headerTooLarge(size: length, limit: SafetensorsHeader.sizeLimit))
    }
    dataStart = 8 + Int(length)
    guard dataStart <= file.size else { throw fail(0, .truncated(needed: dataStart, found: file.size)) }
    do {
      header = try SafetensorsHeader(json: file.read(8..<dataStart), dataSize: file.size - dataStart)
    } catch let failure as SafetensorsHeader.Failure {
      throw fail(failure.offset, failure.fault)
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw fail(8, .header("\(error)"))
    }
    self.file = file
    places = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($0.element.name, $0.offset) })
  }

  /// The tensor of a name.
  public subscript(name: String) -> TensorEntry? { places[name].map { header.tensors[$0] } }

  /// Reads a tensor of F32, BF16, F16 or F64 as float32; refuses NaN and infinities by the tensor's name.
  public func read(_ tensor: TensorEntry, into values: FloatView) throws(CheckpointError) {
    precondition(values.count == tensor.count, "\(values.count) places for \(tensor.count) elements")
    guard let decoder = FloatDecoder(tensor.type) else {
      throw .unsupportedType(path: path, name: tensor.name, type: tensor.type.rawValue)
    }
    let piece = 1 << 18
    for start in stride(from: 0, to: tensor.count, by: piece) {
      let count = min(piece, tensor.count - start)
      let begin = dataStart + tensor.range.lowerBound + start * tensor.type.byteCount
      let bytes = try file.read(begin..<begin + count * tensor.type.byteCount)
      if let bad = decoder.decode(bytes, into: values.window(start, count)) {
        throw .notFinite(path: path, name: tensor.name, index: start + bad)
      }
    }
  }
}

/// Little-endian bytes of one element type to and from float32.
struct FloatDecoder {
  private let type: TensorType

  /// Float32 itself.
  static let float32 = FloatDecoder(exactly: .float32)

  private init(exactly type: TensorType) { self.type = type }

  /// Nil for types that are not read as parameters.
  init?(_ type: TensorType) {
    guard [.float32, .bfloat16, .float16, .float64].contains(type) else { return nil }
    self.init(exactly: type)
  }

  /// Writes the elements; returns the index of the first that is NaN or infinite.
  func decode(_ bytes: [UInt8], into values: FloatView) -> Int? {
    unsafe bytes.withUnsafeBytes { raw in
      for index in 0..<values.count {
        let value: Float =
          switch type {
          case .bfloat16:
            unsafe Float(
              bitPattern: UInt32(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
                << 16)
          case .float16:
            unsafe Float(
              Float16(
                bitPattern: UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))))
          case .float64:
            // A number beyond float32 becomes infinite, and is refused below.
            unsafe Float(
              Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))))
          default:
            unsafe Float(
              bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
          }
        guard value.isFinite else { return index }
        values[index] = value
      }
      return nil
    }
  }

  /// The index of the first element that a half of this type cannot hold: rounded, it would be infinite, or it is no number.
  func firstTooLarge(_ values: FloatView) -> Int? {
    // Halfway from the largest number to the next power of two, where rounding goes up.
    let bound: Float
    switch type {
    case .float16: bound = 65_520
    case .bfloat16: bound = Float(bitPattern: 0x7F7F_8000)
    default: return nil
    }
    return values.firstIndex { !($0.magnitude < bound) }
  }

  /// The bytes of some elements; halves are rounded to the nearest, ties to even.
  func encode(_ values: FloatView) -> [UInt8] {
    switch type {
    case .bfloat16:
      bytes(values) { bits in UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16).littleEndian }
    case .float64: bytes(values) { bits in Double(Float(bitPattern: bits)).bitPattern.littleEndian }
    case .float16: bytes(values) { bits in Float16(Float(bitPattern: bits)).bitPattern.littleEndian }
    default: bytes(values) { bits in bits.littleEndian }
    }
  }

  private func bytes<Pattern: FixedWidthInteger>(_ values: FloatView, _ pattern: (UInt32) -> Pattern) -> [UInt8] {
    let (count, width) = (values.count, MemoryLayout<Pattern>.size)
    return unsafe [UInt8](unsafeUninitializedCapacity: count * width) { buffer, written in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      for index in 0..<count {
        unsafe raw.storeBytes(of: pattern(values[index].bitPattern), toByteOffset: index * width, as: Pattern.self)
      }
      written = count * width
    }
  }
}

extension FloatView {
  /// The index of the first element of which something holds.
  func firstIndex(where holds: (Float) -> Bool) -> Int? {
    withSpan { span in
      for index in span.indices where holds(span[index]) { return index }
      return nil
    }
  }
}
