import Foundation
import Kernels
import Programs
import Testing
import TiedPrograms

@Suite("Processes that share the cores")
struct ComputeShareTests {
  private let file = FileManager.default.temporaryDirectory.appending(path: "retort-share-\(UUID().uuidString)")

  private func share() throws -> ComputeShare { try #require(ComputeShare(path: file.path(percentEncoded: false))) }

  @Test("divide them among those that compute just now")
  func threads() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    let (one, other, third) = (try share(), try share(), try share())
    #expect([one, other, third].map { $0.threads(of: 8) } == [8, 8, 8])
    other.computing {
      #expect(one.threads(of: 8) == 4 && other.threads(of: 8) == 8)
      third.computing { #expect([one, other, third].map { $0.threads(of: 8) } == [2, 4, 4]) }
      #expect(one.threads(of: 1) == 1)
    }
    #expect(one.threads(of: 8) == 8)
  }

  @Test("a process computes as long as any of its work is under way")
  func nested() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    let (one, other) = (try share(), try share())
    other.computing {
      other.computing {}
      #expect(one.threads(of: 4) == 2)
    }
    #expect(one.threads(of: 4) == 4)
  }

  @Test("the place of a process that was killed is free again")
  func killed() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    let child = try PipedProgram.tied(URL(filePath: "/bin/true"), output: .discarded)
    #expect(child.running.wait() == .status(0))
    // All places belong to a process that has ended, and that said it was computing.
    let place = withUnsafeBytes(of: (child.running.processID.littleEndian, Int32(1).littleEndian)) { Array($0) }
    try Data((0..<16).flatMap { _ in place }).write(to: file)
    let one = try share()
    #expect(one.threads(of: 32) == 2)
    let rest = try (1..<16).map { _ in try share() }
    #expect(one.threads(of: 32) == 32)
    withExtendedLifetime(rest) { #expect(ComputeShare(path: file.path(percentEncoded: false)) == nil) }
  }

  @Test("a file that cannot be mapped shares nothing")
  func unwritable() {
    #expect(ComputeShare(path: "/proc/self/none/share") == nil)
  }
}
