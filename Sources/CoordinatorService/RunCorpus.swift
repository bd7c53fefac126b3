internal import Recipes
internal import Sequences
internal import WireFormat

extension RunPlan {
  /// Rows of the corpus in a step, in order; none without a corpus.
  ///
  /// They are taken one after another from epochs of the corpus, each in an order of (seed, epoch): so they follow from seed and step
  /// alone, and a step may reach from one epoch into the next.
  public func corpusRows(ofStep step: Int) -> [Int] {
    guard corpusCount > 0 else { return [] }
    let end = step * corpusBatchSize
    var (rows, place) = ([Int](), end - corpusBatchSize)
    while place < end {
      let epoch = place / corpusCount
      let order = corpusOrders.samples(.epoch(epoch)) { shuffled(corpusCount, .corpus, epoch) }
      let next = min(end, (epoch + 1) * corpusCount)
      rows += order[place - epoch * corpusCount..<next - epoch * corpusCount]
      place = next
    }
    return rows
  }
}

extension RunMaterial {
  /// Reads the corpus of a recipe: each row in one piece, cut where it would be too long. Empty without a corpus.
  static func corpus(
    of recipe: Recipe, _ codec: any TextCodec, _ limits: SequenceLimits, languages: [String: TeacherLanguage]
  ) throws -> [TokenSequence] {
    guard let file = recipe.corpusData, let corpus = recipe.objective.corpus else { return [] }
    if corpus.term.kind.needsTeacherLogprobs, !languages.isEmpty {
      throw RecipeError.conflict(
        "data.corpus: objective.loss_type as_released asks the teacher about its rows, in the student's tokens: "
          + "use a student with the teacher's tokenizer, or another loss")
    }
    return try DataFile.corpus(path: file).samples(codec: codec, lengths: limits).map {
      TokenSequence(prompt: $0.prompt, completion: $0.completion ?? [])
    }
  }

  /// Adds a step's rows of the corpus behind all other sequences, as those of the term behind all others.
  func addCorpus(ofStep step: Int, to batch: inout WireTrainBatch) {
    let rows = SequenceBatch(plan.corpusRows(ofStep: step).map { corpus[$0] })
    guard rows.count > 0 else { return }
    let columns = WireSequenceBatch(rows)
    batch.sequences?.tokenIDs += columns.tokenIDs
    batch.sequences?.sequenceLengths += columns.sequenceLengths
    batch.sequences?.promptLengths += columns.promptLengths
    batch.termIndices += Array(repeating: UInt32(recipe.objective.terms.count), count: rows.count)
    if !batch.tokenWeights.isEmpty {
      batch.tokenWeights += Array(repeating: 1, count: rows.scoredPositions.count)
    }
    // Each sequence has to have a teacher where they are named; one that no term asks about has any.
    if !batch.teacherNames.isEmpty { batch.teacherIndices += Array(repeating: 0, count: rows.count) }
  }
}
