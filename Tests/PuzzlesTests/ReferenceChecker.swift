/// The rules once more, written another way: by searching or by rewriting where the checkers count or evaluate.
enum ReferenceChecker {
  static func accepts(instruction: String, answer: String) -> Bool {
    let words = instruction.dropLast().split(separator: " ").map(String.init)
    switch words[0] {
    case "make": return expression(answer, value: Int(words[1]) ?? -1, count: Int(words[3]) ?? 0, has: words[5])
    case "pal": return answer.count == Int(words[1]) && letters(answer) && answer.contains(words[3]) && mirrored(answer)
    case "mix": return isRearranged(answer, words[1]) && !Set("\(words[1])").contains { answer.contains("\($0)\($0)") }
    case "alt":
      let pattern = answer.map { "aeiou".contains($0) ? "v" : "c" }.joined()
      return isRearranged(answer, words[1]) && !pattern.contains("vv") && !pattern.contains("cc")
    case "rise": return risingSum(answer, count: Int(words[1]) ?? 0, sum: Int(words[3]) ?? 0, has: words[5])
    case "nest": return brackets(answer, pairs: Int(words[1]) ?? 0, depth: Int(words[3]) ?? 0, squares: words[4])
    default:
      return answer.count == Int(words[1]) && letters(answer)
        && answer.split(
          separator: words[4], omittingEmptySubsequences: false
        ).count - 1 == Int(words[3])
    }
  }

  private static func letters(_ text: String) -> Bool { text.allSatisfy("abcdefghijklmnopqrstuvwxyz".contains) }

  private static func mirrored(_ text: String) -> Bool {
    text.count < 2 || (text.first == text.last && mirrored(String(text.dropFirst().dropLast())))
  }

  private static func isRearranged(_ text: String, _ letters: String) -> Bool {
    var left = letters
    for character in text {
      guard let place = left.firstIndex(of: character) else { return false }
      left.remove(at: place)
    }
    return left.isEmpty
  }

  private static func expression(_ text: String, value: Int, count: Int, has digit: String) -> Bool {
    // Every minus becomes «plus minus»; then a sum of products, each factor one digit.
    let terms = text.replacing("-", with: "+-").split(separator: "+", omittingEmptySubsequences: false)
    var (sum, numbers) = (0, 0)
    for (index, term) in terms.enumerated() {
      let isNegative = term.hasPrefix("-")
      guard !(isNegative && index == 0) else { return false }
      let factors = (isNegative ? term.dropFirst() : term).split(separator: "*", omittingEmptySubsequences: false)
      guard factors.allSatisfy({ $0.count == 1 && "12345".contains($0) }) else { return false }
      numbers += factors.count
      sum += factors.compactMap { Int($0) }.reduce(isNegative ? -1 : 1, *)
    }
    return sum == value && numbers == count && text.contains(digit)
  }

  private static func risingSum(_ text: String, count: Int, sum: Int, has member: String) -> Bool {
    // Walks up the number line and crosses numbers off as text.
    var rest = Substring(text)
    var (found, total) = (0, 0)
    for number in 1...max(sum, 1) where rest == "\(number)" || rest.hasPrefix("\(number),") {
      rest = rest.dropFirst("\(number)".count)
      found += 1
      total += number
      if rest.isEmpty { break }
      rest = rest.dropFirst()
      if rest.isEmpty { return false }
    }
    return rest.isEmpty && found == count && total == sum && ",\(text),".contains(",\(member),")
  }

  private static func brackets(_ text: String, pairs: Int, depth: Int, squares: String) -> Bool {
    // Takes innermost pairs away until nothing is left; the rounds in which every innermost pair goes are the depth.
    guard text.allSatisfy("()[]".contains), text.count == 2 * pairs else { return false }
    guard "[\(text.count { $0 == "[" })" == squares else { return false }
    var deepest = 0
    var height = 0
    for character in text {
      height += "([".contains(character) ? 1 : -1
      deepest = max(deepest, height)
    }
    var rest = text
    while rest.contains("()") || rest.contains("[]") {
      rest = rest.replacing("()", with: "").replacing("[]", with: "")
    }
    return rest.isEmpty && deepest == depth
  }
}
