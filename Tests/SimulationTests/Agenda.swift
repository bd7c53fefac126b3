/// What is still to happen, by time and then in the order in which it was put here: a binary heap.
struct Agenda<Item> {
  private struct Entry {
    let time: Int
    let order: Int
    let item: Item

    func precedes(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
  }

  private var heap: [Entry] = []
  private var count = 0

  /// Puts something at a time.
  mutating func put(_ item: Item, at time: Int) {
    count += 1
    heap.append(Entry(time: time, order: count, item: item))
    var place = heap.count - 1
    while place > 0, heap[place].precedes(heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Takes what is first.
  mutating func next() -> (time: Int, item: Item)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var place = 0
      while true {
        var least = place
        for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child].precedes(heap[least]) {
          least = child
        }
        if least == place { break }
        heap.swapAt(place, least)
        place = least
      }
    }
    return (first.time, first.item)
  }
}
