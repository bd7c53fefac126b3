import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Says why a handshake failed, in words that follow the peer's name and a colon.
struct TLSFailure {
  let files: TLSFileNames
  /// Who the server must prove to be; nil: this end is the server.
  let expectedName: String?

  /// One line; nil where the error says nothing about the handshake.
  func reason(for error: any Error, peerCertificate: NIOSSLCertificate?) -> String? {
    if (error as? NIOSSLExtraError) == .failedToValidateHostname {
      return "its certificate does not bear the name \(expectedName ?? ""): connect by a name that it bears"
    }
    let ssl: BoringSSLError
    switch error {
    case NIOSSLError.handshakeFailed(let reason): ssl = reason
    case let error as BoringSSLError: ssl = error
    case NIOSSLError.noCertificateToValidate: return "it showed no certificate"
    case NIOSSLError.uncleanShutdown: return nil
    case is NIOSSLError: return "TLS failed: \(error)"
    default: return nil
    }
    guard case .sslError(let stack) = ssl else { return "TLS failed: \(ssl)" }
    if stack.contains(.eofDuringHandshake) { return "it closed the connection during the TLS handshake" }
    let names = stack.map { Self.name(in: $0) }
    if names.contains("CERTIFICATE_VERIFY_FAILED") { return verdict(on: peerCertificate) }
    return names.lazy.compactMap { words(for: $0) }.first ?? "TLS failed: \(names.joined(separator: ", "))"
  }

  /// What BoringSSL calls the error: `error:1000007d:SSL routines:OPENSSL_internal:NAME at FILE:LINE`.
  private static func name(in error: BoringSSLInternalError) -> String {
    let text = error.description
    guard let part = text.split(separator: " ").first(where: { $0.contains("OPENSSL_internal:") }) else { return text }
    return part.split(separator: ":").last.map { String($0) } ?? text
  }

  private func words(for name: String) -> String? {
    let ours = files.identity?.certificateChainFile ?? "our certificate"
    return switch name {
    case "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it showed no certificate, and one is required"
    case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNEXPECTED_MESSAGE", "UNEXPECTED_RECORD":
      "it does not speak TLS here"
    case "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_SUPPORTED_VERSIONS_ENABLED":
      "it does not speak TLS 1.3"
    case "TLSV1_ALERT_CERTIFICATE_REQUIRED", "TLSV13_ALERT_CERTIFICATE_REQUIRED":
      "it requires a certificate of its clients, and none was given"
    // An authority of the same name with another key is found out by the signature.
    case "TLSV1_ALERT_UNKNOWN_CA", "TLSV1_ALERT_DECRYPT_ERROR":
      "it refuses \(ours): the CA that signed it is not known there"
    case "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it refuses \(ours): the certificate is not valid at this time"
    case "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
      "SSLV3_ALERT_CERTIFICATE_REVOKED", "TLSV1_ALERT_ACCESS_DENIED":
      "it refuses \(ours)"
    case "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "it does not speak h2"
    default: nil
    }
  }

  /// Why a certificate that was not accepted was not.
  private func verdict(on certificate: NIOSSLCertificate?) -> String {
    guard let certificate else { return "its certificate is not valid" }
    let now = time(nil)
    if certificate.notValidAfter < now {
      return "its certificate expired on \(Self.date(certificate.notValidAfter)): it needs a new one"
    }
    if certificate.notValidBefore > now {
      return "its certificate is not valid before \(Self.date(certificate.notValidBefore)): compare the clocks"
    }
    let roots = files.roots.map { "a CA of \($0)" } ?? "a CA that this system trusts"
    return "its certificate is not signed by \(roots): use files that were made together"
  }

  /// A day as `2026-01-31`, UTC.
  private static func date(_ seconds: time_t) -> String {
    var seconds = seconds
    var parts = unsafe tm()
    unsafe gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}
