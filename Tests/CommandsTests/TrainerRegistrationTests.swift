import Commands
import Testing

@Suite("A student's registration") struct TrainerRegistrationTests {
  @Test("a lease is renewed four times in its time, at least twice a second, and never without a pause")
  func pauses() {
    let found = [9000, 1500, 900, 60, 0].map { TrainerRegistration.pause(beforeEnd: .milliseconds($0)) }
    #expect(found == [500, 375, 225, 50, 50].map { .milliseconds($0) })
  }
}
