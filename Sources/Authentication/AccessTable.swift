public import GRPCCore

/// Who may call what: one row for every RPC of every service. A method without a row is refused to everybody.
public enum AccessTable {
  private struct Row {
    let service: String
    let methods: [String]
    /// Where the service is served; nil: anywhere.
    let server: Role?
    let callers: Set<Role>
  }

  private static let rows: [Row] = [
    Row(
      service: "retort.v1.TeacherService", methods: ["Describe", "Generate", "Score", "GetOutputHead"],
      server: .teacher,
      callers: [.coordinator, .admin]),
    // The coordinator's façade.
    Row(
      service: "retort.v1.TeacherService", methods: ["Describe", "Generate", "Score", "GetOutputHead"],
      server: .coordinator,
      callers: [.student, .admin]),
    Row(
      service: "retort.v1.StudentService", methods: ["Describe"], server: .student, callers: [.coordinator, .admin]),
    Row(
      service: "retort.v1.StudentService", methods: ["Load", "Generate", "Score", "Train", "Join", "Save", "Export"],
      server: .student, callers: [.coordinator]),
    Row(
      service: "retort.v1.CoordinatorService", methods: ["SubmitRun", "CancelRun", "ResumeRun"], server: .coordinator,
      callers: [.admin]),
    Row(
      service: "retort.v1.CoordinatorService",
      methods: ["GetRun", "ListRuns", "WatchRun", "ListTrainers", "ListTeachers"],
      server: .coordinator, callers: [.admin, .read]),
    Row(
      service: "retort.v1.CoordinatorService",
      methods: ["RegisterTrainer", "RenewLease", "PutGroupValue", "GetGroupValue"], server: .coordinator,
      callers: [.student]),
    // Each service asks for its own health from inside its container.
    Row(
      service: "grpc.health.v1.Health", methods: ["Check", "Watch", "List"], server: nil,
      callers: Set(Role.allCases)),
    Row(
      service: "grpc.reflection.v1.ServerReflection", methods: ["ServerReflectionInfo"], server: nil,
      callers: [.admin, .read]),
    // The same under its older name, which python's clients ask for.
    Row(
      service: "grpc.reflection.v1alpha.ServerReflection", methods: ["ServerReflectionInfo"], server: nil,
      callers: [.admin, .read]),
  ]

  /// The roles that may call a method of a server.
  public static func callers(of method: MethodDescriptor, at server: Role) -> Set<Role> {
    let row = rows.first { row in
      row.service == method.service.fullyQualifiedService && row.methods.contains(method.method)
        && (row.server == nil || row.server == server)
    }
    return row?.callers ?? []
  }
}
