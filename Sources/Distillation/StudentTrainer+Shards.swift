internal import Kernels
internal import Optimization
internal import Transformer

/// The update of a step whose optimizer is sharded: each replica updates its share of the parameters in a copy, all collect all shares,
/// and only then do parameters change.
extension StudentTrainer {
  /// Lets this replica hold its share of the moments, where all have those of all parameters, or all have shares, and the optimizer is
  /// sharded. All replicas call it.
  ///
  /// - Throws: ``DistillationError/momentsElsewhere`` where nobody has some.
  public func shareMoments(_ replicas: any ReplicaGroup) throws(DistillationError) {
    guard replicas.size > 1, sharing.shardsOptimizer else { return }
    let shares = shares(of: replicas.size)
    let own = optimizer.held.flatMap { UInt64($0.lowerBound).bytes + UInt64($0.upperBound).bytes }
    let held = try replicas.gather(own).map { bytes in
      stride(from: 0, to: bytes.count - 15, by: 16).map {
        Int(UInt64(bytes[$0..<$0 + 8]))..<Int(UInt64(bytes[$0 + 8..<$0 + 16]))
      }
    }
    guard let plan = MomentShards(held: held, wanted: held.indices.map(shares.ranges)) else { throw .momentsElsewhere }
    let moments = try plan.deal(optimizer, replicas)
    optimizer.hold(moments.ranges, firstMoments: moments.first, secondMoments: moments.second)
  }

  /// Throws where this replica has not the moments that its part of the update needs.
  func checkMoments(_ replicas: (any ReplicaGroup)?) throws(DistillationError) {
    guard let replicas, sharing.shardsOptimizer else {
      guard optimizer.holdsAll else { throw .momentsElsewhere }
      return
    }
    guard optimizer.held == shares(of: replicas.size).ranges(of: replicas.rank) else { throw .momentsElsewhere }
  }

  /// Updates the parameters by the gradients of what was measured last, of which each replica has the sums of its shares.
  ///
  /// - Throws: ``DistillationError/gradientNotFinite(norm:)``, and nothing has changed; ``DistillationError/replicaLost(_:)``, and the
  ///   parameters are as before. Where that was after the update, this replica holds no moments more.
  func learn(_ found: Found, _ replicas: any ReplicaGroup) throws(DistillationError) -> StepMeasurements {
    let shares = shares(of: replicas.size)
    let norm = try sharedNorm(shares, replicas)
    guard norm.isFinite else { throw .gradientNotFinite(norm: norm) }
    let (parameters, gradients) = (parameters.learning, gradients.learning)
    let copy = ParameterBuffer(count: optimizer.firstMoments.count)
    var offset = 0
    for range in optimizer.held {
      copy.view.window(offset, range.count).copyInParallel(from: parameters.view.window(range.lowerBound, range.count))
      offset += range.count
    }
    let rate = optimizer.stepHeld(copy, gradients: gradients, norm: norm)
    let ranges = (0..<replicas.size).map(shares.ranges)
    do {
      // The gradients have done their work: their room takes the parameters of all.
      try replicas.gather(
        copy.view, into: gradients.view, counts: ranges.map { $0.reduce(0) { $0 + $1.count } })
    } catch {
      optimizer.abandonMoments()
      throw error
    }
    offset = 0
    for range in ranges.joined() {
      parameters.view.window(range.lowerBound, range.count).copyInParallel(
        from: gradients.view.window(offset, range.count))
      offset += range.count
    }
    if parameters.rounded != nil { parameters.updateRounded() }
    gradients.view.fillInParallel(0)
    gradientsAreClear = true
    optimizer.commitStep()
    return finish(found, norm: norm, learningRate: rate)
  }

  /// The norm of all gradients, added in the order in which one replica adds it.
  private func sharedNorm(
    _ shares: GradientShares, _ replicas: any ReplicaGroup
  ) throws(DistillationError) -> Double {
    let pieces = (0..<replicas.size).map { optimizer.pieceNumbers(in: shares.ranges(of: $0)) }
    let own = optimizer.squares(gradients.learning, pieces: pieces[replicas.rank])
    let all = try replicas.gather(own.flatMap { $0.bitPattern.bytes })
    var squares = [Double](repeating: 0, count: pieces.reduce(0) { $0 + $1.count })
    for (rank, bytes) in all.enumerated() {
      guard bytes.count == 8 * pieces[rank].count else {
        throw .replicaLost("replica \(rank) sent \(bytes.count) bytes for \(pieces[rank].count) pieces of the norm")
      }
      for (place, piece) in pieces[rank].enumerated() {
        squares[piece] = Double(bitPattern: UInt64(bytes[8 * place..<8 * place + 8]))
      }
    }
    return AdamW.norm(squares: squares)
  }
}

extension UInt64 {
  /// Little-endian.
  fileprivate var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }

  /// Reads ``bytes``.
  fileprivate init(_ bytes: ArraySlice<UInt8>) { self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}
