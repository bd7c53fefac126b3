internal import Checkpoints
internal import Distillation
internal import Kernels
internal import WireFormat

/// Puts the messages of one GetOutputHead reply together, checking that they follow one another.
struct OutputHeadReply {
  private let vocabSize: Int
  private let digest: String
  private var width = 0
  private var rowCount = 0
  private var weights = FloatStorage(count: 0).view
  private var biases: [Float] = []
  /// True once the last message is in.
  private(set) var isComplete = false

  /// Expects a head of so many rows; an empty digest is not compared.
  init(vocabSize: Int, digest: String) { (self.vocabSize, self.digest) = (vocabSize, digest) }

  /// Takes the next rows.
  mutating func append(_ message: GetOutputHeadResponse) throws(WireFormatError) {
    let (first, count) = (Int(message.firstRow), Int(message.rowCount))
    guard !isComplete, first == rowCount, count <= vocabSize - rowCount else {
      throw problem("rows \(first)..<\(first + count) came where \(rowCount) of \(vocabSize) were there")
    }
    guard message.width > 0, rowCount == 0 || Int(message.width) == width,
      message.weights.count == count * Int(message.width),
      message.biases.isEmpty || (message.biases.count == count && biases.count == rowCount)
    else {
      throw problem("\(message.weights.count) weights and \(message.biases.count) biases of \(count) rows")
    }
    if rowCount == 0 {
      width = Int(message.width)
      weights = FloatStorage(count: vocabSize * width).view
    }
    weights.window(first * width, count * width).copy(from: message.weights)
    biases += message.biases
    rowCount += count
    guard message.last else { return }
    guard rowCount == vocabSize, biases.isEmpty || biases.count == vocabSize else {
      throw problem("it ended after \(rowCount) rows of \(vocabSize)")
    }
    isComplete = true
  }

  /// The whole head, whose content must be what its digest says.
  func head() throws(WireFormatError) -> OutputHead {
    let found = weights.withSpan { OutputHeadDigest.of($0, rows: vocabSize, width: width, biases: biases) }
    guard digest.isEmpty || found == digest else {
      throw problem("its digest is \(found.prefix(12)), not \(digest.prefix(12))")
    }
    var biasView: FloatView?
    if !biases.isEmpty {
      let view = FloatStorage(count: vocabSize).view
      view.copy(from: biases)
      biasView = view
    }
    return OutputHead(digest: found, weights: weights, biases: biasView, vocabSize: vocabSize, width: width)
  }

  private func problem(_ words: String) -> WireFormatError {
    .columns(message: GetOutputHeadResponse.protoName, problem: words)
  }
}
