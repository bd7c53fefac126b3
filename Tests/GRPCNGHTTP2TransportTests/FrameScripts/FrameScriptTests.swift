import GRPCNGHTTP2Transport
import NIOCore
import Testing

@Suite("Frame scripts")
struct FrameScriptTests {
  private static let scripts = connectionScripts + frameScripts + messageScripts + callScripts + compressionScripts

  @Test("the server does what the standard asks, however the bytes are cut", arguments: scripts)
  func server(script: FrameScript) throws {
    for cut in [1 << 20, 1000, 7, 1] where cut > 7 || script.frames.bytes.count < 3000 {
      let reactions = try script.play(cut: cut)
      let asked = script.expected.map(\.description).joined(separator: ", or ")
      let done = reactions.map(\.description).sorted().joined(separator: ", ")
      #expect(!reactions.isDisjoint(with: script.expected), "asked: \(asked); done, in pieces of \(cut): \(done)")
      if script.expected.allSatisfy(\.keepsConnection) {
        #expect(reactions.contains(.nothing), "the connection should go on; done, in pieces of \(cut): \(done)")
      }
      if script.expected == [.nothing] {
        #expect(!reactions.contains { if case .reset = $0 { true } else { false } }, "done: \(done)")
      }
    }
  }

  @Test("there are at least 120 scripts, each of its own name")
  func count() {
    #expect(Self.scripts.count >= 120)
    #expect(Set(Self.scripts.map(\.name)).count == Self.scripts.count)
  }

  @Test("the server says its SETTINGS first, and answers those of the client")
  func settings() throws {
    let server = try MemoryServer()
    try server.receive([.magic, .settings()])
    #expect(server.sent.first?.type == 4)
    #expect(server.sent.contains { $0.type == 4 && $0.flags == 1 })
  }

  @Test("the answer to a ping carries its bytes")
  func pingBytes() throws {
    let server = try MemoryServer()
    try server.receive([.magic, .settings(), .frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])])
    #expect(server.sent.contains { $0.type == 6 && $0.flags == 1 && $0.payload == [1, 2, 3, 4, 5, 6, 7, 8] })
  }
}

extension FrameScript.Reaction {
  fileprivate var keepsConnection: Bool {
    switch self {
    case .goAway, .closed: false
    default: true
    }
  }
}
