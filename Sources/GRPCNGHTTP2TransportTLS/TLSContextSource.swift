import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOSSL

/// Gives the settings for the next connection, made anew when their files have changed.
final class TLSContextSource: Sendable {
  /// Turns files into settings of BoringSSL.
  typealias Configure = @Sendable (TLSFiles) throws(TLSFileError) -> TLSConfiguration

  private struct State {
    var context: NIOSSLContext
    var stamps: [FileStamp]
  }

  let names: TLSFileNames
  private let configure: Configure
  private let state: NIOLockedValueBox<State>

  init(identity: TLSIdentity?, rootsFile: String?, configure: @escaping Configure) throws(TLSFileError) {
    names = TLSFileNames(identity: identity, roots: rootsFile)
    self.configure = configure
    let stamps = names.stamps
    state = NIOLockedValueBox(State(context: try Self.make(names, configure), stamps: stamps))
  }

  /// Settings from the files as they are, or as they were last good.
  ///
  /// Looks at three files per connection, and reads them (a few KiB) only when they have changed.
  func current() -> NIOSSLContext {
    state.withLockedValue { state in
      let stamps = names.stamps
      if stamps != state.stamps, let context = try? Self.make(names, configure) {
        state = State(context: context, stamps: stamps)
      }
      return state.context
    }
  }

  private static func make(_ names: TLSFileNames, _ configure: Configure) throws(TLSFileError) -> NIOSSLContext {
    var configuration = try configure(TLSFiles(reading: names))
    configuration.minimumTLSVersion = .tlsv13
    configuration.applicationProtocols = ["h2"]
    configuration.renegotiationSupport = .none
    do { return try NIOSSLContext(configuration: configuration) } catch {
      // The files were parsed before: what is left to fail is their fitting together.
      throw .keyMismatch(
        certificateFile: names.identity?.certificateChainFile ?? "", keyFile: names.identity?.privateKeyFile ?? "")
    }
  }
}
