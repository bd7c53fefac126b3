import Kernels

/// Where each adapter of a model stands in the flat array of adapters' parameters, and which columns of which projection it adds to.
public struct AdapterLayout: Sendable, Hashable {
  /// One module's adapter: `ΔW = scale · B A`.
  struct Site: Sendable, Hashable {
    /// The module's name, such as `model.layers.0.self_attn.q_proj`.
    let module: String
    /// The module's columns among the projection's, which may hold several modules side by side.
    let columns: Range<Int>
    /// Offset of A. Shape: `[r, in]`.
    let downOffset: Int
    /// Offset of B. Shape: `[columns.count, r]`.
    let upOffset: Int
    /// Its place among all adapters, from 0.
    let index: Int
  }

  /// The numbers.
  public let options: AdapterOptions
  /// All tensors with PEFT's names: `<module>.lora_A.weight` and `<module>.lora_B.weight`, A before B.
  public let parameters: ParameterLayout
  /// For each projection, by the offset of its matrix, its modules' adapters.
  let sites: [Int: [Site]]

  /// Finds the modules of a model that have an adapter.
  ///
  /// - Throws: ``ModelError/invalidOption(name:value:requirement:)`` for a name that no projection has.
  public init(_ transformer: Transformer, _ options: AdapterOptions) throws(ModelError) {
    let modules = transformer.adaptableModules
    if case .names(let names) = options.targets {
      for name in names where !modules.contains(where: { $0.isNamed(name) }) {
        let known = Set(modules.map { $0.name.split(separator: ".").last.map(String.init) ?? $0.name })
        throw .invalidOption(
          name: "lora_target_modules", value: name,
          requirement: "all-linear, or of \(known.sorted().joined(separator: ", "))")
      }
    }
    var parameters = ParameterLayout()
    var sites: [Int: [Site]] = [:]
    for (index, module) in modules.filter({ $0.isTarget(of: options.targets) }).enumerated() {
      let downOffset = parameters.add(module.name + ".lora_A.weight", [options.rank, module.inputWidth])
      let upOffset = parameters.add(module.name + ".lora_B.weight", [module.columns.count, options.rank])
      sites[module.projection, default: []].append(
        Site(
          module: module.name, columns: module.columns, downOffset: downOffset, upOffset: upOffset, index: index))
    }
    (self.options, self.parameters, self.sites) = (options, parameters, sites)
  }

  /// The last parts of the names of the modules that have an adapter, such as `q_proj`, in alphabetical order.
  public var targetNames: [String] {
    Set(sites.values.joined().compactMap { $0.module.split(separator: ".").last.map(String.init) }).sorted()
  }

  /// Sets fresh parameters as PEFT does: A uniform in ±1/√in, which is Kaiming's with a = √5, B zero.
  public func initialize(_ values: ParameterBuffer, using generator: inout some RandomNumberGenerator) {
    precondition(values.count == parameters.count, "\(values.count) parameters of \(parameters.count)")
    for entry in parameters.entries {
      let view = values.view(entry)
      guard entry.name.hasSuffix(".lora_A.weight") else {
        view.fill(0)
        continue
      }
      let bound = 1 / Double(entry.shape[1]).squareRoot()
      for index in 0..<view.count {
        view[index] = Float((Double(generator.next() >> 11) * 0x1p-52 - 1) * bound)
      }
    }
  }
}

/// A module of a model that may have an adapter.
struct AdaptableModule: Sendable {
  let name: String
  /// Offset of the matrix of the projection that it is part of.
  let projection: Int
  let columns: Range<Int>
  let inputWidth: Int

  /// PEFT's rule for a list of names.
  func isNamed(_ target: String) -> Bool { name == target || name.hasSuffix("." + target) }

  func isTarget(of targets: AdapterOptions.Targets) -> Bool {
    switch targets {
    case .allLinear: true
    case .names(let names): names.contains { isNamed($0) }
    }
  }
}

extension Transformer {
  /// All projections, as modules: those of blocks in the order of the blocks, then those from and to other widths.
  var adaptableModules: [AdaptableModule] {
    let names = configuration.family.names
    let outer = [(plan.inputProjection, names.inputProjection), (plan.outputProjection, names.outputProjection)]
    return blockModules
      + outer.flatMap { projection, name -> [AdaptableModule] in
        guard let projection, let name else { return [] }
        return modules(of: projection, [name], [projection.outputWidth])
      }
  }

  private var blockModules: [AdaptableModule] {
    let (names, model) = (configuration.family.names, configuration)
    return plan.blocks.enumerated().flatMap { layer, block in
      let parts: [(Projection, [String], [Int])] = [
        (block.attentionInput, names.attentionInput, [model.queryWidth, model.keyValueWidth, model.keyValueWidth]),
        (block.attentionOutput, [names.attentionOutput], [model.width]),
        (
          block.feedForwardInput, names.feedForwardInput,
          Array(repeating: model.feedForwardWidth, count: model.block.feedForward.isGated ? 2 : 1)
        ),
        (block.feedForwardOutput, [names.feedForwardOutput], [model.width]),
      ]
      return parts.flatMap { projection, names, widths in
        modules(of: projection, names.map { "\(configuration.family.names.blocks)\(layer).\($0)" }, widths)
      }
    }
  }

  /// The modules of a projection: one that holds all its columns, or several side by side.
  private func modules(of projection: Projection, _ names: [String], _ widths: [Int]) -> [AdaptableModule] {
    let widths = names.count == 1 ? [widths.reduce(0, +)] : widths
    var start = 0
    return zip(names, widths).map { name, width in
      defer { start += width }
      return AdaptableModule(
        name: name, projection: projection.weightOffset, columns: start..<start + width,
        inputWidth: projection.inputWidth)
    }
  }
}
