import Reports
import Testing

@Suite struct FigureFormatTests {
  @Test(
    "numbers have four significant digits",
    arguments: [
      (0, "0"), (12, "12"), (0.81234, "0.8123"), (12.3456, "12.35"), (1234.56, "1235"), (0.012345, "0.01235"),
      (1.25e-5, "1.25e-05"), (-0.5, "-0.5000"), (.infinity, "∞"), (.nan, "—"),
    ] as [(Double, String)])
  func number(value: Double, text: String) {
    #expect(FigureFormat.number(value) == text)
  }

  @Test(
    "counts have a suffix",
    arguments: [
      (0, "0"), (7.25, "7.2"), (512, "512"), (999.6, "1.00k"), (3400, "3.40k"), (34_000, "34.0k"), (340_000, "340k"),
      (1.2e6, "1.20M"), (-1, "—"),
    ] as [(Double, String)])
  func count(value: Double, text: String) {
    #expect(FigureFormat.count(value) == text)
  }

  @Test("bytes carry their unit", arguments: [(12, "12 B"), (3400, "3.40 kB"), (2e9, "2.00 GB")] as [(Double, String)])
  func bytes(value: Double, text: String) {
    #expect(FigureFormat.bytes(value) == text)
  }

  @Test(
    "durations show their two largest units",
    arguments: [
      (0.25, "0.2s"), (12, "12s"), (59.7, "1m00s"), (185, "3m05s"), (7620, "2h07m"), (273_600, "3d04h"), (-1, "—"),
    ] as [(Double, String)])
  func duration(seconds: Double, text: String) {
    #expect(FigureFormat.duration(seconds: seconds) == text)
  }
}
