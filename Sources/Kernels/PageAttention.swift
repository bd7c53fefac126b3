import CKernels

/// A page of keys and values: 16 positions, all layers and key heads. See ``PageAttention``.
public typealias Page = FloatView

/// Attention of single positions over keys and values that stand in pages.
///
/// What one query gets depends on its own sequence alone: keys are passed in the order of their positions.
public struct PageAttention: Sendable {
  /// Positions of a page.
  public static let pagePositions = Int(retort_page_positions)

  /// Width of a head.
  public let headWidth: Int
  /// Query heads that share a key head.
  public let queriesPerKey: Int
  /// Key heads of a layer.
  public let keyValueHeadCount: Int
  /// Factor of a score.
  public let scale: Float
  /// Scores are bent to `cap · tanh(score / cap)`; nil: they are not.
  public let cap: Float?
  /// Whether keys and values are kept rounded to bfloat16: half the bytes to read.
  public let isRounded: Bool

  /// Describes the heads. Unset scale: `1 / √headWidth`.
  public init(
    headCount: Int, keyValueHeadCount: Int, headWidth: Int, scale: Float? = nil, cap: Float? = nil,
    isRounded: Bool = false
  ) {
    precondition(headCount % keyValueHeadCount == 0, "\(headCount) heads on \(keyValueHeadCount)")
    self.headWidth = headWidth
    self.keyValueHeadCount = keyValueHeadCount
    queriesPerKey = headCount / keyValueHeadCount
    self.scale = scale ?? 1 / Float(headWidth).squareRoot()
    self.cap = cap
    self.isRounded = isRounded
  }

  /// The same heads, scale and cap over pages. The window is the caller's part.
  public init(_ attention: Attention, isRounded: Bool = false) {
    self.init(
      headCount: attention.headCount, keyValueHeadCount: attention.keyValueHeadCount, headWidth: attention.headWidth,
      scale: attention.scale, cap: attention.softCap, isRounded: isRounded)
  }

  private var valueWidth: Int { (headWidth + 15) / 16 * 16 }
  /// Floats that the keys of one head take in a page, and keys and values; two bfloat16s stand in one.
  private var keyFloats: Int { PageAttention.pagePositions * headWidth / (isRounded ? 2 : 1) }
  private var headFloats: Int { keyFloats + PageAttention.pagePositions * valueWidth / (isRounded ? 2 : 1) }
  /// Floats of one layer of a page.
  public var layerFloats: Int { keyValueHeadCount * headFloats }

  /// Keeps the key and value of one head at one place of a page's layer. Shapes: key, value `[headWidth]`.
  public func store(key: FloatView, value: FloatView, head: Int, place: Int, in page: Page, layer: Int) {
    precondition(
      key.count == headWidth && value.count == headWidth && (0..<PageAttention.pagePositions).contains(place),
      "key of \(key.count), value of \(value.count) at place \(place)")
    let room = page.window(layer * layerFloats + head * headFloats, headFloats)
    unsafe retort_store_position(
      isRounded, key.pointer, value.pointer, Int64(headWidth), Int64(place), room.pointer,
      room.window(keyFloats, headFloats - keyFloats).pointer)
  }

  /// Lets the queries of one key head see positions `range` of their sequence: `output = softmax(scale · q kᵀ) v`.
  ///
  /// Shapes: queries, output `[queriesPerKey, headWidth]`; scratch as many floats as `range.upperBound` rounded up to a page.
  public func attend(
    _ queries: FloatView, head: Int, pages: PageTable, layer: Int, range: Range<Int>, into output: FloatView,
    scratch: FloatView
  ) {
    let padded = (range.upperBound + PageAttention.pagePositions - 1) / PageAttention.pagePositions
    precondition(
      queries.count == queriesPerKey * headWidth && output.count == queries.count && !range.isEmpty
        && range.lowerBound >= 0 && padded <= pages.count
        && scratch.count >= padded * PageAttention.pagePositions && (layer + 1) * layerFloats <= pages.pageFloats,
      "\(queries.count) queries on positions \(range) of \(pages.count) pages")
    let keys = layer * layerFloats + head * headFloats
    let values = keys + keyFloats
    unsafe pages.withAddresses { addresses in
      unsafe retort_attend_pages(
        isRounded, queries.pointer, Int64(queriesPerKey), addresses, Int64(keys), Int64(values),
        Int64(range.lowerBound),
        Int64(range.upperBound), Int64(headWidth), scale, cap ?? 0, scratch.pointer, output.pointer)
    }
  }
}

/// The pages of one sequence, in the order of its positions.
@safe
public struct PageTable: @unchecked Sendable {
  // SAFETY: addresses point into `pages`, which the table keeps alive.
  /// Floats of a page.
  public let pageFloats: Int
  private var pages: [Page] = []
  private var addresses: [UnsafePointer<Float>] = unsafe []

  /// Makes an empty table.
  public init(pageFloats: Int) { self.pageFloats = pageFloats }

  /// Number of pages.
  public var count: Int { pages.count }

  /// One page.
  public subscript(index: Int) -> Page { pages[index] }

  /// Adds a page at the end.
  public mutating func append(_ page: Page) {
    precondition(page.count == pageFloats, "a page of \(page.count) floats, not \(pageFloats)")
    pages.append(page)
    unsafe addresses.append(UnsafePointer(page.pointer))
  }

  /// Puts another page in a place.
  public mutating func replace(_ index: Int, by page: Page) {
    precondition(page.count == pageFloats, "a page of \(page.count) floats, not \(pageFloats)")
    pages[index] = page
    unsafe addresses[index] = UnsafePointer(page.pointer)
  }

  @unsafe
  fileprivate func withAddresses(_ body: (UnsafePointer<UnsafePointer<Float>>) -> Void) {
    unsafe addresses.withUnsafeBufferPointer { buffer in
      if let base = buffer.baseAddress { unsafe body(base) }
    }
  }
}
