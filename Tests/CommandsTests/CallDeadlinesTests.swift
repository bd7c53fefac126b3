import Authentication
import Commands
import GRPCCore
import GRPCNGHTTP2Transport
import Testing

@Suite("How long calls may last") struct CallDeadlinesTests {
  @Test(
    "calls that tell have 30 seconds, calls that compute 10 minutes, and an hour at most",
    arguments: [
      (Role.teacher, "retort.v1.TeacherService/Describe", 30), (.teacher, "retort.v1.TeacherService/Score", 600),
      (.teacher, "retort.v1.TeacherService/Generate", 600), (.student, "retort.v1.StudentService/Describe", 600),
      (.student, "retort.v1.StudentService/Load", 600), (.student, "retort.v1.StudentService/Save", 600),
      (.coordinator, "retort.v1.CoordinatorService/SubmitRun", 30),
      (.coordinator, "retort.v1.CoordinatorService/RenewLease", 30), (.teacher, "grpc.health.v1.Health/Check", 30),
      (.student, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo", 30),
      (.student, "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", 30),
    ])
  func standard(server: Role, method: String, seconds: Int64) {
    let limit = CallDeadlines.standard.limits(at: server)[method]
    #expect(limit == CallTimeLimit(unnamed: .seconds(seconds), longest: .seconds(3600)))
  }

  @Test("what lasts as long as a run, a connection or a teacher's absence has no limit, and nothing else")
  func lasting() {
    func lasting(_ server: Role) -> Set<String> {
      let limits = CallDeadlines.standard.limits(at: server)
      return Set(CallDeadlines.methods(of: server).map(\.fullyQualifiedMethod).filter { limits[$0] == nil })
    }
    #expect(lasting(.teacher) == ["grpc.health.v1.Health/Watch"])
    #expect(lasting(.student) == ["grpc.health.v1.Health/Watch", "retort.v1.StudentService/Train"])
    #expect(
      lasting(.coordinator) == [
        "grpc.health.v1.Health/Watch", "retort.v1.CoordinatorService/WatchRun", "retort.v1.TeacherService/Generate",
        "retort.v1.TeacherService/Score", "retort.v1.TeacherService/GetOutputHead",
      ])
  }

  @Test("no default is longer than the longest")
  func shortest() {
    let limits = CallDeadlines(computing: .seconds(600), longest: .seconds(5)).limits(at: .teacher)
    #expect(limits.values.allSatisfy { $0 == CallTimeLimit(unnamed: .seconds(5), longest: .seconds(5)) })
  }
}
