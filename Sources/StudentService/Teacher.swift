public import Distillation
public import Sequences

/// Log-probs of a teacher, and what it took to get them.
public struct TeacherReply: Sendable, Hashable {
  /// The answer.
  public var scores: PositionScores
  /// Bytes of the messages received.
  public var byteCount: Int

  /// Makes a reply.
  public init(scores: PositionScores, byteCount: Int) { (self.scores, self.byteCount) = (scores, byteCount) }
}

/// Whoever answers about the student's sequences.
public protocol Teacher: Sendable {
  /// Scores sequences; waits, as long as its task is not cancelled, for a teacher that is away.
  ///
  /// - Parameters:
  ///   - name: Which teacher, where several are behind one address; empty: the one.
  ///   - vocabSize: V, the student's, which is the teacher's too.
  func score(
    _ sequences: SequenceBatch, of name: String, options: ScoreOptions, vocabSize: Int
  ) async throws -> TeacherReply

  /// The output head; waits as ``score(_:of:options:vocabSize:)`` does.
  ///
  /// - Parameters:
  ///   - vocabSize: V, the student's, which is the teacher's too.
  ///   - known: A head that is at hand and returned again where it is the teacher's.
  func outputHead(vocabSize: Int, known: OutputHead?) async throws -> OutputHead
}

/// How a teacher's address becomes a teacher.
public protocol TeacherDialer: Sendable {
  /// Calls `body` with the teacher at an address and ends the connection afterwards.
  func withTeacher<Result: Sendable>(
    at address: String, _ body: (any Teacher) async throws -> Result
  ) async throws -> Result
}
