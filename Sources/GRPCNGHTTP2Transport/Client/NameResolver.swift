package import GRPCCore
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Looks up host names.
public protocol NameResolver: Sendable {
  /// The addresses of a host and port, in order of preference. Called on a thread that may wait.
  ///
  /// - Throws: Any error; its description says why there are none.
  func addresses(of host: String, port: Int) throws -> [NetworkAddress]
}

/// Looks names up as the system does: `getaddrinfo`.
public struct SystemNameResolver: NameResolver {
  /// Makes a resolver.
  public init() {}

  /// The addresses of a host and port, in the system's order.
  ///
  /// - Throws: ``NameResolutionError``.
  public func addresses(of host: String, port: Int) throws -> [NetworkAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_flags = AI_ADDRCONFIG
    #if canImport(Glibc)
      unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, nil, &hints, &list)
    defer { unsafe freeaddrinfo(list) }
    guard result == 0 else {
      throw NameResolutionError(host: host, reason: unsafe String(cString: gai_strerror(result)))
    }
    var addresses: [NetworkAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      unsafe next = entry.pointee.ai_next
      if let literal = unsafe Self.literal(entry.pointee) { addresses.append(.tcp(host: literal, port: port)) }
    }
    return addresses
  }

  private static func literal(_ entry: addrinfo) -> String? {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let result = unsafe getnameinfo(
      entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Why a host name has no addresses.
public struct NameResolutionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The name that was looked up.
  public let host: String
  /// The system's words.
  public let reason: String

  /// Says why.
  public init(host: String, reason: String) {
    self.host = host
    self.reason = reason
  }

  /// One line.
  public var description: String { "the host name '\(host)' is not known: \(reason)" }
}

extension ServiceTarget {
  /// The addresses of all endpoints, each once. Waits for the resolver.
  package func resolve(with resolver: any NameResolver) -> Result<[ServerAddress], RPCError> {
    var addresses: [ServerAddress] = []
    var seen: Set<NetworkAddress> = []
    var failure: (any Error)?
    for endpoint in endpoints {
      do {
        for socket in try Self.addresses(of: endpoint, with: resolver) where seen.insert(socket).inserted {
          addresses.append(ServerAddress(socket, of: endpoint))
        }
      } catch {
        failure = error
      }
    }
    guard addresses.isEmpty else { return .success(addresses) }
    let message = failure.map { "\($0)" } ?? "the name '\(self)' has no address"
    return .failure(RPCError(code: .unavailable, message: message, cause: failure))
  }

  private static func addresses(of endpoint: NetworkAddress, with resolver: any NameResolver) throws -> [NetworkAddress]
  {
    guard endpoint.needsLookup, case .tcp(let host, let port) = endpoint else { return [endpoint] }
    return try resolver.addresses(of: host, port: port)
  }
}
