import Foundation
import Kernels
import Measurement

/// Our side of a measurement, in a process of its own.
///
///     retort bench worker CASE.json float32
///
/// It prints one line of JSON when it is ready, then one for each line `round` that it reads, and ends with its input.
/// Programs in any language can take part: those of `Benchmarks/` do the same work with other libraries.
public struct EngineWorker {
  private let work: any EngineWork
  private let precision: EnginePrecision
  private let suite: EngineSuite

  /// Reads the arguments after the command's name.
  ///
  /// - Throws: ``EngineBenchmarkError``, or what is wrong with the model folder.
  public init(_ arguments: [String]) throws {
    guard arguments.count == 2, let precision = EnginePrecision(rawValue: arguments[1]) else {
      let known = EnginePrecision.allCases.map(\.rawValue).joined(separator: ", ")
      throw EngineBenchmarkError.usage("expected CASE.json and one of \(known)")
    }
    self.precision = precision
    let file = try CaseFile(reading: URL(filePath: arguments[0]))
    suite = file.suite
    if file.suite != .generate, let failure = precision.products.failure {
      throw EngineBenchmarkError.noPrecision(precision.rawValue, reason: failure)
    }
    work = try Self.work(of: file, precision: precision)
  }

  /// The work of a case.
  package static func work(of file: CaseFile, precision: EnginePrecision) throws -> any EngineWork {
    switch file.suite {
    case .loss: try LossWork(file, precision: precision)
    case .train: try TrainWork(file, precision: precision)
    case .generate: try GenerateWork(file, precision: precision)
    case .score: try ScoreWork(file, precision: precision)
    case .machine: MachineWork()
    }
  }

  /// Does rounds until standard input ends.
  public func run() throws {
    ProcessUsage.resetOwnPeak()
    let process = ProcessInfo.processInfo.processIdentifier
    print(
      WorkerReady(
        path: ComputePath.text(precision, suite: suite), residentBytes: ProcessUsage(of: process)?.residentBytes ?? 0))
    while let line = readLine(), line == "round" {
      var round = try work.round()
      if round.peakBytes == 0 { round.peakBytes = ProcessUsage(of: process)?.peakBytes ?? 0 }
      print(round)
    }
  }

  private func print(_ answer: some Encodable) {
    let data = (try? JSONEncoder().encode(answer)) ?? Data()
    FileHandle.standardOutput.write(data + Data("\n".utf8))
  }
}

/// Work that can be done again and again.
package protocol EngineWork {
  /// Does it once. Where it leaves the peak of memory 0, that of the process is filled in.
  func round() throws -> WorkerRound
}

extension EngineWork {
  /// Runs `body` and says how long it took.
  func timed<Result>(_ body: () throws -> Result) rethrows -> (seconds: Double, result: Result) {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    return ((clock.now - start) / .seconds(1), result)
  }
}
