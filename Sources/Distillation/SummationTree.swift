/// The order in which the sums of a batch's parts are added: a binary tree over the parts, by their number alone.
///
/// Whoever computes some neighbouring parts adds what the tree adds within them; the rest of the tree is added where these sums come
/// together. So the total is the same to the bit however the parts were shared out.
package struct SummationTree: Sendable, Hashable {
  /// Parts, at least 1.
  package let count: Int

  /// A tree over so many parts.
  package init(count: Int) { self.count = count }

  /// All parts.
  package var root: Range<Int> { 0..<count }

  /// Where the right half of a node with several parts begins: the left half has the largest power of two below their number.
  package static func middle(of node: Range<Int>) -> Int {
    precondition(node.count > 1, "halves of \(node.count) part")
    return node.lowerBound + 1 << (Int.bitWidth - 1 - (node.count - 1).leadingZeroBitCount)
  }

  /// The largest nodes that lie within a range, in order: what its parts add up to before others are needed.
  package func nodes(within range: Range<Int>) -> [Range<Int>] { nodes(within: range, below: root) }

  private func nodes(within range: Range<Int>, below node: Range<Int>) -> [Range<Int>] {
    guard !range.isEmpty, range.overlaps(node) else { return [] }
    if range.lowerBound <= node.lowerBound, node.upperBound <= range.upperBound { return [node] }
    let middle = Self.middle(of: node)
    return nodes(within: range, below: node.lowerBound..<middle)
      + nodes(within: range, below: middle..<node.upperBound)
  }

  /// The parts of each of `size` replicas, in order: as many for each as there can be.
  package func shares(of size: Int) -> [Range<Int>] {
    (0..<size).map { count * $0 / size..<count * ($0 + 1) / size }
  }

  /// Adds sums of nodes, which together are all parts, to the sum of the tree.
  ///
  /// - Parameters:
  ///   - nodes: In order.
  ///   - add: Adds the second sum to the first.
  /// - Returns: The index of the sum that holds the total.
  package func add(_ nodes: [Range<Int>], _ add: (_ sum: Int, _ other: Int) -> Void) -> Int {
    func total(_ node: Range<Int>) -> Int {
      if let index = nodes.firstIndex(of: node) { return index }
      let middle = Self.middle(of: node)
      let (left, right) = (total(node.lowerBound..<middle), total(middle..<node.upperBound))
      add(left, right)
      return left
    }
    return total(root)
  }
}
