/// Parameters of a student: their history stands for them.
struct Lineage: Hashable {
  /// The run that they belong to.
  let run: Int
  /// Steps that made them, in order.
  private(set) var steps: [Int] = []
  /// What the steps' batches and the parameters before each make of them.
  private(set) var bits: UInt64

  /// Those that a run starts from.
  init(run: Int) { (self.run, bits) = (run, 1) }

  /// Makes a step.
  mutating func train(_ step: Int, on batch: UInt64) {
    steps.append(step)
    bits = Mix.of([bits, UInt64(step), batch])
  }

  /// Changes a bit, as a disk may.
  mutating func rot() { bits ^= 1 << 40 }
}

/// Numbers of numbers: the same in every process.
enum Mix {
  static func of(_ numbers: some Sequence<UInt64>) -> UInt64 {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for number in numbers {
      state = (state ^ number) &* 0xBF58_476D_1CE4_E5B9
      state ^= state >> 29
    }
    return state
  }

  static func of(_ text: some StringProtocol) -> UInt64 { of(text.utf8.lazy.map(UInt64.init)) }
}
