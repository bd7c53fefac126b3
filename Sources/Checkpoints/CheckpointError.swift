internal import Foundation
internal import Sequences

/// Why a model folder or a checkpoint cannot be read or written. What was there before is untouched.
public enum CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A file or folder that is not there.
  case notFound(path: String)
  /// A file that is not there though another file names it.
  case missingFile(path: String, namedBy: String)
  /// A folder of adapters in the place of a model.
  case noModel(folder: String)
  /// A symbolic link to nothing.
  case danglingLink(path: String, target: String)
  /// A folder without anything to load parameters from; `found` is a file of a kind that is never read.
  case noParameters(folder: String, found: String?)
  /// Something that is no regular file.
  case notARegularFile(path: String)
  /// The system refused to read.
  case readFailed(path: String, code: Int32)
  /// A file larger than one of its kind may be.
  case tooLarge(path: String, size: Int, limit: Int)
  /// A file that breaks its format; `offset` is in bytes from the file's start.
  case malformed(path: String, offset: Int, fault: FileFault)
  /// JSON that is none, or lacks a key, or has a value of another type.
  case malformedJSON(path: String, reason: String)
  /// A name in an index that is no plain file name.
  case pathEscape(path: String, entry: String)
  /// A symbolic link to a place outside of its folder.
  case linkEscape(path: String, target: String)
  /// An architecture that the engine has not.
  case unsupportedArchitecture(path: String, name: String, known: [String])
  /// A value of a configuration that the engine has not.
  case unsupportedValue(path: String, key: String, value: String, supported: String)
  /// A tensor of the architecture that no file has.
  case missingTensor(folder: String, name: String, hint: String)
  /// A tensor that the architecture has not.
  case unexpectedTensor(path: String, name: String)
  /// A tensor of a file that belongs to another file, which does not name it.
  case unlistedTensor(path: String, name: String, list: String)
  /// A tensor of another shape.
  case wrongShape(path: String, name: String, expected: [Int], found: [Int])
  /// A tensor of a type that is not read as parameters.
  case unsupportedType(path: String, name: String, type: String)
  /// A head that is said to be the embedding but differs from it.
  case untiedHead(path: String, name: String)
  /// A parameter that is NaN or infinite.
  case notFinite(path: String, name: String, index: Int)
  /// A parameter that would be infinite in the type that is to be written.
  case tooLargeForType(path: String, name: String, index: Int, value: Float, type: String)
  /// A parameter that is NaN or infinite once adapters are merged.
  case notFiniteMerged(adapters: String, name: String, index: Int)
  /// The system refused to write.
  case writeFailed(path: String, code: Int32)
  /// A folder to be written that is there already.
  case alreadyExists(path: String)
  /// A file of a checkpoint that is not as its manifest says.
  case damaged(checkpoint: String, file: String, fault: ManifestFault)
  /// A checkpoint of another arithmetic: going on would not give the same bits.
  case otherArithmetic(checkpoint: String, saved: String, present: String)
  /// A checkpoint whose parts do not belong together.
  case inconsistent(checkpoint: String, what: String, expected: Int, found: Int)

  /// One line: what, where, what to do.
  public var description: String { text.inOneLine }

  private var text: String {
    switch self {
    case .notFound(let path): "\(path) does not exist: give a Hugging Face model folder"
    case .missingFile(let path, let list):
      "\(path) does not exist, though \(list) names it: copy all files of the folder"
    case .noModel(let folder):
      "\(folder) has no config.json, only adapters: give the model's folder; "
        + "retort export --adapters merges adapters into a model"
    case .danglingLink(let path, let target):
      "\(path) is a link to \(target.debugDescription), which does not exist: copy the file into the folder"
    case .noParameters(let folder, let found?):
      "\(folder) has \(found), which may hold code and is never read: convert it to model.safetensors"
    case .noParameters(let folder, nil):
      "\(folder) has neither model.safetensors nor model.safetensors.index.json: give a Hugging Face model folder"
    case .notARegularFile(let path): "\(path) is not a regular file"
    case .readFailed(let path, let code): "\(path) cannot be read: \(Self.text(code))"
    case .tooLarge(let path, let size, let limit): "\(path) has \(size) bytes where at most \(limit) are read"
    case .malformed(let path, let offset, let fault): "\(path) at byte \(offset): \(fault)"
    case .malformedJSON(let path, let reason): "\(path): \(reason)"
    case .pathEscape(let path, let entry):
      "\(path) names \(entry.debugDescription): a shard must be a plain file name beside the index"
    case .linkEscape(let path, let target):
      "\(path) is a link to \(target.debugDescription), outside of its folder: copy the file into the folder"
    case .unsupportedArchitecture(let path, let name, let known):
      "\(path): the architecture \(name) is not supported; known are \(known.joined(separator: ", "))"
    case .unsupportedValue(let path, let key, let value, let supported):
      "\(path): \(key) is \(value); supported: \(supported)"
    case .missingTensor(let folder, let name, let hint):
      "\(folder): the tensor \(name) is missing" + (hint.isEmpty ? "" : "; \(hint)")
    case .unexpectedTensor(let path, let name):
      "\(path): the tensor \(name) is none of this architecture: config.json and parameters do not belong together"
    case .unlistedTensor(let path, let name, let list):
      "\(path): the tensor \(name) is none that \(list) names: the two files do not belong together"
    case .wrongShape(let path, let name, let expected, let found):
      "\(path): the tensor \(name) has the shape \(found) where config.json asks for \(expected)"
    case .unsupportedType(let path, let name, let type):
      "\(path): the tensor \(name) has the type \(type); parameters are read from F32, BF16, F16 and F64"
    case .untiedHead(let path, let name):
      "\(path): config.json ties the head to the embedding, but \(name) differs from it: set tie_word_embeddings to false"
    case .notFinite(let path, let name, let index):
      "\(path): the tensor \(name) is NaN or infinite at element \(index): the model is broken"
    case .tooLargeForType(let path, let name, let index, let value, let type):
      "\(path): the tensor \(name) has \(value) at element \(index), which would be infinite in \(type): take \(type == "F16" ? "BF16 or F32" : "F32")"
    case .notFiniteMerged(let adapters, let name, let index):
      "\(adapters): merged into the model, the tensor \(name) is NaN or infinite at element \(index): the adapters are broken, "
        + "or another model's"
    case .writeFailed(let path, let code): "\(path) cannot be written: \(Self.text(code)); nothing was left behind"
    case .alreadyExists(let path): "\(path) exists already: remove it or choose another folder"
    case .damaged(let checkpoint, let file, let fault):
      "\(checkpoint): \(file) \(fault): the checkpoint is damaged"
    case .otherArithmetic(let checkpoint, let saved, let present):
      "\(checkpoint) was made with the arithmetic \(saved), this process has \(present): the run would not repeat bit for bit; "
        + "set OPENBLAS_CORETYPE as it was, or allow another arithmetic"
    case .inconsistent(let checkpoint, let what, let expected, let found):
      "\(checkpoint): \(what) is \(found) where \(expected) is expected: its files do not belong together"
    }
  }

  private static func text(_ code: Int32) -> String {
    switch code {
    case ENOSPC: "the disk is full; free some space and start again"
    case EDQUOT: "the disk quota is used up; free some space and start again"
    default: unsafe String(cString: strerror(code))
    }
  }
}

