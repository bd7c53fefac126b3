import Commands
import ModelServing
import Testing

@Suite("Quotas of the command line") struct CallerQuotasTests {
  @Test("a number is of each caller, a name's is of that one")
  func reads() throws {
    #expect(try CallerQuotas(parsing: []) == CallerQuotas())
    #expect(
      try CallerQuotas(parsing: ["500", "lab-a=20", "lab.b=1000000000"])
        == CallerQuotas(named: ["lab-a": 20, "lab.b": 1_000_000_000], others: 500))
  }

  @Test(
    "what is no quota is refused by a line that names it",
    arguments: [
      ["0"], ["-1"], ["x"], ["1e3"], [""], ["=5"], ["a="], ["a=0"], ["a=1000000001"], ["a=b=1"], ["a b=1"], ["1", "2"],
      ["a=1", "a=2"],
    ])
  func refuses(options: [String]) {
    let error = #expect(throws: CommandError.self) { try CallerQuotas(parsing: options) }
    #expect("\(error as Any)".contains("--quota") && !"\(error as Any)".contains("\n"))
  }
}
