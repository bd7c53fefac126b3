import ReplicaBenchmark
import Testing

@Suite("What replicas cost")
struct ScalingModelTests {
  private let model = ScalingModel(
    parameterCount: 1_000_000, compute: 8, update: 0.5, call: 0.001, message: 0.0005, bytesPerSecond: 1e9,
    addition: 1e-9)

  @Test("one replica exchanges nothing")
  func alone() {
    let step = model.step(of: 1)
    #expect(step.seconds == 8.5 && step.sumShare == 0)
  }

  /// By hand: a call of 4 takes 1 + 3 · 0.5 = 2.5 ms; a share goes out and a sum comes in 3 of 4 megabytes at 1 GB/s.
  @Test("the terms of the formula")
  func terms() {
    let step = model.step(of: 4)
    #expect(step.compute == 2 && step.update == 0.5)
    #expect(abs(step.waiting - 0.005) < 1e-12)
    #expect(abs(step.sum - (2 * (0.0025 + 0.003) + 0.00075)) < 1e-12)
    let crowded = model.step(of: 4, cores: 2)
    #expect(abs(crowded.seconds - 2 * step.seconds) < 1e-9)
    #expect(model.step(of: 3, cores: 2).compute == 2 * model.step(of: 3).compute)
    #expect(model.step(of: 4, cores: 16) == step)
    #expect(model.step(of: 4, batches: 4).compute == 8)
  }

  @Test("more replicas are worth it for as long as they compute half of the time")
  func useful() {
    let count = model.usefulCount
    #expect(count == 8)
    #expect(model.step(of: count).compute * 2 >= model.step(of: count).seconds)
    #expect(model.step(of: 2 * count).compute * 2 < model.step(of: 2 * count).seconds)
  }

  @Test("the nearest line, and none below 0")
  func line() {
    let exact = ScalingModel.line([(1, 5), (3, 9), (7, 17)])
    #expect(abs(exact.a - 3) < 1e-12 && abs(exact.b - 2) < 1e-12)
    let falling = ScalingModel.line([(1, 5), (2, 3)])
    #expect(falling.a == 4 && falling.b == 0)
    let through = ScalingModel.line([(1, 1), (2, 4)])
    #expect(through.a == 0 && abs(through.b - 1.8) < 1e-12)
    #expect(ScalingModel.slope([(2, 6), (4, 12)]) == 3)
  }
}
