public import Sequences

/// What a run is to do: which student learns from which teacher, on what, how.
public struct Recipe: Sendable, Hashable {
  /// The method.
  public var method: Method
  /// Where the teachers are; none where the method needs none and none was given.
  public var teachers: Teachers
  /// How the teacher keeps its weights, where the run starts it.
  public var teacherWeights: TeacherWeights
  /// What is trained.
  public var student: StudentSource
  /// JSONL file to train on.
  public var trainData: String
  /// JSONL file held out; nil: nothing is evaluated on data.
  public var evalData: String?
  /// JSONL file of pre-training text that is learnt beside the rows to train on; nil: none is.
  public var corpusData: String?
  /// At most so many rows of the file to train on; nil: all.
  public var maxSamples: Int?
  /// At most so many rows of the file held out; nil: all.
  public var maxEvalSamples: Int?
  /// Folder of the results.
  public var outputDir: String
  /// Fixes everything.
  public var seed: UInt64
  /// What is minimised.
  public var objective: Objective
  /// The loss by name; nil where the method has one alone.
  public var lossType: LossName?
  /// How teacher and student write; nil: the data's own text is used.
  public var generation: Generation?
  /// The loop of Lion; nil: another method.
  public var lion: Lion?
  /// What is sampled and who judges it, or who judges alone; nil: a method without a checker.
  public var rejection: Rejection?
  /// What critics ask for; nil: another method.
  public var critics: Critics?
  /// System prompts and stages; nil: another method.
  public var orca: Orca?
  /// How attempts are edited; nil: another method.
  public var tripost: TriPosT?
  /// How rows come to demonstrations; nil: another method.
  public var biAlign: BiAlign?
  /// What learns beside the student; nil: another method.
  public var okd: OnlineModule?
  /// How the student is trained.
  public var training: Training
  /// What is measured on the way.
  public var evaluation: Evaluation
  /// The recipe with every default written out.
  public let resolvedYAML: String

  /// What is trained.
  public enum StudentSource: Sendable, Hashable {
    /// A model folder.
    case folder(String)
    /// New parameters: tokenizer and `config.json` of a folder, with some numbers replaced.
    case architecture(from: String, numbers: [String: Int], tiesWordEmbeddings: Bool?)

    /// The folder that has the tokenizer.
    public var tokenizerFolder: String {
      switch self {
      case .folder(let folder), .architecture(let folder, _, _): folder
      }
    }
  }

  /// What is minimised.
  public struct Objective: Sendable, Hashable {
    /// The terms; each sample adds one sequence for each.
    public var terms: [PlannedTerm]
    /// The loss of pairs, which are what two terms add for a sample; nil: there is none.
    public var pair: PairObjective?
    /// How each sample's text is drawn: the student's, or that of the one term; nil: nothing is drawn.
    public var mixture: TextMixture?
    /// How losses are averaged.
    public var reduction: LossReduction
    /// Teacher log-probs per position: K and a tail bucket; 0: all V.
    public var topCount: Int
    /// What the teacher sends for each position.
    public var teacherForm: TeacherForm
    /// How the teacher's numbers travel.
    public var teacherPrecision: Precision
    /// Ids that the teacher draws per position in place of log-probs; 0: none.
    public var drawCount: Int
    /// Factor of the squared error of projected hidden states; 0: none.
    public var hiddenWeight: Double
    /// The ranking of what the last term learns of a sample, N sequences; nil: there is none.
    public var ranking: RankingObjective?
    /// The loss on a corpus, which stands behind the terms; nil: there is none.
    public var corpus: CorpusObjective?
  }

  /// How teacher and student write.
  public struct Generation: Sendable, Hashable {
    /// Sampling temperature; 0 takes the most probable token.
    public var temperature: Double
    /// Probability of the tokens kept.
    public var topP: Double
    /// Number of tokens kept; 0: all.
    public var topK: Int
    /// Least share of the most probable token's probability; 0: any.
    public var minP: Double
    /// What logits of tokens so far are divided by; 1: not.
    public var repetitionPenalty: Double
    /// Tokens of an n-gram that may not occur twice; 0: any may.
    public var noRepeatNgramSize: Int
    /// New tokens before a stop token may come.
    public var minNewTokens: Int
    /// Limit of new tokens.
    public var maxNewTokens: Int
    /// Texts that end a completion, which is cut behind them.
    public var stopStrings: [String]
    /// How the student's weights are kept while it writes.
    public var studentWeights: StudentWeights
    /// The teacher's share in the distribution that each token of the student's text is drawn from, in [0, 1).
    public var teacherMix: Double
    /// How often the student writes anew.
    public var rounds: Int
    /// Prompts per work item.
    public var batchSize: Int
  }

