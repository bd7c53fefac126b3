public import GRPCCore
internal import WireFormat

/// Whose work a call is: turns at the processor go by it, and quotas.
public struct Caller: Sendable, Hashable {
  /// The key that the call came with, as the service's list of tokens names it; empty where the service asks for none.
  public let key: String
  /// The run that it works for, as the caller says; empty: none.
  public let run: String

  /// Names a caller. Of names that others choose at most 64 visible ASCII characters are kept.
  public init(key: String = "", run: String = "") {
    (self.key, self.run) = (Self.visible(key), Self.visible(run))
  }

  /// Who says no name.
  public static let unnamed = Caller()

  /// Who shares with others first, and has quotas: the key, which is proved; without one the run.
  var party: String { key.isEmpty ? run : key }

  private static func visible(_ name: String) -> String {
    String(decoding: name.utf8.prefix(64).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
  }
}

extension Caller {
  /// Reads a call's metadata.
  public init(_ metadata: Metadata) {
    let key = metadata[stringValues: CallMetadata.key].first { _ in true } ?? ""
    self.init(key: key, run: CallMetadata.runID(of: metadata))
  }
}
