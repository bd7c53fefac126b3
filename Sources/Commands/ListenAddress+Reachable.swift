import Foundation
import ServiceRuntime

extension ListenAddress {
  /// Where others find a service that listens here: an address that stands for all of a machine's becomes its name.
  var reachable: ListenAddress {
    ["0.0.0.0", "::"].contains(host) ? ListenAddress(host: ProcessInfo.processInfo.hostName, port: port) : self
  }
}
