/// Whether a prediction equals one of its references but for case, ASCII punctuation and white space.
///
/// Articles stay, unlike in SQuAD's measure.
public func exactMatch(references: [String], prediction: String) -> Bool {
  let normalized = exactMatchForm(prediction)
  return references.contains { exactMatchForm($0) == normalized }
}

/// Lower case, without ASCII punctuation, with one space between words and none at the ends.
private func exactMatchForm(_ text: String) -> [Unicode.Scalar] {
  let kept = text.lowercased().unicodeScalars.filter { scalar in
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: false
    default: true
    }
  }
  return Array(kept.split { $0.properties.isWhitespace }.joined(separator: [" "]))
}