  /// How the student is trained; names and meanings are those of transformers' `TrainingArguments`.
  public struct Training: Sendable, Hashable {
    /// Peak learning rate.
    public var learningRate: Double
    /// Samples per forward pass.
    public var perDeviceTrainBatchSize: Int
    /// Forward passes per step.
    public var gradientAccumulationSteps: Int
    /// −1: `numTrainEpochs` decides.
    public var maxSteps: Int
    /// Times through the data.
    public var numTrainEpochs: Double
    /// Share of the steps that warm up.
    public var warmupRatio: Double
    /// Steps of linear warm-up; over 0 it wins over `warmupRatio`.
    public var warmupSteps: Int
    /// `linear`, `cosine` or `constant`.
    public var lrSchedulerType: String
    /// Decoupled decay of matrices.
    public var weightDecay: Double
    /// Decay of the first moment.
    public var adamBeta1: Double
    /// Decay of the second moment.
    public var adamBeta2: Double
    /// Epsilon of the denominator.
    public var adamEpsilon: Double
    /// Largest norm of the gradient; 0: no clipping.
    public var maxGradNorm: Double
    /// In what the products of training are computed.
    public var precision: TrainingPrecision
    /// Whether activations are computed again in the backward pass instead of kept.
    public var gradientCheckpointing: Bool
    /// Low-rank adapters that learn instead of the model; nil: the model itself learns.
    public var adapters: Adapters?
    /// Students that may share a step: a batch is cut into so many parts.
    public var replicas: Int
    /// Whether each replica keeps the optimizer's state of its share of the parameters alone.
    public var shardsOptimizer: Bool
    /// How much the run's share of students counts beside those of others.
    public var share: Int
    /// Steps between checkpoints.
    public var saveSteps: Int
    /// Checkpoints kept.
    public var saveTotalLimit: Int
    /// Steps between rows of metrics.
    public var loggingSteps: Int
    /// Longest sequence; what is longer is cut.
    public var maxLength: Int
    /// Longest prompt: it keeps its end. nil: what `maxLength` leaves.
    public var maxPromptLength: Int?
    /// Longest completion: it keeps its start. nil: what `maxLength` leaves.
    public var maxCompletionLength: Int?

    /// Samples per optimizer step.
    public var batchSize: Int { perDeviceTrainBatchSize * gradientAccumulationSteps }

    /// Steps of warm-up of a run of so many steps, as transformers counts them.
    public func warmup(ofSteps steps: Int) -> Int {
      warmupSteps > 0 ? warmupSteps : Int((Double(steps) * warmupRatio).rounded(.up))
    }
  }

  /// What is measured on held-out prompts.
  public struct Evaluation: Sendable, Hashable {
    /// Every so many steps, besides start and end; nil: start and end alone.
    public var evalSteps: Int?
    /// Names among ``metricNames``.
    public var metrics: [String]
    /// Samples per prompt.
    public var numSamples: Int
    /// Temperature of the samples.
    public var temperature: Double
    /// Limit of new tokens; that of `generation` unless set.
    public var maxNewTokens: Int
    /// Who decides which answers are valid; nil: nobody.
    public var checker: String?
    /// Who compares answers; nil: the teacher.
    public var judge: TeacherSource?
    /// What the student's answers are compared with.
    public var judgeOpponent: JudgeOpponent
    /// Limit of the judge's new tokens.
    public var judgeMaxNewTokens: Int

    /// Everything that a run can measure.
    public static let metricNames = [
      "kl", "next_token_agreement", "perplexity", "rouge_l", "rouge_l_unstemmed", "exact_match", "valid", "pass@k",
      "distinct", "calibration", "judge",
    ]
  }
}
