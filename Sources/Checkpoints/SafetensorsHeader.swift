/// Element types of safetensors.
public enum TensorType: String, Sendable, Hashable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    }
  }
}

/// One tensor of a safetensors file.
public struct TensorEntry: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its element type.
  public let type: TensorType
  /// Its shape; row-major.
  public let shape: [Int]
  /// Its bytes, from the end of the header.
  public let range: Range<Int>

  /// Number of elements.
  public var count: Int { range.count / type.byteCount }
}

/// The header of a safetensors file, with everything checked: each byte after it belongs to exactly one tensor.
///
/// A file is 8 bytes with the header's length, little-endian; the header, a JSON object; the tensors' bytes.
public struct SafetensorsHeader: Sendable, Hashable {
  /// Largest header that is read, in bytes.
  public static let sizeLimit = 16 << 20

  /// The tensors, in the order of their bytes.
  public let tensors: [TensorEntry]
  /// Free text beside them.
  public let metadata: [String: String]

  /// Where and how a header is wrong.
  package struct Failure: Error {
    let offset: Int
    let fault: FileFault
  }

  /// Parses the JSON of a header.
  ///
  /// - Parameters:
  ///   - json: The header without its length.
  ///   - dataSize: Number of bytes that follow it.
  package init(json: [UInt8], dataSize: Int) throws(Failure) {
    var scanner = HeaderScanner(json)
    let parsed = try scanner.header()
    metadata = parsed.metadata
    var tensors: [TensorEntry] = []
    for raw in parsed.tensors { tensors.append(try Self.entry(raw, dataSize)) }
    tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    try Self.checkCover(tensors, dataSize: dataSize, headerSize: json.count)
    self.tensors = tensors
  }

  private static func entry(_ raw: HeaderScanner.RawTensor, _ dataSize: Int) throws(Failure) -> TensorEntry {
    func fail(_ fault: FileFault) -> Failure { Failure(offset: raw.offset + 8, fault: fault) }
    guard let type = TensorType(rawValue: raw.type) else {
      throw fail(.unknownType(name: raw.name, type: raw.type))
    }
    guard raw.begin <= raw.end, raw.end <= dataSize else {
      throw fail(.offsets(name: raw.name, begin: raw.begin, end: raw.end, dataSize: dataSize))
    }
    var byteCount = type.byteCount
    for extent in raw.shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw fail(.shapeOverflow(name: raw.name)) }
      byteCount = product
    }
    guard byteCount == raw.end - raw.begin else {
      throw fail(
        .extentMismatch(name: raw.name, shape: raw.shape, type: raw.type, byteCount: raw.end - raw.begin))
    }
    return TensorEntry(name: raw.name, type: type, shape: raw.shape, range: raw.begin..<raw.end)
  }

  /// Throws unless the tensors, in the order of their bytes, follow each other from the first byte to the last.
  private static func checkCover(_ tensors: [TensorEntry], dataSize: Int, headerSize: Int) throws(Failure) {
    var end = 0
    for tensor in tensors {
      let begin = tensor.range.lowerBound
      let offset = 8 + headerSize + begin
      guard begin >= end else {
        throw Failure(offset: offset, fault: .overlap(name: tensor.name, begin: begin, previousEnd: end))
      }
      guard begin == end else {
        throw Failure(offset: 8 + headerSize + end, fault: .hole(before: tensor.name, from: end, to: begin))
      }
      end = tensor.range.upperBound
    }
    guard end == dataSize else {
      throw Failure(offset: 8 + headerSize + end, fault: .trailingBytes(dataSize - end))
    }
  }
}
