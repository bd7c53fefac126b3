public import Sequences

/// A question after worked examples of its kind.
public struct DemonstratedRow: Sendable, Hashable {
  /// A question with its answer.
  public struct Demonstration: Sendable, Hashable {
    /// The question.
    public var prompt: String
    /// The answer.
    public var completion: String

    /// Takes both.
    public init(prompt: String, completion: String) { (self.prompt, self.completion) = (prompt, completion) }
  }

  /// What stands after each demonstration unless a recipe says otherwise.
  public static let usualSeparator = "\n\n"

  /// The examples, in the order in which they stand before the question.
  public var demonstrations: [Demonstration]
  /// The question.
  public var prompt: String
  /// The data's answer; nil: there is none.
  public var completion: String?
  /// What stands after each demonstration.
  public var separator = DemonstratedRow.usualSeparator
  /// Places of the demonstrations of each subset that is ranked; empty: none is.
  public var subsets: [[Int]] = []

  /// Takes a row.
  public init(demonstrations: [Demonstration], prompt: String, completion: String?) {
    (self.demonstrations, self.prompt, self.completion) = (demonstrations, prompt, completion)
  }

  /// Some of the demonstrations, then the question.
  func text(after places: some Sequence<Int>) -> String {
    places.map { demonstrations[$0].prompt + demonstrations[$0].completion + separator }.joined() + prompt
  }

  /// All that is asked.
  var text: String { text(after: demonstrations.indices) }
}

extension DemonstratedRow {
  /// Draws so many subsets, all different, none empty, each as likely.
  ///
  /// Their demonstrations keep their order.
  /// - Throws: ``RowProblem`` where there are not so many subsets, or more demonstrations than a row may have.
  func drawingSubsets(_ count: Int, using generator: inout SeededGenerator) throws(RowProblem) -> DemonstratedRow {
    guard demonstrations.count <= 60 else {
      throw RowProblem("\(demonstrations.count) demonstrations; at most 60 have subsets that are ranked")
    }
    // Each subset is a number, whose bits are its demonstrations.
    let last = (UInt64(1) << UInt64(demonstrations.count)) - 1
    guard last >= UInt64(count) else {
      throw RowProblem(
        "\(demonstrations.count) demonstrations have \(last) subsets, fewer than the \(count) of bialign.subsets")
    }
    var drawn: [UInt64] = []
    while drawn.count < count {
      let subset = 1 + generator.next() % last
      if !drawn.contains(subset) { drawn.append(subset) }
    }
    var row = self
    row.subsets = drawn.map { subset in demonstrations.indices.filter { subset >> UInt64($0) & 1 == 1 } }
    return row
  }
}

extension DataRow {
  /// The row as an example for others; nil where it is none.
  var demonstration: DemonstratedRow.Demonstration? {
    guard let question, let answer else { return nil }
    return DemonstratedRow.Demonstration(prompt: question, completion: answer)
  }

  /// The prompt as the student reads it, without demonstrations; nil where a template writes it, or nothing is asked.
  private var question: String? {
    switch self {
    case .prompt(let prompt, _), .pair(let prompt, _, _, _): prompt
    case .instruction(let instruction, let input, _): Self.alpacaPrompt(instruction, input: input)
    case .demonstrated(let row): row.prompt
    case .chat, .text: nil
    }
  }

  /// The row with the demonstrations that it has, or with those that are given.
  func demonstrating(_ given: [DemonstratedRow.Demonstration], separator: String) -> DemonstratedRow? {
    guard let question else { return nil }
    var row = DemonstratedRow(demonstrations: given, prompt: question, completion: answer)
    if case .demonstrated(let own) = self { row.demonstrations = own.demonstrations }
    row.separator = separator
    return row
  }
}

extension DataFile {
  /// The rows to learn from with demonstrations, their own or some of the other rows, and with subsets of them to be ranked.
  ///
  /// - Parameters:
  ///   - options: How many of both.
  ///   - generator: Of a row by its place, whatever the other rows are.
  /// - Throws: ``RecipeError/badRow(path:line:reason:)`` for the first row that can have none.
  public func demonstrated(
    by options: Recipe.BiAlign, generator: (_ row: Int) -> SeededGenerator
  ) throws(RecipeError) -> DataFile {
    let pool = DemonstrationPool(self)
    return try replacingRows { place, row throws(RowProblem) in
      var generator = generator(place)
      let own = try pool.demonstrated(row, at: place, options, using: &generator)
      guard let own else {
        throw RowProblem(
          "method bialign needs 'demonstrations', a list of {\"prompt\",\"completion\"}, before 'prompt' and 'completion', or "
            + "bialign.demonstrations, how many are drawn from the other rows of 'prompt' or 'instruction'")
      }
      return .demonstrated(try own.drawingSubsets(options.subsetCount, using: &generator))
    }
  }

  /// The rows held out with demonstrations, their own or some of the rows to learn from; those that can have none are as they were.
  public func demonstrated(
    by options: Recipe.BiAlign, from training: DataFile, generator: (_ row: Int) -> SeededGenerator
  ) throws(RecipeError) -> DataFile {
    let pool = DemonstrationPool(training)
    return try replacingRows { place, row throws(RowProblem) in
      var generator = generator(place)
      return try pool.demonstrated(row, at: nil, options, using: &generator).map(DataRow.demonstrated) ?? row
    }
  }

  private func replacingRows(
    _ body: (_ place: Int, DataRow) throws(RowProblem) -> DataRow
  ) throws(RecipeError) -> DataFile {
    var file = self
    for place in rows.indices {
      do { file.rows[place].row = try body(place, rows[place].row) } catch let problem {
        throw .badRow(path: path, line: rows[place].line, reason: problem.reason)
      }
    }
    return file
  }
}

/// Rows that are examples for others.
private struct DemonstrationPool {
  private let examples: [(place: Int, demonstration: DemonstratedRow.Demonstration)]
  private let places: Set<Int>

  init(_ file: DataFile) {
    examples = file.rows.enumerated().compactMap { place, row in
      row.row.demonstration.map { (place: place, demonstration: $0) }
    }
    places = Set(examples.map(\.place))
  }

  /// A row with its own demonstrations, or with drawn ones; nil where it has none and none are asked for, or it can have none.
  ///
  /// - Parameter place: Of the row among those of the pool; nil: it is none of them.
  func demonstrated(
    _ row: DataRow, at place: Int?, _ options: Recipe.BiAlign, using generator: inout SeededGenerator
  ) throws(RowProblem) -> DemonstratedRow? {
    if case .demonstrated = row { return row.demonstrating([], separator: options.separator) }
    guard let count = options.demonstrationCount else { return nil }
    let others = examples.count - (place.map(places.contains) == true ? 1 : 0)
    guard others >= count else {
      throw RowProblem("bialign.demonstrations: \(count) are to be drawn from \(others) other rows with answers")
    }
    var drawn: [Int] = []
    while drawn.count < count {
      let next = Int(generator.next() % UInt64(examples.count))
      if examples[next].place != place, !drawn.contains(next) { drawn.append(next) }
    }
    return row.demonstrating(drawn.map { examples[$0].demonstration }, separator: options.separator)
  }
}
