internal import Distillation
internal import NIOConcurrencyHelpers

/// The output head of one Train call's teacher: asked for once a call, and fetched only where none is kept or another is.
struct OutputHeadShelf: Sendable {
  /// The last head that was fetched, whoever fetched it.
  let kept: NIOLockedValueBox<OutputHead?>
  private let checked = NIOLockedValueBox<OutputHead?>(nil)

  init(kept: NIOLockedValueBox<OutputHead?>) { self.kept = kept }

  /// The teacher's head.
  func head(of teacher: any Teacher, vocabSize: Int) async throws -> OutputHead {
    if let head = checked.withLockedValue({ $0 }) { return head }
    let head = try await teacher.outputHead(vocabSize: vocabSize, known: kept.withLockedValue { $0 })
    kept.withLockedValue { $0 = head }
    checked.withLockedValue { $0 = head }
    return head
  }
}
