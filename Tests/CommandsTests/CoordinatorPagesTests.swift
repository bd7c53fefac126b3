import Commands
import PlainHTTP
import Reports
import Testing

@Suite("Pages of a coordinator") struct CoordinatorPagesTests {
  @Test(
    "a browser must call the page by a name of loopback, lest a stranger's page reads it under its own",
    arguments: [
      ("localhost", true), ("localhost:8000", true), ("127.0.0.1:8000", true), ("[::1]", true), ("[::1]:8000", true),
      ("evil.example:8000", false), ("127.0.0.1.evil.example", false), ("localhost.evil.example:80", false),
      ("", false),
      ("[::1]evil", false),
    ] as [(String, Bool)])
  func names(host: String, isLoopback: Bool) {
    #expect(CoordinatorPages.isLoopback(host) == isLoopback)
    let refusal = CoordinatorPages.refusal(of: HTTPRequest(path: "/", host: host), nil)
    #expect(refusal?.status == (isLoopback ? nil : 421))
  }

  @Test("pages are read, and nothing else")
  func methods() {
    let request = HTTPRequest(path: "/", isRead: false, host: "localhost")
    #expect(CoordinatorPages.refusal(of: request, nil)?.status == 405)
  }

  @Test("where other machines reach the page, any name will do")
  func open() {
    #expect(CoordinatorPages.refusal(of: HTTPRequest(path: "/", host: "box:8000"), nil, openHost: true) == nil)
  }

  @Test("of a long run a bounded number of rows is kept: first, evaluations, and sums over all steps")
  func thinned() {
    var shelf = ViewedRows.Shelf()
    let steps = 10 * ViewedRows.rowLimit
    for begin in stride(from: 1, through: steps, by: 100) {
      var rows = (begin..<begin + 100).map { MetricsRow(step: $0, values: ["loss": 1, "wait/teacher": 0.5]) }
      if begin % 1000 == 1 { rows.append(MetricsRow(step: begin + 99, values: ["eval/kl": 1])) }
      shelf.add(rows, last: begin + 99)
    }
    #expect(shelf.rows.count <= ViewedRows.rowLimit && shelf.rows.count > ViewedRows.rowLimit / 4)
    #expect(shelf.rows.first?.step == 1 && shelf.last == steps)
    #expect(shelf.rows.count { $0.values["eval/kl"] != nil } == steps / 1000)
    #expect(shelf.totals["wait/teacher"] == Double(steps) / 2)
  }
}
