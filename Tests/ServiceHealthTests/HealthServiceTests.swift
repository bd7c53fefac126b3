import GRPCCore
import GRPCInProcessTransport
import ServiceHealth
import Testing
import WireFormat

@Suite("Health service")
struct HealthServiceTests {
  let health = HealthService(services: ["retort.v1.TeacherService"])

  @Test("says what was set, and NOT_FOUND for a service that is not there")
  func check() async throws {
    try await withHealthClient { client in
      let teacher = HealthCheckRequest(service: "retort.v1.TeacherService")
      var seen = [try await client.check(HealthCheckRequest()).status]
      health.setStatus(.serving)
      seen.append(try await client.check(HealthCheckRequest()).status)
      seen.append(try await client.check(teacher).status)
      health.setAll(.serving)
      seen.append(try await client.check(teacher).status)
      #expect(seen == [.notServing, .serving, .notServing, .serving])
      let error = await #expect(throws: RPCError.self) { try await client.check(HealthCheckRequest(service: "x")) }
      #expect(error?.code == .notFound)
    }
  }

  @Test("lists the states of all services by name")
  func list() async throws {
    health.setStatus(.serving)
    try await withHealthClient { client in
      let statuses = try await client.list(HealthListRequest()).statuses
      #expect(statuses.map(\.key) == ["", "retort.v1.TeacherService"])
      #expect(statuses.map(\.value?.status) == [.serving, .notServing])
    }
  }

  @Test("tells watchers the present state and each change")
  func watch() async throws {
    try await withHealthClient { client in
      try await client.watch(HealthCheckRequest()) { response in
        var seen: [HealthService.Status] = []
        for try await message in response.messages {
          seen.append(message.status)
          if seen.count == 1 { health.setStatus(.serving) }
          if seen.count == 2 { health.setStatus(.notServing) }
          if seen.count == 3 { break }
        }
        #expect(seen == [.notServing, .serving, .notServing])
      }
    }
  }

  @Test("tells watchers of a service that is not there, and of its coming")
  func watchUnknown() async throws {
    try await withHealthClient { client in
      try await client.watch(HealthCheckRequest(service: "later")) { response in
        var seen: [HealthService.Status] = []
        for try await message in response.messages {
          seen.append(message.status)
          if seen.count == 2 { break }
          health.setStatus(.serving, of: "later")
        }
        #expect(seen == [.serviceUnknown, .serving])
      }
    }
  }

  @Test("tells watchers that the server stops, and lets them go")
  func stop() async throws {
    health.setAll(.serving)
    try await withHealthClient { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.watch(HealthCheckRequest()) { response in
          var seen: [HealthService.Status] = []
          do {
            for try await message in response.messages {
              seen.append(message.status)
              if seen.count == 1 { health.stop() }
            }
          } catch {
            #expect(seen == [.serving, .notServing])
            throw error
          }
        }
      }
      #expect(error?.code == .unavailable)
      health.setAll(.serving)
      let late = try await client.check(HealthCheckRequest()).status
      #expect(late == .notServing)
    }
  }

  private func withHealthClient(
    _ body: (HealthRPC.Client<InProcessTransport.Client>) async throws -> Void
  ) async throws {
    let transport = InProcessTransport()
    try await withGRPCServer(transport: transport.server, services: [health]) { _ in
      try await withGRPCClient(transport: transport.client) { client in
        try await body(HealthRPC.Client(wrapping: client))
      }
    }
  }
}
