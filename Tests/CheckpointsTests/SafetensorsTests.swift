import Checkpoints
import Foundation
import Kernels
import Testing

/// One way in which a safetensors file can be wrong.
struct MalformedFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  /// Part of the message.
  let says: String

  init(_ what: String, _ header: String, data: Int = 0, length: UInt64? = nil, says: String) {
    testDescription = what
    bytes = safetensors(header, data: [UInt8](repeating: 0, count: data), length: length)
    self.says = says
  }

  private static func one(_ members: String) -> String { #"{"a":{\#(members)}}"# }
  private static let a = #""dtype":"F32","shape":[2],"data_offsets":[0,8]"#
  private static let empty = #""dtype":"F32","shape":[0],"data_offsets":[0,0]"#

  static let all: [MalformedFile] = [
    MalformedFile("a header longer than the file", "{}", length: 3, says: "ends early"),
    MalformedFile("a header over the limit", "{}", length: 1 << 25, says: "at most"),
    MalformedFile("a header of 2⁶⁴ − 1 bytes", "{}", length: .max, says: "at most"),
    MalformedFile("no header", "", says: "must begin with {"),
    MalformedFile("a list", "[]", says: "must begin with {"),
    MalformedFile("a space before the header", " {}", says: "must begin with {"),
    MalformedFile("a header without end", #"{"a":{"#, says: "expected"),
    MalformedFile("bytes after the header's end", "{}x", says: "follow its end"),
    MalformedFile("a comma too many", "{\(#""a":{\#(empty)},"#)}", says: "expected"),
    MalformedFile("a tensor that is no object", #"{"a":1}"#, says: "expected"),
    MalformedFile("metadata that is no text", #"{"__metadata__":{"a":1}}"#, says: "expected"),
    MalformedFile("metadata twice", #"{"__metadata__":{},"__metadata__":{}}"#, says: "twice"),
    MalformedFile("a tensor twice", #"{"a":{\#(empty)},"a":{\#(empty)}}"#, says: "twice"),
    MalformedFile(
      "a tensor twice, once escaped", #"{"a":{\#(empty)},"\#("\\")u0061":{\#(empty)}}"#, says: "twice"),
    MalformedFile("a key twice", one(#"\#(a),"dtype":"F32""#), data: 8, says: "twice"),
    MalformedFile("an unknown key", one(#"\#(a),"strides":[1]"#), data: 8, says: "unknown key"),
    MalformedFile("no type", one(#""shape":[2],"data_offsets":[0,8]"#), data: 8, says: "needs dtype"),
    MalformedFile("no shape", one(#""dtype":"F32","data_offsets":[0,8]"#), data: 8, says: "needs dtype"),
    MalformedFile("no offsets", one(#""dtype":"F32","shape":[2]"#), data: 8, says: "needs dtype"),
    MalformedFile("an unknown type", one(a.replacing("F32", with: "Q4")), data: 8, says: "unknown type"),
    MalformedFile("a type in lower case", one(a.replacing("F32", with: "f32")), data: 8, says: "unknown type"),
    MalformedFile("three offsets", one(a.replacing("0,8", with: "0,4,8")), data: 8, says: "two numbers"),
    MalformedFile("a negative extent", one(a.replacing("[2]", with: "[-2]")), data: 8, says: "whole number"),
    MalformedFile("a broken extent", one(a.replacing("[2]", with: "[2.5]")), data: 8, says: "expected"),
    MalformedFile("an extent as text", one(a.replacing("[2]", with: "[\"2\"]")), data: 8, says: "whole number"),
    MalformedFile("a leading zero", one(a.replacing("[2]", with: "[02]")), data: 8, says: "begins with 0"),
    MalformedFile("an extent over 2⁵³", one(a.replacing("[2]", with: "[99999999999999999999]")), says: "2^53"),
    MalformedFile(
      "extents whose product overflows",
      one(a.replacing("[2]", with: "[4503599627370496,4503599627370496]")), data: 8, says: "too large"),
    MalformedFile(
      "a shape too large for its bytes", one(a.replacing("[2]", with: "[3]")), data: 8, says: "does not fit"),
    MalformedFile(
      "a type too small for its bytes", one(a.replacing("F32", with: "F16")), data: 8, says: "does not fit"),
    MalformedFile(
      "a hundred extents", one(a.replacing("[2]", with: "[\(String(repeating: "1,", count: 99))1]")), data: 8,
      says: "64"),
    MalformedFile("offsets that go backwards", one(a.replacing("0,8", with: "8,0")), data: 8, says: "lies at"),
    MalformedFile("offsets past the file", one(a), data: 7, says: "lies at"),
    MalformedFile(
      "bytes that belong to none, at the start", one(a.replacing("0,8", with: "4,12")), data: 12, says: "belong to none"
    ),
    MalformedFile("bytes that belong to none, at the end", one(a), data: 9, says: "follow the last"),
    MalformedFile("bytes and no tensors", "{}", data: 1, says: "follow the last"),
    MalformedFile(
      "two tensors on the same bytes", #"{"a":{\#(a)},"b":{\#(a)}}"#, data: 8, says: "before the last one's end"),
    MalformedFile(
      "two tensors that overlap", #"{"a":{\#(a)},"b":{\#(a.replacing("0,8", with: "4,12"))}}"#, data: 12,
      says: "before the last one's end"),
    MalformedFile(
      "a hole between tensors", #"{"a":{\#(a)},"b":{\#(a.replacing("0,8", with: "12,20"))}}"#, data: 20,
      says: "belong to none"),
    MalformedFile("a name without end", #"{"a"#, says: "no end"),
    MalformedFile("a control character in a name", "{\"a\n\":{\(empty)}}", says: "control"),
    MalformedFile("an unknown escape", #"{"\q":{\#(empty)}}"#, says: "escape"),
    MalformedFile("half a surrogate pair", #"{"\ud800":{\#(empty)}}"#, says: "surrogate"),
  ]
}

@Suite struct SafetensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("refuses a malformed file, naming it, the place and the fault", arguments: MalformedFile.all)
  func malformed(_ file: MalformedFile) throws {
    let url = try folder.write("model.safetensors", file.bytes)
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
    let message = try #require(error?.description)
    #expect(message.contains(file.says) && message.contains("model.safetensors at byte"), "\(message)")
    #expect(!message.contains("\n"))
  }

  @Test("refuses a file that is too short for a length", arguments: 0..<8)
  func tooShort(_ count: Int) throws {
    let url = try folder.write("a.safetensors", [UInt8](repeating: 0, count: count))
    #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
  }

  @Test("refuses a name that is not UTF-8")
  func notUTF8() throws {
    var bytes = safetensors(#"{"ab":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#)
    bytes[10] = 0xFF
    let url = try folder.write("a.safetensors", bytes)
    #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
  }

  @Test("refuses what is no regular file", arguments: ["folder", "/dev/zero", "missing"])
  func notAFile(_ name: String) throws {
    let url = name.hasPrefix("/") ? URL(filePath: name) : folder.url.appending(path: name)
    if name == "folder" { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
  }

  @Test("no cut and no changed byte of a header makes it crash or read past the end")
  func everyCut() throws {
    let good = safetensors(
      #"{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}"#,
      data: [UInt8](repeating: 1, count: 8))
    for count in good.indices {
      let url = try folder.write("a.safetensors", good.prefix(count))
      #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
    }
    for index in good.indices.dropLast(8) {
      for byte: UInt8 in [0, 0x22, 0x30, 0x7B, 0xFF] {
        var bytes = good
        bytes[index] = byte
        _ = try? SafetensorsFile(folder.write("a.safetensors", bytes))
      }
    }
  }

  @Test("accepts empty tensors, scalars, spaces and escapes")
  func odd() throws {
    let header =
      #"{ "a\u00e9\ud83d\ude00" : { "shape" : [ ] , "dtype" : "F32" , "data_offsets" : [ 0 , 4 ] } , "#
      + #""none":{"dtype":"I64","shape":[3,0],"data_offsets":[4,4]}}   "#
    let url = try folder.write("a.safetensors", safetensors(header, data: [0, 0, 0x80, 0x3F]))
    let file = try SafetensorsFile(url)
    let entry = try #require(file["aé😀"])
    let values = FloatStorage(count: 1).view
    try file.read(entry, into: values)
    #expect(values[0] == 1 && file["none"]?.count == 0 && file["x"] == nil)
  }

  @Test("reads each float type, and names the element that is not finite")
  func types() throws {
    let header =
      #"{"f":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},"#
      + #""h":{"dtype":"F16","shape":[2],"data_offsets":[12,16]},"i":{"dtype":"I32","shape":[1],"data_offsets":[16,20]}}"#
    let data: [UInt8] = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0xC0, 0x3F, 0, 0xC0, 0, 0x3E, 0, 0xC0, 1, 0, 0, 0]
    let values = FloatStorage(count: 2).view
    var file = try SafetensorsFile(folder.write("a.safetensors", safetensors(header, data: data)))
    for name in ["f", "b", "h"] {
      try file.read(try #require(file[name]), into: values)
      #expect(values.array == [1.5, -2])
    }
    let integer = try #require(file["i"])
    #expect(throws: CheckpointError.self) { try file.read(integer, into: values.window(0, 1)) }
    var broken = data
    (broken[14], broken[15]) = (0, 0x7C)  // The half's infinity.
    file = try SafetensorsFile(folder.write("b.safetensors", safetensors(header, data: broken)))
    let half = try #require(file["h"])
    #expect(throws: CheckpointError.notFinite(path: file.path, name: "h", index: 1)) {
      try file.read(half, into: values)
    }
  }

  @Test("reads files that others made", .enabled(if: SharedData.isPresent, "needs ../shared/data"))
  func fixtures() throws {
    let fixtures = SharedData.folder.appending(path: "safetensors-fixtures")
    for (name, type, rank) in [
      ("tensor-1d-int32", TensorType.int32, 1), ("tensor-2d-float64", .float64, 2), ("tensor-3d-float32", .float32, 3),
      ("tensor-4d-float32", .float32, 4),
    ] {
      let file = try SafetensorsFile(fixtures.appending(path: "\(name).safetensors"))
      let tensor = try #require(file.header.tensors.first)
      #expect(tensor.type == type && tensor.shape.count == rank && file.header.tensors.count == 1)
    }
  }
}
