internal import Kernels
public import Transformer

/// Moments that replicas share out: each holds those of some pieces of the parameters, and updates these.
extension AdamW {
  /// Whether the moments of all parameters are here.
  public var holdsAll: Bool { held == [0..<parameterCount] }

  /// Where pieces begin, and the end: what is held begins and ends there.
  public var pieceBounds: [Int] { pieces.map(\.range.lowerBound) + [parameterCount] }

  /// Holds other moments than before: those of some ranges, one after another.
  public func hold(_ ranges: [Range<Int>], firstMoments: ParameterBuffer, secondMoments: ParameterBuffer) {
    let count = ranges.reduce(0) { $0 + $1.count }
    precondition(
      firstMoments.count == count && secondMoments.count == count,
      "\(firstMoments.count) and \(secondMoments.count) moments for \(count) parameters")
    held = ranges
    (self.firstMoments, self.secondMoments) = (firstMoments, secondMoments)
  }

  /// Holds no moments more: they are of a step that was not made.
  public func abandonMoments() {
    hold([], firstMoments: ParameterBuffer(count: 0), secondMoments: ParameterBuffer(count: 0))
  }

  /// The numbers of the pieces that lie in some ranges, in the order of these.
  public func pieceNumbers(in ranges: [Range<Int>]) -> [Int] {
    ranges.flatMap { range in
      let first = pieces.partition { $0.range.lowerBound >= range.lowerBound }
      let end = pieces.partition { $0.range.lowerBound >= range.upperBound }
      precondition(
        range.isEmpty
          || first < end && pieces[first].range.lowerBound == range.lowerBound
            && pieces[end - 1].range.upperBound == range.upperBound,
        "\(range) cuts a piece")
      return Array(first..<end)
    }
  }

  /// The sums of squares of some pieces of the gradients, in double.
  public func squares(_ gradients: ParameterBuffer, pieces numbers: [Int]) -> [Double] {
    let pieces = pieces
    return ComputePool.map(numbers.count) { index in
      let range = pieces[numbers[index]].range
      return Elementwise.sumOfSquares(gradients.view.window(range.lowerBound, range.count))
    }
  }

  /// The norm, from the sums of squares of all pieces in their order.
  public static func norm(squares: [Double]) -> Double { squares.reduce(0, +).squareRoot() }

  /// Updates the parameters of ``held`` in a copy, and their moments. The step counts once ``commitStep()`` is called; where that is not
  /// to be, the moments are of no use more (``abandonMoments()``).
  ///
  /// - Parameters:
  ///   - copy: These parameters, one after another; overwritten.
  ///   - gradients: Of all parameters, of which these are read.
  ///   - norm: Of all gradients; finite.
  /// - Returns: The rate of this step.
  public func stepHeld(_ copy: ParameterBuffer, gradients: ParameterBuffer, norm: Double) -> Double {
    let rate = learningRate
    let update = AdamWStep(options, step: stepCount + 1, learningRate: rate, gradientNorm: norm)
    var places: [(piece: Piece, offset: Int)] = []
    var offset = 0
    for number in pieceNumbers(in: held) {
      places.append((pieces[number], offset))
      offset += pieces[number].range.count
    }
    let (first, second, work) = (firstMoments, secondMoments, places)
    ComputePool.forEach(work.count) { index in
      let (piece, offset) = work[index]
      let count = piece.range.count
      update.apply(
        parameters: copy.view.window(offset, count), gradients: gradients.view.window(piece.range.lowerBound, count),
        first: first.view.window(offset, count), second: second.view.window(offset, count), decays: piece.decays,
        clears: false, rounded: nil)
    }
    return rate
  }

  /// Counts the step of ``stepHeld(_:gradients:norm:)``.
  public func commitStep() { stepCount += 1 }
}

extension Array {
  /// The first place from which on a condition holds, where it holds from some place on.
  fileprivate func partition(_ condition: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