/// How a safetensors file can break its format.
public enum FileFault: Sendable, Hashable, CustomStringConvertible {
  /// Fewer bytes than are announced.
  case truncated(needed: Int, found: Int)
  /// A header larger than the limit.
  case headerTooLarge(size: UInt64, limit: Int)
  /// The header is no JSON object of tensors.
  case header(String)
  /// A key twice.
  case repeatedName(String)
  /// An element type that safetensors has not.
  case unknownType(name: String, type: String)
  /// A shape whose extent does not fit its bytes.
  case extentMismatch(name: String, shape: [Int], type: String, byteCount: Int)
  /// A shape whose extent is not a number that fits.
  case shapeOverflow(name: String)
  /// Offsets that go backwards or leave the file.
  case offsets(name: String, begin: Int, end: Int, dataSize: Int)
  /// Bytes between two tensors that belong to none.
  case hole(before: String, from: Int, to: Int)
  /// Bytes that belong to two tensors.
  case overlap(name: String, begin: Int, previousEnd: Int)
  /// Bytes after the last tensor.
  case trailingBytes(Int)

  /// What is wrong.
  public var description: String {
    switch self {
    case .truncated(let needed, let found): "the file ends early: \(needed) bytes are needed, \(found) are there"
    case .headerTooLarge(let size, let limit): "the header has \(size) bytes where at most \(limit) are read"
    case .header(let what): "the header is malformed: \(what)"
    case .repeatedName(let name): "the name \(name) stands twice"
    case .unknownType(let name, let type): "the tensor \(name) has the unknown type \(type)"
    case .extentMismatch(let name, let shape, let type, let count):
      "the tensor \(name) of shape \(shape) and type \(type) does not fit its \(count) bytes"
    case .shapeOverflow(let name): "the shape of the tensor \(name) is too large"
    case .offsets(let name, let begin, let end, let size):
      "the tensor \(name) lies at \(begin)..<\(end) of \(size) bytes"
    case .hole(let name, let from, let to): "the bytes \(from)..<\(to) before the tensor \(name) belong to none"
    case .overlap(let name, let begin, let end):
      "the tensor \(name) begins at \(begin), before the last one's end \(end)"
    case .trailingBytes(let count): "\(count) bytes follow the last tensor"
    }
  }
}

/// How a file of a checkpoint can differ from its manifest.
public enum ManifestFault: Sendable, Hashable, CustomStringConvertible {
  /// It is not there.
  case missing
  /// It has another size.
  case size(expected: Int, found: Int)
  /// It has other bytes.
  case digest
  /// The manifest itself cannot be understood.
  case manifest

  /// What is wrong, after the file's name.
  public var description: String {
    switch self {
    case .missing: "is missing"
    case .size(let expected, let found): "has \(found) bytes where the manifest says \(expected)"
    case .digest: "does not have the SHA-256 of the manifest"
    case .manifest: "is not a manifest of this format"
    }
  }
}
