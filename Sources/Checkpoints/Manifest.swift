internal import Foundation

/// What a checkpoint consists of: `manifest.json`, the last file that is written.
struct Manifest: Codable {
  static let name = "manifest.json"
  static let currentFormat = 1

  let format: Int
  let files: [NewFolder.File]

  /// Files without which a folder is no checkpoint.
  private static let required = ["config.json", "model.safetensors", "optimizer.safetensors", "trainer_state.json"]

  /// Throws, with the file's name, unless each file has the size and the digest of the manifest.
  static func verify(_ folder: URL) throws(CheckpointError) {
    let path = folder.path(percentEncoded: false)
    func damaged(_ file: String, _ fault: ManifestFault) -> CheckpointError {
      .damaged(checkpoint: path, file: file, fault: fault)
    }
    let manifest: Manifest
    do {
      manifest = try JSONFile.read(Manifest.self, folder.appending(path: name), limit: 1 << 20)
    } catch .notFound {
      throw damaged(name, .missing)
    } catch .malformedJSON {
      throw damaged(name, .manifest)
    }
    guard manifest.format == currentFormat, manifest.files.allSatisfy({ TensorStore.isPlainName($0.name) }) else {
      throw damaged(name, .manifest)
    }
    for missing in required where !manifest.files.contains(where: { $0.name == missing }) {
      throw damaged(missing, .missing)
    }
    for entry in manifest.files {
      let file: InputFile
      do {
        file = try InputFile(folder.appending(path: entry.name))
      } catch .notFound {
        throw damaged(entry.name, .missing)
      }
      guard file.size == entry.size else {
        throw damaged(entry.name, .size(expected: entry.size, found: file.size))
      }
      guard try file.digest() == entry.sha256 else { throw damaged(entry.name, .digest) }
    }
  }
}
