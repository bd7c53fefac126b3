internal import Foundation
internal import Kernels
internal import Transformer

/// A folder that appears complete or not at all: written beside its place under a name of its own, then renamed.
///
/// The name is new each time: a process that was stopped while it wrote, and goes on when another writes the same folder, finds its files
/// gone, and cannot touch those of the other.
struct NewFolder {
  /// What a manifest says of a file.
  struct File: Codable, Sendable, Hashable {
    let name: String
    let size: Int
    let sha256: String
  }

  /// Where the files are written.
  let url: URL
  /// Where they will be.
  let target: URL
  /// The files so far.
  private(set) var files: [File] = []

  /// Writes a folder.
  ///
  /// - Parameters:
  ///   - target: The folder's place; its parent is made where it is missing.
  ///   - replacing: Whether a folder that is there is replaced.
  ///   - body: Writes the files.
  static func write(
    to target: URL, replacing: Bool, _ body: (inout NewFolder) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let (parent, name) = (target.deletingLastPathComponent(), target.lastPathComponent)
    let exists = FileManager.default.fileExists(atPath: target.path(percentEncoded: false))
    guard replacing || !exists else { throw .alreadyExists(path: target.path(percentEncoded: false)) }
    let place = try makePlace(in: parent, for: name)
    defer { try? FileManager.default.removeItem(at: place) }
    let partial = place.appending(path: name, directoryHint: .isDirectory)
    try make(partial)
    var folder = NewFolder(url: partial, target: target)
    try body(&folder)
    try DurableFile.synchronize(folder: partial)
    try put(partial, at: target, replacing: replacing)
    try DurableFile.synchronize(folder: parent)
    // The parent may be as new as the folder.
    try DurableFile.synchronize(folder: parent.deletingLastPathComponent(), whereAllowed: true)
  }

  /// Makes a folder that is nobody else's, after removing those that writers who died left behind.
  private static func makePlace(in parent: URL, for name: String) throws(CheckpointError) -> URL {
    try make(parent)
    let prefix = ".\(name).partial"
    for old in (try? FileManager.default.contentsOfDirectory(atPath: parent.path(percentEncoded: false))) ?? []
    where old.hasPrefix(prefix) {
      try? FileManager.default.removeItem(at: parent.appending(path: old))
    }
    var path = Array(parent.appending(path: "\(prefix)-XXXXXX").path(percentEncoded: false).utf8CString)
    let isMade = unsafe path.withUnsafeMutableBufferPointer { path in
      guard let start = path.baseAddress else { return false }
      return unsafe mkdtemp(start) != nil
    }
    guard isMade else { throw .writeFailed(path: parent.path(percentEncoded: false), code: errno) }
    return URL(filePath: String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// Writes a file of bytes.
  mutating func write(_ name: String, _ bytes: some Sequence<UInt8>) throws(CheckpointError) {
    let file = try DurableFile(url.appending(path: name))
    try file.write(Array(bytes))
    try finish(file, name)
  }

  /// Writes a safetensors file of the given tensors; refuses a number that halves cannot hold.
  mutating func write(
    _ name: String, tensors: [(name: String, shape: [Int], values: FloatView)], type: TensorType
  ) throws(CheckpointError) {
    let file = try DurableFile(url.appending(path: name))
    guard let encoder = FloatDecoder(type) else {
      throw .unsupportedType(path: name, name: "parameters", type: type.rawValue)
    }
    try file.write(Self.header(tensors.map { ($0.name, $0.shape) }, type: type))
    let piece = 1 << 18
    for tensor in tensors {
      for start in stride(from: 0, to: tensor.values.count, by: piece) {
        let values = tensor.values.window(start, min(piece, tensor.values.count - start))
        if let index = encoder.firstTooLarge(values) {
          let (path, place) = (target.appending(path: name).path(percentEncoded: false), start + index)
          guard values[index].isFinite else { throw .notFinite(path: path, name: tensor.name, index: place) }
          throw .tooLargeForType(
            path: path, name: tensor.name, index: place, value: values[index], type: type.rawValue)
        }
        try file.write(encoder.encode(values))
      }
    }
    try finish(file, name)
  }

  private mutating func finish(_ file: DurableFile, _ name: String) throws(CheckpointError) {
    files.append(File(name: name, size: file.size, sha256: try file.finish()))
  }

  /// The header's length and the header, padded with spaces to a multiple of eight bytes. Names are plain ASCII.
  private static func header(_ tensors: [(name: String, shape: [Int])], type: TensorType) -> [UInt8] {
    var offset = 0
    var members = [#""__metadata__":{"format":"pt"}"#]
    for (name, shape) in tensors {
      let end = offset + shape.reduce(type.byteCount, *)
      let extents = shape.map(String.init).joined(separator: ",")
      members.append(
        #""\#(name)":{"dtype":"\#(type.rawValue)","shape":[\#(extents)],"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    var json = Array("{\(members.joined(separator: ","))}".utf8)
    json += [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
  }

  private static func make(_ url: URL) throws(CheckpointError) {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw .writeFailed(path: url.path(percentEncoded: false), code: systemCode(error))
    }
  }

  /// Renames; a folder that is there steps aside and is removed last.
  private static func put(_ partial: URL, at target: URL, replacing: Bool) throws(CheckpointError) {
    do {
      return try rename(partial, target)
    } catch .alreadyExists where replacing {}
    let aside = target.deletingLastPathComponent()
      .appending(path: ".\(target.lastPathComponent).replaced", directoryHint: .isDirectory)
    try? FileManager.default.removeItem(at: aside)
    try rename(target, aside)
    try rename(partial, target)
    try? FileManager.default.removeItem(at: aside)
  }

  private static func rename(_ from: URL, _ to: URL) throws(CheckpointError) {
    let path = to.path(percentEncoded: false)
    guard unsafe Foundation.rename(from.path(percentEncoded: false), path) == 0 else {
      throw errno == EEXIST || errno == ENOTEMPTY ? .alreadyExists(path: path) : .writeFailed(path: path, code: errno)
    }
  }

  /// The system's code behind an error of Foundation.
  private static func systemCode(_ error: any Error) -> Int32 {
    let error = error as NSError
    let cause = (error.userInfo[NSUnderlyingErrorKey] as? NSError) ?? error
    return cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : EIO
  }
}
