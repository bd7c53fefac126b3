import Foundation
import Reports
import Testing

@Suite("Pages for operators") struct OperatorPageTests {
  private static let hostile = "<script>alert(1)</script>\"'&"

  private static func run(_ id: String, state: String = "running", text: String = "training") -> OperatorView.Run {
    OperatorView.Run(
      id: id, method: "kd", state: state, message: text, step: 12, maxSteps: 24, stepsPerSecond: 2, loss: 1.5,
      waits: [("teacher", 1), ("student", 0), ("trainer", 4)], restarts: 1, submitted: Date(timeIntervalSince1970: 0),
      outputDir: text)
  }

  private static func view(_ runs: [OperatorView.Run], text: String = "x") -> OperatorView {
    OperatorView(
      address: text, version: text, time: Date(timeIntervalSince1970: 0), runs: runs,
      trainers: [
        OperatorView.Trainer(id: text, address: text, runID: "kd-1", isBusy: true, leaseSeconds: 9, ageSeconds: 60)
      ],
      replicas: [
        OperatorView.Replica(
          runID: "kd-1", address: text, state: "training", step: 12, heartbeatSeconds: 0.8, partCount: 3,
          plannedPartCount: 4, computeSeconds: 2, exchangeSeconds: 0.5),
        OperatorView.Replica(
          runID: "kd-1", address: text, state: "left", reason: "gone \(text)", isGone: true, step: 9, partCount: 0,
          plannedPartCount: 4, computeSeconds: 2, exchangeSeconds: 0.5),
        OperatorView.Replica(
          runID: "kd-2", address: "other:1", state: "joining", step: 0, partCount: 0, plannedPartCount: 4,
          computeSeconds: 0, exchangeSeconds: 0),
      ],
      teachers: [
        OperatorView.Teacher(
          name: text, address: text, waitingReason: text, waitedSeconds: 95, retries: 2,
          replicas: [
            OperatorView.TeacherReplica(address: text, state: "answering", answered: 412, outstanding: 3),
            OperatorView.TeacherReplica(address: "b:7001", state: "away", trouble: "refused \(text)", answered: 103),
            OperatorView.TeacherReplica(address: "c:7001", state: "slow", answered: 7, moved: 21),
          ]),
        OperatorView.Teacher(
          name: "referee", address: "d:7001", waitingReason: nil, retries: 0,
          replicas: [OperatorView.TeacherReplica(address: "d:7001", state: "answering", answered: 98)]),
      ], cache: (3, 4))
  }

  private static func detail(_ text: String) -> RunDetail {
    let rows = (1...12).map { step in
      MetricsRow(
        step: step,
        values: [
          "loss": 2 / Double(step), "train/compute_seconds": 1, "wait/teacher": 0.5, "wait/student": 0.25,
          "eval/kl": 1 / Double(step), text: Double(step),
        ])
    }
    let totals = ["train/compute_seconds": 12.0, "wait/teacher": 6, "wait/student": 3]
    let answers = ["reference", "teacher", "student"].map { SampleComparison.Answer(name: $0, text: text) }
    return RunDetail(
      log: MetricsLog(rows: rows), totals: totals, samples: [SampleComparison(prompt: text, answers: answers)],
      recipe: text)
  }

  @Test("whatever text comes from elsewhere stays text, on both pages")
  func escaped() throws {
    let page = OperatorPage(
      Self.view([Self.run(Self.hostile, text: Self.hostile), Self.run("kd-1")], text: Self.hostile))
    let pages = [
      page.overview, try #require(page.run(Self.hostile, Self.detail(Self.hostile))),
      try #require(page.run("kd-1", Self.detail(Self.hostile))),
    ]
    for html in pages {
      #expect(!html.contains("<script>alert"))
      #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;"))
    }
  }

  @Test("a page has no script, style or handler of its own, and loads from its own server alone")
  func strict() throws {
    let page = OperatorPage(Self.view([Self.run("kd-1")]))
    for html in [page.overview, try #require(page.run("kd-1", Self.detail("text")))] {
      #expect(html.firstRange(of: "<script>") == nil && html.firstRange(of: "<style") == nil)
      #expect(html.firstMatch(of: /\sstyle=/) == nil && html.firstMatch(of: /\son[a-z]+=/) == nil)
      #expect(html.firstMatch(of: /(?:src|href)="(?!\/)/) == nil)
    }
    #expect(!OperatorPage.style.contains("url(") && !OperatorPage.style.contains("@import"))
    #expect(!OperatorPage.script.contains("innerHTML") && !OperatorPage.script.contains("eval("))
  }

  @Test("a run's page has its state, pace, curves, waits by cause, trainers, and texts side by side")
  func content() throws {
    let html = try #require(OperatorPage(Self.view([Self.run("kd-1")])).run("kd-1", Self.detail("text")))
    #expect(html.contains("data-state=\"running\"") && html.contains("12 / 24") && html.contains("2 steps/s"))
    #expect(html.contains("<b>Loss</b>") && html.contains("<b>KL to the teacher</b>"))
    // 12 s of computing, 6 for the teacher, 3 for the student's text, 4 for a trainer.
    #expect(html.contains("computing 12s (48%)") && html.contains("waits for the teacher 6.0s (24%)"))
    #expect(html.contains("waits for a trainer 4.0s (16%)"))
    #expect(html.contains("data-who=\"teacher\"") && html.contains("data-who=\"student\""))
    #expect(html.contains("Trainers of the run"))
    #expect(html.contains("3 of 4") && html.contains("computing 1.5s, exchange 500ms") && html.contains("800ms ago"))
    #expect(html.contains("gone x") && !html.contains("other:1"), "each run has its own replicas")
  }

  @Test("both pages have how long teachers were waited for, and each replica behind a name with its state and answers")
  func teachers() throws {
    let page = OperatorPage(Self.view([Self.run("kd-1")]))
    for html in [page.overview, try #require(page.run("kd-1", Self.detail("text")))] {
      #expect(html.contains("<td>1m35s</td>") && html.contains("<td>522</td>") && html.contains("<td>98</td>"))
      let table = try #require(html.components(separatedBy: "id=\"teacher-replicas\"").dropFirst().first)
      let rows = table.components(separatedBy: "</section>")[0].components(separatedBy: "<tr>").dropFirst(2)
      let expected = [
        ["badge answering", "width=\"100\" height=\"8\"/></svg> 412", "<td>3</td>"],
        ["b:7001", "badge away", "refused x", "width=\"25\" height=\"8\"/></svg> 103"],
        ["c:7001", "badge slow", "</svg> 7", "<td>21</td>"],
      ]
      #expect(rows.count == expected.count, "the referee has no replicas")
      for (row, pieces) in zip(rows, expected) {
        for piece in pieces { #expect(row.contains(piece), "\(piece) in \(row)") }
      }
    }
    #expect(page.overview.contains("waited for teacher 1.0s, trainer 4.0s"))
  }

  @Test("a run that is not there has no page; without runs and trainers the page says what to do")
  func empty() {
    #expect(OperatorPage(Self.view([])).run("kd-1", Self.detail("text")) == nil)
    var view = Self.view([])
    (view.trainers, view.teachers) = ([], [])
    let html = OperatorPage(view).overview
    #expect(html.contains("No run yet") && html.contains("No trainer holds a lease") && html.contains("No teacher."))
  }
}
