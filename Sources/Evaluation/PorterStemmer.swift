/// The Porter stemmer with NLTK's extensions: `PorterStemmer()` of NLTK, which `rouge_score` uses.
///
/// It departs from the published algorithm: a table of irregular words; `-ies` and `-ied` of four letters become `-ie`;
/// `y` becomes `i` only after a consonant that is not the word's first letter; a stem of a vowel and a consonant counts as
/// `*o`; step 2 tries `-alli` first, knows `-bli`, `-fulli` and `-logi`.
///
/// - SeeAlso: Porter, "An algorithm for suffix stripping", Program 14(3), 1980.
public enum PorterStemmer {
  private typealias Condition = @Sendable (ArraySlice<UInt8>) -> Bool
  private typealias Rule = (suffix: [UInt8], replacement: [UInt8], condition: Condition)

  private static let irregular: [[UInt8]: [UInt8]] = Dictionary(
    uniqueKeysWithValues: [
      ("sky", "sky"), ("skies", "sky"), ("dying", "die"), ("lying", "lie"), ("tying", "tie"), ("news", "news"),
      ("innings", "inning"), ("inning", "inning"), ("outings", "outing"), ("outing", "outing"),
      ("cannings", "canning"), ("canning", "canning"), ("howe", "howe"), ("proceed", "proceed"),
      ("exceed", "exceed"), ("succeed", "succeed"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) })

  /// Returns the stem of a word in lower case.
  public static func stem(_ word: String) -> String { String(decoding: stem(Array(word.utf8)), as: UTF8.self) }

  static func stem(_ word: [UInt8]) -> [UInt8] {
    if let stem = irregular[word] { return stem }
    guard word.count > 2 else { return word }
    var stem = pluralRemoved(word)
    stem = participleRemoved(stem)
    stem = apply([rule("y", "i") { $0.count > 1 && isConsonant($0, at: $0.endIndex - 1) }], to: stem)
    stem = doubleSuffixReduced(stem)
    stem = apply(step3, to: stem)
    stem = apply(step4, to: stem)
    stem = finalERemoved(stem)
    return hasSuffix(stem, "ll") && measure(stem.dropLast()) > 1 ? Array(stem.dropLast()) : stem
  }

  // MARK: Steps

  /// Step 1a.
  private static func pluralRemoved(_ word: [UInt8]) -> [UInt8] {
    if word.count == 4, hasSuffix(word, "ies") { return Array(word.dropLast()) }
    return apply([rule("sses", "ss"), rule("ies", "i"), rule("ss", "ss"), rule("s", "")], to: word)
  }

  /// Step 1b.
  private static func participleRemoved(_ word: [UInt8]) -> [UInt8] {
    if hasSuffix(word, "ied") { return Array(word.dropLast(word.count == 4 ? 1 : 2)) }
    if hasSuffix(word, "eed") { return measure(word.dropLast(3)) > 0 ? Array(word.dropLast()) : word }
    for suffix in ["ed", "ing"] where hasSuffix(word, suffix) {
      let stem = word.dropLast(suffix.utf8.count)
      if containsVowel(stem) { return restored(Array(stem)) }
    }
    return word
  }

  /// The end of step 1b: what is left of `-ed` and `-ing` gets its `e` back, or loses a doubled consonant.
  private static func restored(_ stem: [UInt8]) -> [UInt8] {
    if hasSuffix(stem, "at") || hasSuffix(stem, "bl") || hasSuffix(stem, "iz") { return stem + [UInt8(ascii: "e")] }
    if stem.count >= 2, let last = stem.last, stem[stem.count - 2] == last, isConsonant(stem[...], at: stem.count - 1) {
      return Array("lsz".utf8).contains(last) ? stem : Array(stem.dropLast())
    }
    return measure(stem[...]) == 1 && endsInShortSyllable(stem[...]) ? stem + [UInt8(ascii: "e")] : stem
  }

  /// Step 2.
  private static func doubleSuffixReduced(_ word: [UInt8]) -> [UInt8] {
    if hasSuffix(word, "alli"), measure(word.dropLast(4)) > 0 { return doubleSuffixReduced(Array(word.dropLast(2))) }
    return apply(step2, to: word)
  }

  private static let step2: [Rule] =
    [
      ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
      ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
      ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
      ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
    ].map { rule($0.0, $0.1) { measure($0) > 0 } }
    // The l counts with the stem, so that short ones such as geo- work.
    + [rule("logi", "log") { measure($0 + [UInt8(ascii: "l")]) > 0 }]

  private static let step3: [Rule] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
  ].map { rule($0.0, $0.1) { measure($0) > 0 } }

  private static let step4: [Rule] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
  ].map { suffix in
    rule(suffix, "") { stem in
      measure(stem) > 1 && (suffix != "ion" || stem.last.map { Array("st".utf8).contains($0) } == true)
    }
  }

  /// Step 5a.
  private static func finalERemoved(_ word: [UInt8]) -> [UInt8] {
    guard hasSuffix(word, "e") else { return word }
    let stem = word.dropLast()
    let count = measure(stem)
    return count > 1 || (count == 1 && !endsInShortSyllable(stem)) ? Array(stem) : word
  }

  // MARK: Rules

  private static func rule(
    _ suffix: String, _ replacement: String, where condition: @escaping Condition = { _ in true }
  ) -> Rule {
    (Array(suffix.utf8), Array(replacement.utf8), condition)
  }

  /// Applies the first rule whose suffix the word has; where its condition fails, the word stays.
  private static func apply(_ rules: [Rule], to word: [UInt8]) -> [UInt8] {
    for rule in rules where word.suffix(rule.suffix.count) == rule.suffix[...] {
      let stem = word.dropLast(rule.suffix.count)
      return rule.condition(stem) ? Array(stem) + rule.replacement : word
    }
    return word
  }

  private static func hasSuffix(_ word: [UInt8], _ suffix: String) -> Bool {
    word.count >= suffix.utf8.count && word.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  // MARK: Letters

  /// Whether each letter is a consonant; a y is one at the start and after a vowel.
  private static func consonants(_ word: ArraySlice<UInt8>) -> [Bool] {
    var flags: [Bool] = []
    for letter in word {
      switch letter {
      case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"):
        flags.append(false)
      case UInt8(ascii: "y"): flags.append(flags.last.map { !$0 } ?? true)
      default: flags.append(true)
      }
    }
    return flags
  }

  private static func isConsonant(_ word: ArraySlice<UInt8>, at index: Int) -> Bool {
    consonants(word[...index]).last ?? false
  }

  private static func containsVowel(_ word: ArraySlice<UInt8>) -> Bool { consonants(word).contains(false) }

  /// The m of `[C](VC)^m[V]`.
  private static func measure(_ word: ArraySlice<UInt8>) -> Int {
    let flags = consonants(word)
    return zip(flags, flags.dropFirst()).count { !$0 && $1 }
  }

  /// The condition `*o`: consonant, vowel, consonant other than w, x, y; or a vowel and a consonant alone.
  private static func endsInShortSyllable(_ word: ArraySlice<UInt8>) -> Bool {
    let flags = consonants(word)
    if flags.count == 2 { return flags == [false, true] }
    guard flags.count >= 3, let last = word.last else { return false }
    return flags.suffix(3) == [true, false, true] && !Array("wxy".utf8).contains(last)
  }
}
