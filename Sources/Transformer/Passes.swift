public import Kernels
public import Sequences

extension Transformer {
  /// Sets fresh parameters: N(0, 0.02²), those of projections onto the residual stream divided by √(2L), norms 1, biases 0.
  public func initialize(_ parameters: ParameterBuffer, using generator: inout some RandomNumberGenerator) {}
  /// Reads all sequences of a batch and leaves `tape.hidden`.
  public func forward(_ batch: SequenceBatch, parameters: ParameterBuffer, tape: Tape) {}
  /// Computes the logits of some packed rows of the tape's batch. Shape of `logits`: `[rows.count, V]`.
  public func logits(
    rows: ArraySlice<Int>, tape: Tape, parameters: ParameterBuffer, into logits: FloatView
  ) {}
  /// Adds what gradients of logits say about the head and about the tape's hidden states.
  public func backwardLogits(
    rows: ArraySlice<Int>, logitGradients: FloatView, tape: Tape, parameters: ParameterBuffer,
    gradients: ParameterBuffer
  ) {}
  /// Adds the gradients of all other parameters, from the hidden states' gradient that ``backwardLogits`` left in the tape.
  public func backward(
    _ batch: SequenceBatch, tape: Tape, parameters: ParameterBuffer, gradients: ParameterBuffer
  ) {}
}
