import Foundation
import Kernels
import Programs
import Testing
import TiedPrograms

/// From narrow to wide.
private let forms = ["generic", "avx2", "avx512", "avx512bf16"]

/// What this processor can run, by what Linux says of it.
private let widestForm: Int = {
  let lines = ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").split(separator: "\n")
  let flags = Set(lines.first { $0.hasPrefix("flags") }?.split(whereSeparator: \.isWhitespace).map(String.init) ?? [])
  guard flags.isSuperset(of: ["avx2", "fma"]) else { return 0 }
  guard flags.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"]) else { return 1 }
  return flags.contains("avx512_bf16") ? 3 : 2
}()

/// This program again, with a variable of the environment, for one of its tests.
private func runAgain(
  _ test: String, _ variable: String, _ value: String
) async throws -> (exit: ProgramExit, complaints: [Substring]) {
  let again = try PipedProgram.testsAgain(test, environment: [variable: value], output: .piped)
  let text = await again.printed()
  let lines = text.split(separator: "\n")
  #expect(lines.contains { $0.contains("with 1 test") }, "\(text.suffix(400))")
  return (await again.end(), lines.filter { $0.hasPrefix("retort: ") })
}

@Suite("The environment")
struct KernelFormTests {
  @Test("names the widest form of loops that may run")
  func formInUse() {
    let wanted = ProcessInfo.processInfo.environment["RETORT_KERNEL_FORM"] ?? ""
    let expected = min(widestForm, forms.firstIndex(of: wanted) ?? widestForm)
    #expect(kernelForm == forms[min(expected, 2)])
    #expect(decodeForm == forms[expected])
  }

  @Test(
    "takes any form that has a name, and says which names there are",
    arguments: [
      ("generic", false), ("avx2", false), ("avx512", false), ("avx512bf16", false), ("", false), ("AVX2", true),
      ("avx-2", true),
    ])
  func form(_ value: String, _ isRefused: Bool) async throws {
    let (exit, complaints) = try await runAgain("KernelFormTests/formInUse", "RETORT_KERNEL_FORM", value)
    #expect(exit == .status(0))
    #expect(complaints.count == (isRefused ? 1 : 0))
    #expect(complaints.allSatisfy { $0.contains("RETORT_KERNEL_FORM=\(value) ") && $0.contains("avx512bf16") })
  }

  @Test("names the number of threads")
  func threadsInUse() {
    let wanted = ProcessInfo.processInfo.environment["RETORT_THREADS"].flatMap { Int($0) } ?? 0
    #expect((1...1024).contains(wanted) ? ComputePool.threadCount == wanted : ComputePool.threadCount >= 1)
  }

  @Test(
    "takes any number of threads that can be, and says what can",
    arguments: [("1", false), ("3", false), ("", false), ("0", true), ("abc", true), ("99999", true), ("-1", true)])
  func threads(_ value: String, _ isRefused: Bool) async throws {
    let (exit, complaints) = try await runAgain("KernelFormTests/threadsInUse", "RETORT_THREADS", value)
    #expect(exit == .status(0))
    #expect(complaints.count == (isRefused ? 1 : 0))
    #expect(complaints.allSatisfy { $0.contains("RETORT_THREADS=\(value) ") && $0.contains("1024") })
  }
}
