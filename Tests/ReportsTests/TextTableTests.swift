import Reports
import Testing

@Suite struct TextTableTests {
  @Test("names stand left, numbers right, and nothing trails")
  func layout() {
    var table = TextTable(["model", "valid", "KL"])
    table.add(["teacher", "0.77", "0"])
    table.add(["start", "0.4"])
    #expect(table.text == "model    valid  KL\n───────  ─────  ──\nteacher   0.77   0\nstart      0.4")
  }

  @Test(
    "wide characters count double, marks nothing",
    arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("🙂", 2), ("", 0)])
  func columns(text: String, width: Int) {
    #expect(TerminalWidth.columns(of: text) == width)
  }

  @Test("a clipped text never exceeds the width", arguments: 0...7)
  func clipped(width: Int) {
    #expect(TerminalWidth.columns(of: TerminalWidth.clipped("日本 abc", to: width)) <= width)
  }
}
