import Distillation
import Foundation
import Kernels
import Measurement
import Optimization
import Transformer

/// The loss over a vocabulary: output projection, both log-softmaxes, divergences and their gradients.
///
/// It is a step over the smallest model that has a head. The optimizer is no part of it: its time, measured beside, is taken
/// off. Measured beside, too: the loss's three products alone, than which no loss is faster.
final class LossWork: EngineWork {
  private let train: TrainWork
  private let optimizer: AdamW
  private let parameters: ParameterBuffer
  private let gradients: ParameterBuffer
  private let products: HeadProducts
  private let isRounded: Bool
  private var peakBytes: Int?

  init(_ file: CaseFile, precision: EnginePrecision) throws {
    train = try TrainWork(file, precision: precision)
    let layout = train.trainer.transformer.layout
    parameters = train.trainer.parameters.copy()
    gradients = ParameterBuffer(count: layout.count)
    optimizer = AdamW(
      layout: layout, options: try AdamWOptions(),
      schedule: try LearningRateSchedule(shape: .constant, peak: CaseFile.learningRate, maxSteps: 1))
    isRounded = precision.products == .bfloat16
    products = HeadProducts(
      rows: file.positionCount, vocabSize: file.vocabSize,
      width: train.trainer.transformer.configuration.embeddingWidth,
      precision: precision.products)
  }

  func round() throws -> WorkerRound {
    var round = try train.round()
    // The first round's peak: later ones would have that of what is measured beside.
    let process = ProcessInfo.processInfo.processIdentifier
    peakBytes = peakBytes ?? ProcessUsage(of: process)?.peakBytes ?? 0
    round.peakBytes = peakBytes ?? 0
    let (optimizerSeconds, _) = try timed {
      try optimizer.step(parameters, gradients: gradients)
      if isRounded { parameters.updateRounded() }
    }
    round.seconds = max(0, round.seconds - optimizerSeconds)
    round.rates = [HeadProducts.name: products.operations / timed(products.run).seconds]
    return round
  }
}

/// The products of a loss alone: logits, the gradient of the hidden states and that of the head.
final class HeadProducts {
  /// Name of their rate.
  static let name = "own_products"

  /// Logits that exist at once.
  private static let logitLimit = 1 << 24

  private let rows, vocabSize, width: Int
  private let precision: ProductPrecision
  /// `[V, D]` twice, `[n, D]` twice and `[n, V]`; made when first used.
  private lazy var head = FloatStorage(count: vocabSize * width).view
  private lazy var headGradient = FloatStorage(count: vocabSize * width).view
  private lazy var hidden = FloatStorage(count: chunk * width).view
  private lazy var hiddenGradient = FloatStorage(count: chunk * width).view
  private lazy var logits = FloatStorage(count: chunk * vocabSize).view
  private lazy var roundedHead = Self.rounded(head)
  private lazy var roundedHidden = Self.rounded(hidden)
  private lazy var roundedLogits = Self.rounded(logits)

  init(rows: Int, vocabSize: Int, width: Int, precision: ProductPrecision) {
    (self.rows, self.vocabSize, self.width, self.precision) = (rows, vocabSize, width, precision)
  }

  private var chunk: Int { min(rows, max(16, Self.logitLimit / vocabSize)) }
  private var chunkCount: Int { (rows + chunk - 1) / chunk }

  /// Multiplications and additions of one run.
  var operations: Double { 3 * 2 * Double(vocabSize * width * chunk * chunkCount) }

  /// Computes them.
  func run() {
    let isRounded = precision == .bfloat16
    let weight = WeightMatrix(
      Matrix(head, rows: vocabSize, columns: width),
      rounded: isRounded ? BFloat16Matrix(roundedHead, rows: vocabSize, columns: width) : nil)
    let states: ProductRows = isRounded ? .bfloat16(roundedHidden) : .float32(hidden)
    let gradients: ProductRows = isRounded ? .bfloat16(roundedLogits) : .float32(logits)
    let groups = [0..<chunk]
    for _ in 0..<chunkCount {
      states.multiply(weight.transposed, into: logits, rowGroups: groups)
      gradients.multiply(weight, into: hiddenGradient, rowGroups: groups)
      gradients.addTransposedProduct(
        states, to: Matrix(headGradient, rows: vocabSize, columns: width), rowGroups: groups)
    }
  }

  private static func rounded(_ values: FloatView) -> BFloat16View {
    let copy = BFloat16Storage(count: values.count).view
    copy.roundInParallel(values)
    return copy
  }
}
