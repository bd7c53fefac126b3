/// What a call is for: members that make different calls find out.
enum CallKind: UInt8 {
  case greeting = 1
  case exchange, gather, gatherBytes, broadcast, barrier
}
