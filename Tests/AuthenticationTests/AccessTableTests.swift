import Authentication
import Foundation
import GRPCCore
import Testing
import WireFormat

@Suite("Who may call what") struct AccessTableTests {
  /// Every RPC that a schema of this project names.
  private static let declared: [MethodDescriptor] = {
    let protos = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Protos")
    let files = FileManager.default.enumerator(at: protos, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
    return (files ?? []).filter { $0.pathExtension == "proto" }.flatMap { file -> [MethodDescriptor] in
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      var (package, service) = ("", "")
      return text.split(separator: "\n").compactMap { line -> MethodDescriptor? in
        let words = line.split(whereSeparator: { " ;({".contains($0) })
        guard words.count > 1 else { return nil }
        switch words[0] {
        case "package": package = String(words[1])
        case "service": service = String(words[1])
        case "rpc": return MethodDescriptor(fullyQualifiedService: "\(package).\(service)", method: String(words[1]))
        default: break
        }
        return nil
      }
    }
  }()

  @Test("the schemas are found, and every generated method is among them")
  func generated() {
    let generated =
      TeacherServiceRPC.Method.descriptors + StudentServiceRPC.Method.descriptors
      + CoordinatorServiceRPC.Method.descriptors + HealthRPC.Method.descriptors
    let names = Set(Self.declared.map(\.fullyQualifiedMethod))
    for method in generated { #expect(names.contains(method.fullyQualifiedMethod)) }
  }

  @Test("every RPC of every service has a row", arguments: declared)
  func hasRow(method: MethodDescriptor) {
    let servers = Role.allCases.filter { !AccessTable.callers(of: method, at: $0).isEmpty }
    #expect(!servers.isEmpty, "\(method) has no row in AccessTable: say who may call it")
  }

  @Test("a method that nobody wrote a row for is refused to everybody")
  func unknown() {
    let method = MethodDescriptor(fullyQualifiedService: "retort.v1.TeacherService", method: "Forget")
    for server in Role.allCases { #expect(AccessTable.callers(of: method, at: server).isEmpty) }
  }

  @Test("roles may do what they need and no more")
  func rows() {
    func callers(_ service: String, _ method: String, at server: Role) -> Set<Role> {
      AccessTable.callers(
        of: MethodDescriptor(fullyQualifiedService: "retort.v1.\(service)", method: method), at: server)
    }
    #expect(callers("TeacherService", "Score", at: .teacher) == [.coordinator, .admin])
    #expect(callers("TeacherService", "Score", at: .coordinator) == [.student, .admin])
    #expect(callers("StudentService", "Train", at: .student) == [.coordinator])
    #expect(callers("StudentService", "Train", at: .coordinator).isEmpty)
    #expect(callers("CoordinatorService", "SubmitRun", at: .coordinator) == [.admin])
    #expect(callers("CoordinatorService", "WatchRun", at: .coordinator) == [.admin, .read])
    #expect(callers("CoordinatorService", "RenewLease", at: .coordinator) == [.student])
  }
}
