import CoordinatorService
import Foundation
import Recipes
import Testing
import WireFormat

@Suite("What a coordinator tells its operator")
struct OverviewTests {
  @Test("a run that has finished has its figures: loss, pace, progress, no time without a trainer after its end")
  func figures() async throws {
    try await withFolder { folder in
      let model = try RunBench.writeModel(in: folder)
      try RunBench.write((1...8).map { #"{"prompt":"p\#($0)","completion":"c"}"# }, to: "rows.jsonl", in: folder)
      let bench = RunBench(folder: folder, teacher: nil)
      let yaml = """
        method: sft
        student: \(model)
        data: {train: \(folder.path)/rows.jsonl}
        output_dir: \(folder.path)/out
        training: {max_steps: 4, per_device_train_batch_size: 2, learning_rate: 0.1}
        """
      let recipe = try Recipe(yaml: yaml).resolvedYAML
      try await bench.withCoordinator { coordinator in
        #expect(coordinator.overview.isEmpty && coordinator.stateCounts.isEmpty)
        let status = try await coordinator.finish(recipe)
        #expect(status.state == .finished, "\(status.message)")
        let entry = try #require(coordinator.overview.first)
        #expect(entry.run.status == status && entry.run.method == "sft")
        #expect(coordinator.stateCounts == [.finished: 1])
        #expect(entry.figures.loss != nil && entry.figures.lossStep == 4 && entry.figures.restarts == 0)
        #expect(entry.figures.lastProgress != nil)
        let waited = entry.figures.waitTrainerSeconds(at: coordinator.time)
        #expect(entry.figures.waitTrainerSeconds(at: coordinator.time + .seconds(100)) == waited)
        #expect(coordinator.census.trainers.map(\.runID) == [""])
        let (rows, last) = try await coordinator.metricsRows(of: entry.run.runID, afterRow: 0)
        #expect(rows.count >= 4)
        let later = try await coordinator.metricsRows(of: entry.run.runID, afterRow: last)
        #expect(later.rows.isEmpty && later.last == last)
      }
    }
  }
}
