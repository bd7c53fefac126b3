import GRPCCore

/// Finds the configuration of a method: that of the method itself, else of its service, else the default.
struct MethodConfigTable: Sendable {
  private var configs: [MethodConfig.Name: MethodConfig] = [:]

  init(_ serviceConfig: ServiceConfig) {
    for config in serviceConfig.methodConfig {
      for name in config.names where configs[name] == nil { configs[name] = config }
    }
  }

  subscript(descriptor: MethodDescriptor) -> MethodConfig? {
    guard !configs.isEmpty else { return nil }
    let service = descriptor.service.fullyQualifiedService
    return configs[MethodConfig.Name(service: service, method: descriptor.method)]
      ?? configs[MethodConfig.Name(service: service)] ?? configs[MethodConfig.Name(service: "")]
  }
}
