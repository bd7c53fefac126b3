/// Cuts a stream of server-sent events into the data of its events.
///
/// - SeeAlso: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
package struct ServerSentEvents {
  /// A line that is too long.
  package struct LineTooLong: Error, Hashable {
    /// In bytes.
    package var limit: Int
  }

  /// Longest line that is taken.
  let lineLimit: Int
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var lastWasReturn = false

  /// Reads from the beginning of a stream.
  package init(lineLimit: Int = 1 << 20) { self.lineLimit = lineLimit }

  /// Takes bytes; returns the data of the events that they complete.
  package mutating func take(_ bytes: some Sequence<UInt8>) throws(LineTooLong) -> [[UInt8]] {
    var events: [[UInt8]] = []
    for byte in bytes {
      let endsLine = byte == 0x0A || byte == 0x0D
      // A line feed after a carriage return belongs to it.
      defer { lastWasReturn = byte == 0x0D }
      if byte == 0x0A, lastWasReturn { continue }
      guard endsLine else {
        guard line.count + data.count < lineLimit else { throw LineTooLong(limit: lineLimit) }
        line.append(byte)
        continue
      }
      if let event = endLine() { events.append(event) }
    }
    return events
  }

  private mutating func endLine() -> [UInt8]? {
    defer { line.removeAll(keepingCapacity: true) }
    guard !line.isEmpty else {
      guard !data.isEmpty else { return nil }
      defer { data = [] }
      return data
    }
    let field = Array("data:".utf8)
    guard line.starts(with: field) else { return nil }
    var value = line[field.count...]
    if value.first == 0x20 { value.removeFirst() }
    if !data.isEmpty { data.append(0x0A) }
    data += value
    return nil
  }
}
