/// Where the tokens of two tokenisations of one text stand, by bytes.
package struct ByteAlignment {
  /// Where a student's token begins, in the teacher's tokens.
  package struct Place: Hashable {
    /// The teacher's token that holds the byte.
    package var token: Int
    /// Bytes of it before.
    package var offset: Int
    /// Later tokens of the teacher that the student's token reaches into.
    package var later: Range<Int>
    /// Tokens of the teacher that end inside the student's token.
    package var ending: Range<Int>
  }

  private let studentEnds: [Int]
  private let teacherEnds: [Int]
  /// Bytes from the beginning on that are the same.
  private let common: Int
  private let isWhole: Bool

  /// Aligns tokens with these bytes; a token without bytes is an end, and stands last.
  package init(student: [[UInt8]], teacher: [[UInt8]]) {
    func ends(_ pieces: [[UInt8]]) -> [Int] {
      var end = 0
      return pieces.map { piece in
        end += piece.count
        return end
      }
    }
    (studentEnds, teacherEnds) = (ends(student), ends(teacher))
    let (ours, theirs) = (Array(student.joined()), Array(teacher.joined()))
    common = zip(ours, theirs).prefix { $0 == $1 }.count
    isWhole = ours == theirs
  }

  /// The place of a student's token; the position behind the last is the end. nil: the texts have parted before its end.
  package func place(of position: Int) -> Place? {
    let start = position == 0 ? 0 : studentEnds[min(position, studentEnds.count) - 1]
    guard position < studentEnds.count else {
      guard position == studentEnds.count, isWhole, let last = teacherEnds.indices.last, isEnd(last) else { return nil }
      return Place(token: last, offset: 0, later: last..<last, ending: last..<last + 1)
    }
    let end = studentEnds[position]
    guard end > start, end <= common, let token = teacherEnds.firstIndex(where: { $0 > start }) else { return nil }
    let later = teacherEnds.indices.dropFirst(token + 1).prefix { teacherEnds[$0 - 1] < end && !isEnd($0) }
    let ending = teacherEnds.indices.dropFirst(token).prefix { teacherEnds[$0] <= end && !isEnd($0) }
    return Place(
      token: token, offset: start - (token == 0 ? 0 : teacherEnds[token - 1]),
      later: token + 1..<token + 1 + later.count, ending: token..<token + ending.count)
  }

  private func isEnd(_ token: Int) -> Bool { teacherEnds[token] == (token == 0 ? 0 : teacherEnds[token - 1]) }
}
