import Foundation
import ModelFixtures
import Testing

/// Programs whose standard output or error is on a disk without space: `/dev/full`.
@Suite(.timeLimit(.minutes(2))) struct FullLogTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func shell(_ script: String) async throws -> Program.Outcome {
    try await Program(folder: folder).run(
      URL(filePath: "/bin/sh"), ["-c", script, Program.executable.path, folder.path("it")])
  }

  @Test("a service whose log cannot be written serves on, and ends when it is asked to")
  func service() async throws {
    let outcome = try await shell(
      """
      mkdir "$1"
      exec 3<&0 # the end of its input would end the service
      "$0" coordinator --teacher 127.0.0.1:1 --state "$1/state" --listen "unix:$1/socket" <&3 2>/dev/full & pid=$!
      for i in $(seq 400); do [ -S "$1/socket" ] && break; sleep 0.05; done
      "$0" health "unix:$1/socket"; echo "health $?"; kill $pid; wait $pid; echo "end $?"
      """)
    #expect(outcome.output == "serving\nhealth 0\nend 0\n", "\(outcome.errors)")
  }

  @Test("a program whose output cannot be written says so in one line")
  func output() async throws {
    let outcome = try await shell("\"$0\" certs --to \"$1\" >/dev/full; echo \"end $?\"")
    #expect(outcome.output == "end 1\n")
    #expect(outcome.complaints == ["retort: standard output cannot be written: no space left on the disk"])
  }

  @Test("a program whose complaint cannot be written ends with its status all the same")
  func complaint() async throws {
    let outcome = try await shell("\"$0\" status --nonsense 2>/dev/full; echo \"end $?\"")
    #expect(outcome.output == "end 64\n")
  }
}
