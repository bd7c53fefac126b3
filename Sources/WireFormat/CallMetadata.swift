public import GRPCCore

/// What a call says of itself beside its messages.
public enum CallMetadata {
  /// Names the run that a call works for: a student's calls of the coordinator and the coordinator's of a teacher bear it, so that runs have fair
  /// turns there. It proves nothing.
  public static let run = "retort-run"
  /// Names the key that a call came with. A service that asks for tokens sets it for its handlers, whatever the caller said.
  public static let key = "retort-key"

  /// The run that the present task works for; empty: none.
  @TaskLocal public static var runID = ""

  /// What the present task's calls bear.
  public static var ofTask: Metadata { runID.isEmpty ? [:] : [run: .string(runID)] }

  /// The run that a call works for; of one that is a part of another, as of a loop's, the whole.
  public static func runID(of metadata: Metadata) -> String {
    let name = metadata[stringValues: run].first { _ in true } ?? ""
    return String(name.prefix { $0 != "/" })
  }
}
