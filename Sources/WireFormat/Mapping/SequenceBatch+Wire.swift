public import Sequences

extension WireSequenceBatch {
  /// The batch as columns.
  public init(_ batch: SequenceBatch) {
    self.init(
      tokenIDs: batch.tokenIDs, sequenceLengths: batch.sequenceLengths.map(UInt32.init),
      promptLengths: batch.promptLengths.map(UInt32.init))
  }
}

extension SequenceBatch {
  /// Reads a batch.
  ///
  /// - Throws: ``WireFormatError/columns(message:problem:)`` unless there are as many prompt lengths as sequences, every
  ///   length is at least 1, every prompt within its sequence, and the lengths add up to the ids.
  public init(_ wire: WireSequenceBatch) throws(WireFormatError) {
    let (lengths, prompts) = (wire.sequenceLengths.map(Int.init), wire.promptLengths.map(Int.init))
    func refuse(_ problem: String) -> WireFormatError {
      .columns(message: WireSequenceBatch.protoName, problem: problem)
    }
    guard lengths.count == prompts.count else {
      throw refuse("\(lengths.count) sequence_lengths but \(prompts.count) prompt_lengths")
    }
    if let empty = lengths.firstIndex(of: 0) { throw refuse("sequence \(empty) is empty") }
    if let wrong = lengths.indices.first(where: { !(1...lengths[$0]).contains(prompts[$0]) }) {
      throw refuse("prompt_lengths[\(wrong)] is \(prompts[wrong]), not in 1...\(lengths[wrong]), the sequence's length")
    }
    let total = lengths.reduce(0, +)
    guard let batch = SequenceBatch(tokenIDs: wire.tokenIDs, sequenceLengths: lengths, promptLengths: prompts) else {
      throw refuse("sequence_lengths add up to \(total), but there are \(wire.tokenIDs.count) token_ids")
    }
    self = batch
  }

  /// Reads a batch that must be there.
  ///
  /// - Parameter field: What the field is called, for ``WireFormatError/missing(field:)``.
  public init(_ wire: WireSequenceBatch?, field: String) throws(WireFormatError) {
    guard let wire else { throw .missing(field: field) }
    try self.init(wire)
  }
}
