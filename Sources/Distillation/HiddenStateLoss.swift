internal import Kernels
public import Optimization
internal import Sequences
public import Transformer

/// What brings a student's hidden states to those of its teacher, with the state of its optimizer: it learns beside the student
/// and belongs to nobody's model.
///
/// It is made once the width of the teacher's hidden states is known, from the run's seed.
public final class ProjectorTraining: @unchecked Sendable {
  // SAFETY: a trainer changes it under its lock alone; it is read elsewhere only between steps.

  /// The projector; nil: no hidden state has come yet.
  public private(set) var projector: HiddenProjector?
  /// Its optimizer, of the same options and steps as the student's; nil with the projector.
  public private(set) var optimizer: AdamW?
  private let seed: UInt64
  private var moments: (first: ParameterBuffer, second: ParameterBuffer)?
  private var loss: HiddenStateLoss?

  /// Keeps the numbers of a fresh projector apart from those of a fresh model of the same seed.
  private static let path: UInt64 = 0x9407

  /// Starts with nothing.
  ///
  /// - Parameter seed: Of the run.
  public init(seed: UInt64 = 0) { self.seed = seed }

  /// Goes on from the state of a checkpoint. The moments must have the projector's count.
  public init(_ projector: HiddenProjector, firstMoments: ParameterBuffer, secondMoments: ParameterBuffer) {
    seed = 0
    self.projector = projector
    moments = (firstMoments, secondMoments)
  }

  /// The loss of a step, whose teacher sent hidden states of a width.
  ///
  /// - Parameter student: The student's optimizer before the step.
  func loss(from inputWidth: Int, to outputWidth: Int, student: AdamW) throws(DistillationError) -> HiddenStateLoss {
    let projector = projector ?? fresh(inputWidth, outputWidth)
    guard projector.inputWidth == inputWidth, projector.outputWidth == outputWidth else {
      throw .hiddenStatesMissing(expected: projector.outputWidth, found: outputWidth)
    }
    let loss = self.loss ?? HiddenStateLoss(projector)
    (self.projector, self.loss) = (projector, loss)
    if optimizer == nil {
      let zeros = { ParameterBuffer(count: projector.layout.count) }
      optimizer = AdamW(
        layout: projector.layout, options: student.options, schedule: student.schedule, stepCount: student.stepCount,
        firstMoments: moments?.first ?? zeros(), secondMoments: moments?.second ?? zeros())
    }
    return loss
  }

  /// What the steps' losses add to; nil: there was none yet.
  var gradients: ParameterBuffer? { loss?.gradients.values }

  /// Updates the projector, and leaves no gradient.
  ///
  /// - Parameter norm: Of all gradients that are clipped together.
  func step(norm: Double) throws(OptimizationError) {
    guard let projector, let optimizer, let gradients else { return }
    try optimizer.step(projector.values, gradients: gradients, clearsGradients: true, norm: norm)
  }

  private func fresh(_ inputWidth: Int, _ outputWidth: Int) -> HiddenProjector {
    let projector = HiddenProjector(from: inputWidth, to: outputWidth)
    var generator = SeededGenerator(seed: seed, path: Self.path)
    projector.initialize(using: &generator)
    return projector
  }
}

/// The mean squared error between the teacher's last hidden states and the projection of the student's.
///
/// `L = ‖P(h_s) − h_t‖² / D_t` at each position, P being Linear, GELU, Linear; `∂L/∂P = 2 (P − h_t) / D_t`.
///
/// - SeeAlso: LLAVADI, <https://arxiv.org/abs/2407.19409>.
final class HiddenStateLoss: @unchecked Sendable {
  // SAFETY: a trainer runs one pass at a time.

  /// What is added to the gradient, as long as the student learns.
  let gradients: HiddenProjector
  private let projector: HiddenProjector
  private let pass: ProjectorPass
  private var differences = FloatStorage(count: 0)  // [n, D_t], then the gradients of the projection

  init(_ projector: HiddenProjector) {
    self.projector = projector
    gradients = HiddenProjector(from: projector.inputWidth, to: projector.outputWidth)
    pass = ProjectorPass(projector)
  }

  /// The places of one chunk.
  struct Places {
    /// Rows of the tape.
    let rows: ArraySlice<Int>
    /// Ranges of places that products keep apart.
    let groups: [Range<Int>]
    /// Where each place stands in the teacher's columns; nil: nothing is asked of it.
    let positions: [Int?]
    /// Factor of the gradient of each place.
    let scales: [Double]
  }

  /// The losses of some places, 0 where nothing is asked; adds gradients of the projector and of the tape's hidden states.
  ///
  /// - Parameters:
  ///   - column: The teacher's hidden states. Shape: `[R, D_t]`.
  ///   - learns: Whether gradients are wanted.
  func run(_ places: Places, column: [Float], tape: Tape, learns: Bool) -> [Double] {
    let (width, count) = (projector.outputWidth, places.rows.count)
    let projected = pass.project(places.rows, of: tape, groups: places.groups)
    if differences.count < count * width { differences = FloatStorage(count: count * width) }
    let rest = differences.view.window(0, count * width)
    let values = unsafe column.withUnsafeBufferPointer { column in
      (0..<count).map { place in
        let row = rest.window(place * width, width)
        guard let position = places.positions[place] else {
          row.fill(0)
          return 0.0
        }
        let state = column.extracting(position * width..<(position + 1) * width)
        row.copy(from: unsafe FloatView(unsafe: UnsafeMutableBufferPointer(mutating: state)))
        Elementwise.scale(row, by: -1)
        Elementwise.add(projected.window(place * width, width), to: row)
        let value = Elementwise.sumOfSquares(row) / Double(width)
        Elementwise.scale(row, by: Float(2 * places.scales[place] / Double(width)))
        return value
      }
    }
    if learns { pass.backward(places.rows, outputGradients: rest, tape: tape, gradients: gradients) }
    return values
  }
}
