import CoordinatorService

// Events and effects as numbers, for traces: words would take most of a simulation's time.

extension RunEvent {
  var number: UInt64 {
    switch self {
    case .teacherReady: 1
    case .teachersReady: 2
    case .trainerRegistered(let session): Mix.of([3, UInt64(session)])
    case .trainerLost(let session): Mix.of([4, UInt64(session)])
    case .loaded(let session, let position, _): Mix.of([5, UInt64(session), UInt64(position)])
    case .itemCompleted(let key, let session): Mix.of([6, key.number, UInt64(session ?? 0)])
    case .stepCompleted(let session, let step): Mix.of([7, UInt64(session), UInt64(step)])
    case .evaluated(let session, let position, _): Mix.of([8, UInt64(session), UInt64(position)])
    case .saved(let session, let position): Mix.of([9, UInt64(session), UInt64(position)])
    case .exported(let session): Mix.of([10, UInt64(session)])
    case .checkpointDamaged(let session, let position, _): Mix.of([11, UInt64(session), UInt64(position)])
    case .studentFailed(let session, _): Mix.of([12, UInt64(session)])
    case .failed: 13
    case .cancel: 14
    case .resume: 15
    case .restarted: 16
    }
  }
}

extension RunEffect {
  var number: UInt64 {
    switch self {
    case .describeTeacher: 1
    case .acquireTrainer(let session, let attempt): Mix.of([2, UInt64(session), UInt64(attempt)])
    case .releaseTrainer(let session): Mix.of([3, UInt64(session)])
    case .load(let session, let checkpoint): Mix.of([4, UInt64(session), UInt64(checkpoint ?? 0)])
    case .generate(let key, let session): Mix.of([5, key.number, UInt64(session ?? 0)])
    case .train(let session, let step): Mix.of([6, UInt64(session), UInt64(step)])
    case .evaluate(let session, let position): Mix.of([7, UInt64(session), UInt64(position)])
    case .save(let session, let position): Mix.of([8, UInt64(session), UInt64(position)])
    case .prune(let positions): Mix.of([9] + positions.map(UInt64.init))
    case .export(let session): Mix.of([10, UInt64(session)])
    case .end: 11
    }
  }
}
