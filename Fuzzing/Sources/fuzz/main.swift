import CFuzzer
import FuzzTargets
import Glibc

// RETORT_FUZZ_TARGET=NAME fuzz [options and folders of libFuzzer]
private let target = getenv("RETORT_FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }
guard target != nil else {
  print("fuzz: RETORT_FUZZ_TARGET must be one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
  exit(2)
}
// These are text of which most is read only where brackets match.
if let target, [.safetensors, .configuration, .tokenizer, .chatTemplate].contains(target) { retort_fuzz_text() }
var argc = CommandLine.argc
var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
  LLVMFuzzerRunDriver(&argc, &argv) { bytes, count in
    target?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  })
