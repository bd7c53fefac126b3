import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary

// generate-wire DESCRIPTOR_SET OUTPUT_FOLDER: Swift types and stubs of every file of `protoc --descriptor_set_out`.
do {
  guard CommandLine.arguments.count == 3 else { throw Unsupported(description: "usage: generate-wire SET FOLDER") }
  let bytes = try Data(contentsOf: URL(filePath: CommandLine.arguments[1]))
  let output = URL(filePath: CommandLine.arguments[2], directoryHint: .isDirectory)
  let files = try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
  let set = DescriptorSet(proto: files)
  try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
  for file in set.files {
    let name = Names.file(file.name)
    try Data(MessageGenerator.generate(file).utf8).write(to: output.appending(path: name + "Messages.swift"))
    if let stubs = try StubGenerator.generate(file) {
      try Data(stubs.utf8).write(to: output.appending(path: name + "RPC.swift"))
    }
  }
  try Data(ReflectionGenerator.generate(files, set.files).utf8).write(to: output.appending(path: "ProtoFiles.swift"))
} catch {
  FileHandle.standardError.write(Data("generate-wire: \(error)\n".utf8))
  exit(1)
}
