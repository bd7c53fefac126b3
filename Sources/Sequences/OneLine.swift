extension String {
  /// The text for a message of one line: control characters and line ends become "?", and at most 600 characters are kept,
  /// since names and values of a file may hold anything.
  package var inOneLine: String {
    var result = UnicodeScalarView()
    for scalar in unicodeScalars.prefix(600) {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: result.append("?")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
