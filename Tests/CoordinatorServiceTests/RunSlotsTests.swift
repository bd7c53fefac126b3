import CoordinatorService
import Testing

@Suite("Runs at once")
struct RunSlotsTests {
  @Test("without a limit all runs are worked on")
  func unlimited() {
    var slots = RunSlots(limit: nil)
    for number in 0..<100 {
      let ticket = slots.enter("run-\(number)")
      #expect(slots.isWorking(ticket))
    }
  }

  @Test("runs that came first are worked on, the next when one leaves; who gives up waiting takes nobody's place")
  func order() {
    var slots = RunSlots(limit: 2)
    let tickets = (0..<5).map { slots.enter("run-\($0)") }
    func working() -> [Int] { tickets.indices.filter { slots.isWorking(tickets[$0]) } }
    #expect(working() == [0, 1])
    slots.leave(tickets[2])
    #expect(working() == [0, 1])
    slots.leave(tickets[0])
    #expect(working() == [1, 3])
    slots.leave(tickets[3])
    slots.leave(tickets[3])
    #expect(working() == [1, 4])
  }

  @Test("one that is only to be ended waits for nobody, and keeps nobody else out for longer than it is there")
  func letThrough() {
    var slots = RunSlots(limit: 1)
    let (first, second, third) = (slots.enter("first"), slots.enter("second"), slots.enter("third"))
    slots.letThrough("second")
    #expect(slots.isWorking(first) && slots.isWorking(second) && !slots.isWorking(third))
    slots.leave(first)
    #expect(!slots.isWorking(third))
    slots.leave(second)
    #expect(slots.isWorking(third))
  }
}
