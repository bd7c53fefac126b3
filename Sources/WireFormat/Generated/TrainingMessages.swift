// Generated from retort/v1/training.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// A token loss. p is the teacher's distribution, q the student's.
public enum WireTokenLossKind: Int32, Sendable, Hashable, CaseIterable {
  /// Never valid.
  case unspecified = 0
  /// Cross-entropy of the actual token; needs no teacher log-probs.
  case crossEntropy = 1
  /// KL(p || q).
  case forwardKL = 2
  /// KL(q || p).
  case reverseKL = 3
  /// KL(p || alpha p + (1 - alpha) q).
  case skewForwardKL = 4
  /// KL(q || (1 - alpha) p + alpha q), the student inside the mixture taken as constant.
  case skewReverseKL = 5
  /// KL(q || (1 - alpha) p + alpha q) with the gradient through the mixture.
  case skewReverseKLFull = 6
  /// beta KL(p || m) + (1 - beta) KL(q || m), m = beta p + (1 - beta) q.
  case generalizedJSD = 7
  /// Half the sum of |q - p|.
  case totalVariation = 8
  /// -log sigmoid(beta [(lq_a - lq_b) - (lp_a - lp_b)]) + alpha (-log q(actual token)), a being the teacher's most probable
  /// token, b the student's: the loss of DPKD's released code.
  case topTokenPreference = 9
  /// w KL(p || q) + (1 - w) KL(q || p), w being the share of the sum of |q - p| that the teacher's most probable tokens, of
  /// mass `alpha` together, have: AKL.
  case adaptiveKL = 10
  /// -1/(ab) times the sum of p^a q^b - a/(a+b) p^(a+b) - b/(a+b) q^(a+b), a = `alpha`, b = `beta`: AB-KD.
  case alphaBeta = 11
  /// A policy gradient on text that an earlier student wrote, as Objective.policy says.
  case policyGradient = 12
  /// -log q(actual token) + alpha times the sum over ranks r of |q_(r) - p_(r)|, both distributions sorted: ULD.
  case universalLogit = 13

  init(_ value: Retort__V1__TokenLossKind) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__TokenLossKind { Retort__V1__TokenLossKind(rawValue: Retort__V1__TokenLossKind.RawValue(rawValue)) }
}

/// How token losses become one number.
public enum WireReduction: Int32, Sendable, Hashable, CaseIterable {
  /// Never valid.
  case unspecified = 0
  /// Sum over all positions of the batch divided by their number.
  case tokenMean = 1
  /// Mean over the positions of each sequence, then the mean over sequences (DistiLLM-2).
  case sequenceMean = 2

  init(_ value: Retort__V1__Reduction) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__Reduction { Retort__V1__Reduction(rawValue: Retort__V1__Reduction.RawValue(rawValue)) }
}

/// A loss of a pair as a function of D = (s_w - r_w) - (s_l - r_l). s is the sum, or the mean, of the student's log-probs
/// over a completion, r that of a reference; w is the preferred completion, l the other.
public enum WirePairLossForm: Int32, Sendable, Hashable, CaseIterable {
  /// Never valid.
  case unspecified = 0
  /// (1 - label_smoothing) softplus(-x) + label_smoothing softplus(x), x = beta D - gamma: DPO, CPO, DPKD, SimPO.
  case logistic = 1
  /// (D - 1 / (2 beta))^2: IPO.
  case squared = 2
  /// max(0, margin m - beta D), m being the pair's TrainBatch.pair_margins: SLiC, PLaD.
  case hinge = 3

  init(_ value: Retort__V1__PairLossForm) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__PairLossForm { Retort__V1__PairLossForm(rawValue: Retort__V1__PairLossForm.RawValue(rawValue)) }
}

/// What the student's log-probs of a pair are compared with.
public enum WirePairReference: Int32, Sendable, Hashable, CaseIterable {
  /// Not chosen, which means PAIR_REFERENCE_NONE.
  case unspecified = 0
  /// Nothing: r = 0.
  case none = 1
  /// The teacher's log-probs of the same tokens: DPKD.
  case teacher = 2
  /// The numbers in TrainBatch.pair_reference_chosen and pair_reference_rejected: DPO.
  case given = 3

  init(_ value: Retort__V1__PairReference) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__PairReference { Retort__V1__PairReference(rawValue: Retort__V1__PairReference.RawValue(rawValue)) }
}

/// The loss of one group of sequences.
public struct WireLossTerm: WireMessage {
  /// The token loss.
  public var kind: WireTokenLossKind
  /// The skew of the skewed losses, in (0, 1); the factor of the cross-entropy in TOP_TOKEN_PREFERENCE, at least 0; the mass of
  /// the head in ADAPTIVE_KL, in (0, 1); a of ALPHA_BETA; the factor of the differences in UNIVERSAL_LOGIT, at least 0.
  public var alpha: Double
  /// The teacher's weight in the mixture of the generalised JSD, in (0, 1); above 0 in TOP_TOKEN_PREFERENCE; b of ALPHA_BETA.
  public var beta: Double
  /// Factor of the term in the loss.
  public var weight: Double
  /// The weight at the end of its line, and from then on.
  public var finalWeight: Double
  /// Share of OptimizerOptions.max_steps over which the weight goes to `final_weight` in a line, at most 1; 0: it stays.
  public var rampShare: Double
  /// Above 0, of a skewed loss: each sequence has an alpha of its own, as DistiLLM-2's paper has it, 1 - (1 - alpha) m / gap in
  /// [least_alpha, alpha]. The gap is that of the geometric mean probabilities of the sequence's tokens, p - q for
  /// SKEW_FORWARD_KL and q - p for the others; m is its mean over all sequences of the term in the first steps. Checkpoints
  /// hold what m is made of. 0: `alpha` for all.
  public var leastAlpha: Double
  /// The number of first steps, in which alphas do not adapt.
  public var firstSteps: UInt64
  /// Divergences compare the softmax of z-scores, y = (z - mean z) / (sd z + 1e-7) over the vocabulary, n - 1 in the denominator of
  /// the variance; z are the student's logits and the teacher's log-probs. Needs all log-probs, and `least_alpha` 0.
  public var standardizeLogits: Bool
  /// Factor of -log q(actual token), of the logits as they are, that is added to a divergence, at least 0.
  public var crossEntropyWeight: Double
  /// Beside a loss of pairs: sequences of this term are no pairs, stand behind all that are, and no teacher is asked about them.
  public var besidePairs: Bool

  /// Makes the message; what is left out is not sent.
  public init(
    kind: WireTokenLossKind = .unspecified,
    alpha: Double = 0,
    beta: Double = 0,
    weight: Double = 0,
    finalWeight: Double = 0,
    rampShare: Double = 0,
    leastAlpha: Double = 0,
    firstSteps: UInt64 = 0,
    standardizeLogits: Bool = false,
    crossEntropyWeight: Double = 0,
    besidePairs: Bool = false
  ) {
    self.kind = kind
    self.alpha = alpha
    self.beta = beta
    self.weight = weight
    self.finalWeight = finalWeight
    self.rampShare = rampShare
    self.leastAlpha = leastAlpha
    self.firstSteps = firstSteps
    self.standardizeLogits = standardizeLogits
    self.crossEntropyWeight = crossEntropyWeight
    self.besidePairs = besidePairs
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.LossTerm"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireLossTerm: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__LossTerm {
    var cMessage = unsafe Retort__V1__LossTerm()
    unsafe retort__v1__loss_term__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__LossTerm, _ arena: EncodingArena) {
    unsafe cMessage.kind = kind.cValue
    unsafe cMessage.alpha = alpha
    unsafe cMessage.beta = beta
    unsafe cMessage.weight = weight
    unsafe cMessage.final_weight = finalWeight
    unsafe cMessage.ramp_share = rampShare
    unsafe cMessage.least_alpha = leastAlpha
    unsafe cMessage.first_steps = firstSteps
    unsafe cMessage.standardize_logits = standardizeLogits ? 1 : 0
    unsafe cMessage.cross_entropy_weight = crossEntropyWeight
    unsafe cMessage.beside_pairs = besidePairs ? 1 : 0
  }

  init(cMessage: Retort__V1__LossTerm) throws(WireFormatError) {
    kind = unsafe WireTokenLossKind(cMessage.kind)
    alpha = unsafe cMessage.alpha
    beta = unsafe cMessage.beta
    weight = unsafe cMessage.weight
    finalWeight = unsafe cMessage.final_weight
    rampShare = unsafe cMessage.ramp_share
    leastAlpha = unsafe cMessage.least_alpha
    firstSteps = unsafe cMessage.first_steps
    standardizeLogits = unsafe cMessage.standardize_logits != 0
    crossEntropyWeight = unsafe cMessage.cross_entropy_weight
    besidePairs = unsafe cMessage.beside_pairs != 0
  }
}

/// A policy gradient with the teacher's log-probs of the actual tokens as rewards. With r_t = log p(y_t) - log q_old(y_t), cut to
/// [-reward_limit, reward_limit], and ratio = q(y_t) / q_old(y_t), the loss of a position is
/// max(-A ratio, -A clip(ratio, 1 - clip, 1 + clip)) + reverse_kl KL(q || p), A being a constant of the gradient.
public struct WirePolicyGradient: WireMessage {
  /// A_t is the sum of discount^i times the i-th reward from t on, i counting from 0; in [0, 1]. 0: a token's own reward alone.
  public var discount: Double
  /// True: from t + 1 on.
  public var futureOnly: Bool
  /// True: A_t is divided by the number of its rewards.
  public var lengthNormalized: Bool
  /// In [0, 1). 0: ratios are not clipped.
  public var clip: Double
  /// At least 0. Unit: nats. 0: rewards are not cut.
  public var rewardLimit: Double
  /// Factor of the reverse KL over all tokens, at least 0. 0: the teacher's log-probs of the actual tokens are all that is asked.
  public var reverseKL: Double
  /// alpha, in [0, 1): each token was drawn from alpha p + (1 - alpha) q_old, and the loss of a position has the factor
  /// q_old(y_t) / (alpha p(y_t) + (1 - alpha) q_old(y_t)), a constant of the gradient. 0: the text is the student's alone.
  public var teacherShare: Double

  /// Makes the message; what is left out is not sent.
  public init(
    discount: Double = 0,
    futureOnly: Bool = false,
    lengthNormalized: Bool = false,
    clip: Double = 0,
    rewardLimit: Double = 0,
    reverseKL: Double = 0,
    teacherShare: Double = 0
  ) {
    self.discount = discount
    self.futureOnly = futureOnly
    self.lengthNormalized = lengthNormalized
    self.clip = clip
    self.rewardLimit = rewardLimit
    self.reverseKL = reverseKL
    self.teacherShare = teacherShare
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.PolicyGradient"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WirePolicyGradient: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__PolicyGradient {
    var cMessage = unsafe Retort__V1__PolicyGradient()
    unsafe retort__v1__policy_gradient__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__PolicyGradient, _ arena: EncodingArena) {
    unsafe cMessage.discount = discount
    unsafe cMessage.future_only = futureOnly ? 1 : 0
    unsafe cMessage.length_normalized = lengthNormalized ? 1 : 0
    unsafe cMessage.clip = clip
    unsafe cMessage.reward_limit = rewardLimit
    unsafe cMessage.reverse_kl = reverseKL
    unsafe cMessage.teacher_share = teacherShare
  }

  init(cMessage: Retort__V1__PolicyGradient) throws(WireFormatError) {
    discount = unsafe cMessage.discount
    futureOnly = unsafe cMessage.future_only != 0
    lengthNormalized = unsafe cMessage.length_normalized != 0
    clip = unsafe cMessage.clip
    rewardLimit = unsafe cMessage.reward_limit
    reverseKL = unsafe cMessage.reverse_kl
    teacherShare = unsafe cMessage.teacher_share
  }
}

/// What is minimised: the sum of the terms, each over its own group of sequences.
public struct WireObjective: WireMessage {
  /// The terms; `TrainBatch.term_indices` names them by position.
  public var terms: [WireLossTerm]
  /// How positions and sequences are averaged, within each term.
  public var reduction: WireReduction
  /// Teacher log-probs to ask per position: 0 asks for all V, else K and a tail bucket.
  public var topCount: UInt32
  /// True: asks for hidden states instead, and computes all V log-probs from them and the teacher's output head, which is
  /// fetched once. Needs `top_count` 0.
  public var hiddenState: Bool
  /// How the teacher's numbers travel. Unset: float32.
  public var precision: WirePrecision
  /// A loss of pairs, beside which each term is a cross-entropy. Unset: sequences are no pairs.
  public var pair: WirePairLoss?
  /// What terms of POLICY_GRADIENT do. Unset where there is none.
  public var policy: WirePolicyGradient?
  /// Above 0: asks for so many ids drawn with replacement instead of log-probs, and takes their shares for p. Every loss with
  /// a teacher is then FORWARD_KL, of which the part that q does not change is left out. Needs `top_count` 0.
  public var drawCount: UInt32
  /// ScoreOptions.draw_seed.
  public var drawSeed: UInt64
  /// Above 0: the loss has so much of the mean squared error between the teacher's last hidden states and a projection, Linear GELU
  /// Linear, of the student's, averaged over their width and, as `reduction` says, over the positions that the teacher scores. The
  /// trainer makes the projection from the run's seed, trains it with the same optimizer, and keeps it in checkpoints alone. Asks
  /// for hidden states beside the log-probs. Needs `draw_count` 0 and no pairs.
  public var hiddenWeight: Double
  /// A loss of the order that log-probs of one completion have after several prompts, beside the terms. Unset: there is none. Not
  /// beside a loss of pairs, draws or hidden states.
  public var ranking: WireRankingLoss?

  /// Makes the message; what is left out is not sent.
  public init(
    terms: [WireLossTerm] = [],
    reduction: WireReduction = .unspecified,
    topCount: UInt32 = 0,
    hiddenState: Bool = false,
    precision: WirePrecision = .unspecified,
    pair: WirePairLoss? = nil,
    policy: WirePolicyGradient? = nil,
    drawCount: UInt32 = 0,
    drawSeed: UInt64 = 0,
    hiddenWeight: Double = 0,
    ranking: WireRankingLoss? = nil
  ) {
    self.terms = terms
    self.reduction = reduction
    self.topCount = topCount
    self.hiddenState = hiddenState
    self.precision = precision
    self.pair = pair
    self.policy = policy
    self.drawCount = drawCount
    self.drawSeed = drawSeed
    self.hiddenWeight = hiddenWeight
    self.ranking = ranking
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.Objective"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireObjective: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__Objective {
    var cMessage = unsafe Retort__V1__Objective()
    unsafe retort__v1__objective__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__Objective>) throws -> R) rethrows -> R {
    return try unsafe withOptional(pair, arena) { pair in
      return try unsafe withOptional(policy, arena) { policy in
        return try unsafe withOptional(ranking, arena) { ranking in
          var cMessage = unsafe Self.makeCMessage()
          unsafe (cMessage.n_terms, cMessage.terms) = arena.messages(terms)
          unsafe cMessage.reduction = reduction.cValue
          unsafe cMessage.top_count = topCount
          unsafe cMessage.hidden_state = hiddenState ? 1 : 0
          unsafe cMessage.precision = precision.cValue
          unsafe cMessage.pair = pair
          unsafe cMessage.policy = policy
          unsafe cMessage.draw_count = drawCount
          unsafe cMessage.draw_seed = drawSeed
          unsafe cMessage.hidden_weight = hiddenWeight
          unsafe cMessage.ranking = ranking
          return try unsafe body(&cMessage)
        }
      }
    }
  }

  init(cMessage: Retort__V1__Objective) throws(WireFormatError) {
    terms = try unsafe readMessages(cMessage.terms, cMessage.n_terms)
    reduction = unsafe WireReduction(cMessage.reduction)
    topCount = unsafe cMessage.top_count
    hiddenState = unsafe cMessage.hidden_state != 0
    precision = unsafe WirePrecision(cMessage.precision)
    pair = try unsafe readMessage(cMessage.pair) as WirePairLoss?
    policy = try unsafe readMessage(cMessage.policy) as WirePolicyGradient?
    drawCount = unsafe cMessage.draw_count
    drawSeed = unsafe cMessage.draw_seed
    hiddenWeight = unsafe cMessage.hidden_weight
    ranking = try unsafe readMessage(cMessage.ranking) as WireRankingLoss?
  }
}

/// A loss of groups of sequences with one completion after different prompts (BiAlign). s_i is the student's log-prob of the completion
/// after prompt i, summed over its tokens, t_i the teacher's, rank_i 1 + the number of j with t_j > t_i. Each two with t_i > t_j have
/// max(0, (s_j - s_i) / D + (rank_j - rank_i) / (group_size - 1)), D = max(max s - min s, least_spread) of the group being a
/// constant of the gradient. The loss is the mean over all such pairs of the batch, whatever their groups.
public struct WireRankingLoss: WireMessage {
  /// Index of the term whose sequences are ranked, a CROSS_ENTROPY whose weight may be 0. Each `group_size` neighbouring ones are a
  /// group. The teacher is asked for the log-probs of their actual tokens.
  public var term: UInt32
  /// Sequences of a group, at least 2.
  public var groupSize: UInt32
  /// Factor of the mean over pairs in the loss, at least 0.
  public var weight: Double
  /// Least denominator, above 0. Unit: nats.
  public var leastSpread: Double

  /// Makes the message; what is left out is not sent.
  public init(
    term: UInt32 = 0,
    groupSize: UInt32 = 0,
    weight: Double = 0,
    leastSpread: Double = 0
  ) {
    self.term = term
    self.groupSize = groupSize
    self.weight = weight
    self.leastSpread = leastSpread
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.RankingLoss"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireRankingLoss: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__RankingLoss {
    var cMessage = unsafe Retort__V1__RankingLoss()
    unsafe retort__v1__ranking_loss__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__RankingLoss, _ arena: EncodingArena) {
    unsafe cMessage.term = term
    unsafe cMessage.group_size = groupSize
    unsafe cMessage.weight = weight
    unsafe cMessage.least_spread = leastSpread
  }

  init(cMessage: Retort__V1__RankingLoss) throws(WireFormatError) {
    term = unsafe cMessage.term
    groupSize = unsafe cMessage.group_size
    weight = unsafe cMessage.weight
    leastSpread = unsafe cMessage.least_spread
  }
}

/// The loss of pairs: sequence 2i of a batch is preferred to sequence 2i + 1, but for those of terms with LossTerm.beside_pairs.
public struct WirePairLoss: WireMessage {
  /// The loss as a function of D.
  public var form: WirePairLossForm
  /// What the student is compared with.
  public var reference: WirePairReference
  /// True: log-probs are means over a completion's tokens.
  public var lengthNormalized: Bool
  /// Factor of D; tau of the squared form. Above 0.
  public var beta: Double
  /// What beta D has to exceed in the logistic form.
  public var gamma: Double
  /// The margin of the hinge, at least 0.
  public var margin: Double
  /// Share of pairs that are thought to be the wrong way round, in [0, 0.5); of the logistic form.
  public var labelSmoothing: Double
  /// Factor of the mean over pairs in the loss.
  public var weight: Double

  /// Makes the message; what is left out is not sent.
  public init(
    form: WirePairLossForm = .unspecified,
    reference: WirePairReference = .unspecified,
    lengthNormalized: Bool = false,
    beta: Double = 0,
    gamma: Double = 0,
    margin: Double = 0,
    labelSmoothing: Double = 0,
    weight: Double = 0
  ) {
    self.form = form
    self.reference = reference
    self.lengthNormalized = lengthNormalized
    self.beta = beta
    self.gamma = gamma
    self.margin = margin
    self.labelSmoothing = labelSmoothing
    self.weight = weight
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.PairLoss"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WirePairLoss: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__PairLoss {
    var cMessage = unsafe Retort__V1__PairLoss()
    unsafe retort__v1__pair_loss__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__PairLoss, _ arena: EncodingArena) {
    unsafe cMessage.form = form.cValue
    unsafe cMessage.reference = reference.cValue
    unsafe cMessage.length_normalized = lengthNormalized ? 1 : 0
    unsafe cMessage.beta = beta
    unsafe cMessage.gamma = gamma
    unsafe cMessage.margin = margin
    unsafe cMessage.label_smoothing = labelSmoothing
    unsafe cMessage.weight = weight
  }

  init(cMessage: Retort__V1__PairLoss) throws(WireFormatError) {
    form = unsafe WirePairLossForm(cMessage.form)
    reference = unsafe WirePairReference(cMessage.reference)
    lengthNormalized = unsafe cMessage.length_normalized != 0
    beta = unsafe cMessage.beta
    gamma = unsafe cMessage.gamma
    margin = unsafe cMessage.margin
    labelSmoothing = unsafe cMessage.label_smoothing
    weight = unsafe cMessage.weight
  }
}

/// AdamW and its schedule.
public struct WireOptimizerOptions: WireMessage {
  /// Peak learning rate.
  public var learningRate: Double
  /// Decoupled weight decay, of matrices alone.
  public var weightDecay: Double
  /// First-moment decay.
  public var adamBeta1: Double
  /// Second-moment decay.
  public var adamBeta2: Double
  /// Denominator's epsilon.
  public var adamEpsilon: Double
  /// Largest norm of the gradient; 0: no clipping.
  public var maxGradNorm: Double
  /// "linear", "cosine" or "constant", after the warm-up.
  public var lrSchedulerType: String
  /// Steps of linear warm-up.
  public var warmupSteps: UInt64
  /// Steps of the whole schedule.
  public var maxSteps: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    learningRate: Double = 0,
    weightDecay: Double = 0,
    adamBeta1: Double = 0,
    adamBeta2: Double = 0,
    adamEpsilon: Double = 0,
    maxGradNorm: Double = 0,
    lrSchedulerType: String = "",
    warmupSteps: UInt64 = 0,
    maxSteps: UInt64 = 0
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.adamBeta1 = adamBeta1
    self.adamBeta2 = adamBeta2
    self.adamEpsilon = adamEpsilon
    self.maxGradNorm = maxGradNorm
    self.lrSchedulerType = lrSchedulerType
    self.warmupSteps = warmupSteps
    self.maxSteps = maxSteps
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.OptimizerOptions"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireOptimizerOptions: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__OptimizerOptions {
    var cMessage = unsafe Retort__V1__OptimizerOptions()
    unsafe retort__v1__optimizer_options__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__OptimizerOptions, _ arena: EncodingArena) {
    unsafe cMessage.learning_rate = learningRate
    unsafe cMessage.weight_decay = weightDecay
    unsafe cMessage.adam_beta1 = adamBeta1
    unsafe cMessage.adam_beta2 = adamBeta2
    unsafe cMessage.adam_epsilon = adamEpsilon
    unsafe cMessage.max_grad_norm = maxGradNorm
    unsafe cMessage.lr_scheduler_type = arena.string(lrSchedulerType)
    unsafe cMessage.warmup_steps = warmupSteps
    unsafe cMessage.max_steps = maxSteps
  }

  init(cMessage: Retort__V1__OptimizerOptions) throws(WireFormatError) {
    learningRate = unsafe cMessage.learning_rate
    weightDecay = unsafe cMessage.weight_decay
    adamBeta1 = unsafe cMessage.adam_beta1
    adamBeta2 = unsafe cMessage.adam_beta2
    adamEpsilon = unsafe cMessage.adam_epsilon
    maxGradNorm = unsafe cMessage.max_grad_norm
    lrSchedulerType = try unsafe readString(cMessage.lr_scheduler_type, field: "retort.v1.OptimizerOptions.lr_scheduler_type")
    warmupSteps = unsafe cMessage.warmup_steps
    maxSteps = unsafe cMessage.max_steps
  }
}

/// One optimizer step's sequences.
public struct WireTrainBatch: WireMessage {
  /// The sequences with their completions, in the order of their sample index.
  public var sequences: WireSequenceBatch?
  /// For each sequence the index of its term in the objective. Shape: [B].
  public var termIndices: [UInt32]
  /// Sequences per forward pass: micro-batch i holds sequences [i * n, (i + 1) * n).
  public var microBatchSize: UInt32
  /// With a loss of pairs, P pairs: half as many as there are sequences whose terms are not beside pairs. Log-probs of the preferred
  /// completions by the reference, summed. Shape: [P], or empty where the reference is not given. Unit: nats.
  public var pairReferenceChosen: [Double]
  /// Those of the other completions. Shape: [P], or empty. Unit: nats.
  public var pairReferenceRejected: [Double]
  /// Factors of the hinge's margin, at least 0. Shape: [P]; empty: 1 for all.
  public var pairMargins: [Double]
  /// Factors of the pairs' losses, at least 0; a pair of weight 0 does not count in the mean. Shape: [P]; empty: 1 for all.
  public var pairWeights: [Double]
  /// Log-probs of completion tokens by the student that wrote them, as Generate answered, of the sequences whose term is
  /// POLICY_GRADIENT, in order. Shape: [R]; empty where there are none. Unit: nats.
  public var behaviorLogprobs: [Float]
  /// Names of the teachers of the sequences, for TeacherServiceScoreRequest.teacher; empty: all have the one teacher.
  public var teacherNames: [String]
  /// For each sequence the index of its teacher among `teacher_names`. Shape: [B], or empty where that is.
  public var teacherIndices: [UInt32]
  /// Factors of the token losses of completion tokens, at least 0, of all sequences in order. Means divide by the number of tokens, not
  /// by the sum of factors; a token of weight 0 is not learnt and does not count. Shape: [R]; empty: 1 for all. Not beside a loss of pairs.
  public var tokenWeights: [Float]

  /// Makes the message; what is left out is not sent.
  public init(
    sequences: WireSequenceBatch? = nil,
    termIndices: [UInt32] = [],
    microBatchSize: UInt32 = 0,
    pairReferenceChosen: [Double] = [],
    pairReferenceRejected: [Double] = [],
    pairMargins: [Double] = [],
    pairWeights: [Double] = [],
    behaviorLogprobs: [Float] = [],
    teacherNames: [String] = [],
    teacherIndices: [UInt32] = [],
    tokenWeights: [Float] = []
  ) {
    self.sequences = sequences
    self.termIndices = termIndices
    self.microBatchSize = microBatchSize
    self.pairReferenceChosen = pairReferenceChosen
    self.pairReferenceRejected = pairReferenceRejected
    self.pairMargins = pairMargins
    self.pairWeights = pairWeights
    self.behaviorLogprobs = behaviorLogprobs
    self.teacherNames = teacherNames
    self.teacherIndices = teacherIndices
    self.tokenWeights = tokenWeights
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.TrainBatch"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireTrainBatch: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__TrainBatch {
    var cMessage = unsafe Retort__V1__TrainBatch()
    unsafe retort__v1__train_batch__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__TrainBatch>) throws -> R) rethrows -> R {
    return try unsafe withOptional(sequences, arena) { sequences in
      return try unsafe withColumn(termIndices) { termIndices in
        return try unsafe withColumn(pairReferenceChosen) { pairReferenceChosen in
          return try unsafe withColumn(pairReferenceRejected) { pairReferenceRejected in
            return try unsafe withColumn(pairMargins) { pairMargins in
              return try unsafe withColumn(pairWeights) { pairWeights in
                return try unsafe withColumn(behaviorLogprobs) { behaviorLogprobs in
                  return try unsafe withColumn(teacherIndices) { teacherIndices in
                    return try unsafe withColumn(tokenWeights) { tokenWeights in
                      var cMessage = unsafe Self.makeCMessage()
                      unsafe cMessage.sequences = sequences
                      unsafe (cMessage.n_term_indices, cMessage.term_indices) = (termIndices.count, termIndices.start)
                      unsafe cMessage.micro_batch_size = microBatchSize
                      unsafe (cMessage.n_pair_reference_chosen, cMessage.pair_reference_chosen) = (pairReferenceChosen.count, pairReferenceChosen.start)
                      unsafe (cMessage.n_pair_reference_rejected, cMessage.pair_reference_rejected) = (pairReferenceRejected.count, pairReferenceRejected.start)
                      unsafe (cMessage.n_pair_margins, cMessage.pair_margins) = (pairMargins.count, pairMargins.start)
                      unsafe (cMessage.n_pair_weights, cMessage.pair_weights) = (pairWeights.count, pairWeights.start)
                      unsafe (cMessage.n_behavior_logprobs, cMessage.behavior_logprobs) = (behaviorLogprobs.count, behaviorLogprobs.start)
                      unsafe (cMessage.n_teacher_names, cMessage.teacher_names) = arena.strings(teacherNames)
                      unsafe (cMessage.n_teacher_indices, cMessage.teacher_indices) = (teacherIndices.count, teacherIndices.start)
                      unsafe (cMessage.n_token_weights, cMessage.token_weights) = (tokenWeights.count, tokenWeights.start)
                      return try unsafe body(&cMessage)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  init(cMessage: Retort__V1__TrainBatch) throws(WireFormatError) {
    sequences = try unsafe readMessage(cMessage.sequences) as WireSequenceBatch?
    termIndices = unsafe readColumn(cMessage.term_indices, cMessage.n_term_indices)
    microBatchSize = unsafe cMessage.micro_batch_size
    pairReferenceChosen = unsafe readColumn(cMessage.pair_reference_chosen, cMessage.n_pair_reference_chosen)
    pairReferenceRejected = unsafe readColumn(cMessage.pair_reference_rejected, cMessage.n_pair_reference_rejected)
    pairMargins = unsafe readColumn(cMessage.pair_margins, cMessage.n_pair_margins)
    pairWeights = unsafe readColumn(cMessage.pair_weights, cMessage.n_pair_weights)
    behaviorLogprobs = unsafe readColumn(cMessage.behavior_logprobs, cMessage.n_behavior_logprobs)
    teacherNames = try unsafe readStrings(cMessage.teacher_names, cMessage.n_teacher_names, field: "retort.v1.TrainBatch.teacher_names")
    teacherIndices = unsafe readColumn(cMessage.teacher_indices, cMessage.n_teacher_indices)
    tokenWeights = unsafe readColumn(cMessage.token_weights, cMessage.n_token_weights)
  }
}

/// What a step found of its pairs, in the order of the batch. Shape of each column: [P].
public struct WirePairMetrics: WireMessage {
  /// Mean loss of the pairs that count, before its weight.
  public var loss: Double
  /// The student's log-probs of the preferred completions, summed, before the update. Unit: nats.
  public var logprobsChosen: [Double]
  /// Those of the other completions. Unit: nats.
  public var logprobsRejected: [Double]
  /// Implicit rewards of the preferred completions: beta (s_w - r_w).
  public var rewardsChosen: [Double]
  /// Implicit rewards of the other completions: beta (s_l - r_l).
  public var rewardsRejected: [Double]
  /// Tokens of the preferred completions.
  public var lengthsChosen: [UInt32]
  /// Tokens of the other completions.
  public var lengthsRejected: [UInt32]

  /// Makes the message; what is left out is not sent.
  public init(
    loss: Double = 0,
    logprobsChosen: [Double] = [],
    logprobsRejected: [Double] = [],
    rewardsChosen: [Double] = [],
    rewardsRejected: [Double] = [],
    lengthsChosen: [UInt32] = [],
    lengthsRejected: [UInt32] = []
  ) {
    self.loss = loss
    self.logprobsChosen = logprobsChosen
    self.logprobsRejected = logprobsRejected
    self.rewardsChosen = rewardsChosen
    self.rewardsRejected = rewardsRejected
    self.lengthsChosen = lengthsChosen
    self.lengthsRejected = lengthsRejected
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.PairMetrics"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WirePairMetrics: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__PairMetrics {
    var cMessage = unsafe Retort__V1__PairMetrics()
    unsafe retort__v1__pair_metrics__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__PairMetrics>) throws -> R) rethrows -> R {
    return try unsafe withColumn(logprobsChosen) { logprobsChosen in
      return try unsafe withColumn(logprobsRejected) { logprobsRejected in
        return try unsafe withColumn(rewardsChosen) { rewardsChosen in
          return try unsafe withColumn(rewardsRejected) { rewardsRejected in
            return try unsafe withColumn(lengthsChosen) { lengthsChosen in
              return try unsafe withColumn(lengthsRejected) { lengthsRejected in
                var cMessage = unsafe Self.makeCMessage()
                unsafe cMessage.loss = loss
                unsafe (cMessage.n_logprobs_chosen, cMessage.logprobs_chosen) = (logprobsChosen.count, logprobsChosen.start)
                unsafe (cMessage.n_logprobs_rejected, cMessage.logprobs_rejected) = (logprobsRejected.count, logprobsRejected.start)
                unsafe (cMessage.n_rewards_chosen, cMessage.rewards_chosen) = (rewardsChosen.count, rewardsChosen.start)
                unsafe (cMessage.n_rewards_rejected, cMessage.rewards_rejected) = (rewardsRejected.count, rewardsRejected.start)
                unsafe (cMessage.n_lengths_chosen, cMessage.lengths_chosen) = (lengthsChosen.count, lengthsChosen.start)
                unsafe (cMessage.n_lengths_rejected, cMessage.lengths_rejected) = (lengthsRejected.count, lengthsRejected.start)
                return try unsafe body(&cMessage)
              }
            }
          }
        }
      }
    }
  }

  init(cMessage: Retort__V1__PairMetrics) throws(WireFormatError) {
    loss = unsafe cMessage.loss
    logprobsChosen = unsafe readColumn(cMessage.logprobs_chosen, cMessage.n_logprobs_chosen)
    logprobsRejected = unsafe readColumn(cMessage.logprobs_rejected, cMessage.n_logprobs_rejected)
    rewardsChosen = unsafe readColumn(cMessage.rewards_chosen, cMessage.n_rewards_chosen)
    rewardsRejected = unsafe readColumn(cMessage.rewards_rejected, cMessage.n_rewards_rejected)
    lengthsChosen = unsafe readColumn(cMessage.lengths_chosen, cMessage.n_lengths_chosen)
    lengthsRejected = unsafe readColumn(cMessage.lengths_rejected, cMessage.n_lengths_rejected)
  }
}

/// What one step, or one evaluation, measured. Durations in seconds, counters since the step's begin.
public struct WireStepMetrics: WireMessage {
  /// The loss as defined by the objective, before the update.
  public var loss: Double
  /// The value of each term before its weight. Shape: [terms].
  public var termLosses: [Double]
  /// Norm of the gradient before clipping.
  public var gradientNorm: Double
  /// Learning rate of the step.
  public var learningRate: Double
  /// Positions that counted in the loss.
  public var tokenCount: UInt64
  /// All positions that were computed, prompts included.
  public var positionCount: UInt64
  /// Wall time of forward, backward and update.
  public var computeSeconds: Double
  /// Time spent waiting for teacher log-probs.
  public var waitTeacherSeconds: Double
  /// Bytes of teacher replies received for the step.
  public var teacherBytes: UInt64
  /// Mean probability mass of the teacher's kept tokens; 1 with the full vocabulary.
  public var teacherMass: Double
  /// Share of positions where teacher and student prefer the same token.
  public var topAgreement: Double
  /// What the student's own calls of others cost since the last step's response, by RPC. Empty: not counted.
  public var traffic: [WireCallTraffic]
  /// About the pairs; unset where the objective has no loss of pairs.
  public var pairs: WirePairMetrics?
  /// Factor of each term at this step. Shape: [terms].
  public var termWeights: [Double]
  /// Mean alpha of the sequences of each term; 0 where it is not adaptive or had none. Shape: [terms].
  public var termAlphas: [Double]
  /// Mean gap of the sequences of each term, as LossTerm.least_alpha has it; 0 where none is. Shape: [terms].
  public var termGaps: [Double]
  /// Mean squared error of the projected hidden states, before its weight; 0 where Objective.hidden_weight is.
  public var hiddenLoss: Double
  /// Mean loss of the pairs that the teacher orders, before its weight; 0 where Objective.ranking is unset.
  public var rankingLoss: Double
  /// Share of these pairs that the student orders alike; 0 where there are none.
  public var rankingAgreement: Double
  /// Of the module that learns beside the student; unset where there is none.
  public var module: WireModuleMetrics?
  /// Replicas that made the step together; 0: the student made it alone.
  public var replicaCount: UInt32
  /// Seconds of the step in which an exchange was under way: this replica sent to the others, received from them, or waited for them. Backward
  /// passes may have computed meanwhile, so this and the time of computing overlap.
  public var exchangeSeconds: Double
  /// Bytes that it sent to the others and received from them.
  public var exchangeBytes: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    loss: Double = 0,
    termLosses: [Double] = [],
    gradientNorm: Double = 0,
    learningRate: Double = 0,
    tokenCount: UInt64 = 0,
    positionCount: UInt64 = 0,
    computeSeconds: Double = 0,
    waitTeacherSeconds: Double = 0,
    teacherBytes: UInt64 = 0,
    teacherMass: Double = 0,
    topAgreement: Double = 0,
    traffic: [WireCallTraffic] = [],
    pairs: WirePairMetrics? = nil,
    termWeights: [Double] = [],
    termAlphas: [Double] = [],
    termGaps: [Double] = [],
    hiddenLoss: Double = 0,
    rankingLoss: Double = 0,
    rankingAgreement: Double = 0,
    module: WireModuleMetrics? = nil,
    replicaCount: UInt32 = 0,
    exchangeSeconds: Double = 0,
    exchangeBytes: UInt64 = 0
  ) {
    self.loss = loss
    self.termLosses = termLosses
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
    self.tokenCount = tokenCount
    self.positionCount = positionCount
    self.computeSeconds = computeSeconds
    self.waitTeacherSeconds = waitTeacherSeconds
    self.teacherBytes = teacherBytes
    self.teacherMass = teacherMass
    self.topAgreement = topAgreement
    self.traffic = traffic
    self.pairs = pairs
    self.termWeights = termWeights
    self.termAlphas = termAlphas
    self.termGaps = termGaps
    self.hiddenLoss = hiddenLoss
    self.rankingLoss = rankingLoss
    self.rankingAgreement = rankingAgreement
    self.module = module
    self.replicaCount = replicaCount
    self.exchangeSeconds = exchangeSeconds
    self.exchangeBytes = exchangeBytes
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.StepMetrics"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireStepMetrics: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__StepMetrics {
    var cMessage = unsafe Retort__V1__StepMetrics()
    unsafe retort__v1__step_metrics__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__StepMetrics>) throws -> R) rethrows -> R {
    return try unsafe withColumn(termLosses) { termLosses in
      return try unsafe withOptional(pairs, arena) { pairs in
        return try unsafe withColumn(termWeights) { termWeights in
          return try unsafe withColumn(termAlphas) { termAlphas in
            return try unsafe withColumn(termGaps) { termGaps in
              return try unsafe withOptional(module, arena) { module in
                var cMessage = unsafe Self.makeCMessage()
                unsafe cMessage.loss = loss
                unsafe (cMessage.n_term_losses, cMessage.term_losses) = (termLosses.count, termLosses.start)
                unsafe cMessage.gradient_norm = gradientNorm
                unsafe cMessage.learning_rate = learningRate
                unsafe cMessage.token_count = tokenCount
                unsafe cMessage.position_count = positionCount
                unsafe cMessage.compute_seconds = computeSeconds
                unsafe cMessage.wait_teacher_seconds = waitTeacherSeconds
                unsafe cMessage.teacher_bytes = teacherBytes
                unsafe cMessage.teacher_mass = teacherMass
                unsafe cMessage.top_agreement = topAgreement
                unsafe (cMessage.n_traffic, cMessage.traffic) = arena.messages(traffic)
                unsafe cMessage.pairs = pairs
                unsafe (cMessage.n_term_weights, cMessage.term_weights) = (termWeights.count, termWeights.start)
                unsafe (cMessage.n_term_alphas, cMessage.term_alphas) = (termAlphas.count, termAlphas.start)
                unsafe (cMessage.n_term_gaps, cMessage.term_gaps) = (termGaps.count, termGaps.start)
                unsafe cMessage.hidden_loss = hiddenLoss
                unsafe cMessage.ranking_loss = rankingLoss
                unsafe cMessage.ranking_agreement = rankingAgreement
                unsafe cMessage.module = module
                unsafe cMessage.replica_count = replicaCount
                unsafe cMessage.exchange_seconds = exchangeSeconds
                unsafe cMessage.exchange_bytes = exchangeBytes
                return try unsafe body(&cMessage)
              }
            }
          }
        }
      }
    }
  }

  init(cMessage: Retort__V1__StepMetrics) throws(WireFormatError) {
    loss = unsafe cMessage.loss
    termLosses = unsafe readColumn(cMessage.term_losses, cMessage.n_term_losses)
    gradientNorm = unsafe cMessage.gradient_norm
    learningRate = unsafe cMessage.learning_rate
    tokenCount = unsafe cMessage.token_count
    positionCount = unsafe cMessage.position_count
    computeSeconds = unsafe cMessage.compute_seconds
    waitTeacherSeconds = unsafe cMessage.wait_teacher_seconds
    teacherBytes = unsafe cMessage.teacher_bytes
    teacherMass = unsafe cMessage.teacher_mass
    topAgreement = unsafe cMessage.top_agreement
    traffic = try unsafe readMessages(cMessage.traffic, cMessage.n_traffic)
    pairs = try unsafe readMessage(cMessage.pairs) as WirePairMetrics?
    termWeights = unsafe readColumn(cMessage.term_weights, cMessage.n_term_weights)
    termAlphas = unsafe readColumn(cMessage.term_alphas, cMessage.n_term_alphas)
    termGaps = unsafe readColumn(cMessage.term_gaps, cMessage.n_term_gaps)
    hiddenLoss = unsafe cMessage.hidden_loss
    rankingLoss = unsafe cMessage.ranking_loss
    rankingAgreement = unsafe cMessage.ranking_agreement
    module = try unsafe readMessage(cMessage.module) as WireModuleMetrics?
    replicaCount = unsafe cMessage.replica_count
    exchangeSeconds = unsafe cMessage.exchange_seconds
    exchangeBytes = unsafe cMessage.exchange_bytes
  }
}

/// What one step, or one evaluation, measured of a module that learns beside the student.
public struct WireModuleMetrics: WireMessage {
  /// Its loss as defined by its own objective, before the update.
  public var loss: Double
  /// Norm of its gradient before clipping.
  public var gradientNorm: Double
  /// Its learning rate of the step.
  public var learningRate: Double

  /// Makes the message; what is left out is not sent.
  public init(
    loss: Double = 0,
    gradientNorm: Double = 0,
    learningRate: Double = 0
  ) {
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ModuleMetrics"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireModuleMetrics: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__ModuleMetrics {
    var cMessage = unsafe Retort__V1__ModuleMetrics()
    unsafe retort__v1__module_metrics__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__ModuleMetrics, _ arena: EncodingArena) {
    unsafe cMessage.loss = loss
    unsafe cMessage.gradient_norm = gradientNorm
    unsafe cMessage.learning_rate = learningRate
  }

  init(cMessage: Retort__V1__ModuleMetrics) throws(WireFormatError) {
    loss = unsafe cMessage.loss
    gradientNorm = unsafe cMessage.gradient_norm
    learningRate = unsafe cMessage.learning_rate
  }
}

/// What calls of one RPC cost, seen from the side that makes them.
public struct WireCallTraffic: WireMessage {
  /// The RPC, such as `retort.v1.TeacherService/Score`.
  public var rpc: String
  /// Messages sent.
  public var messagesSent: UInt64
  /// Messages received.
  public var messagesReceived: UInt64
  /// Bytes of the messages sent, as protobuf encodes them.
  public var bytesSent: UInt64
  /// Bytes of the messages received, as protobuf encodes them.
  public var bytesReceived: UInt64
  /// Time spent encoding.
  public var encodeSeconds: Double
  /// Time spent decoding.
  public var decodeSeconds: Double
  /// Time that writers waited for the peer to take more.
  public var writeWaitSeconds: Double
  /// Time that readers waited for a message.
  public var readWaitSeconds: Double
  /// Calls that were made again because the first found nobody.
  public var retries: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    rpc: String = "",
    messagesSent: UInt64 = 0,
    messagesReceived: UInt64 = 0,
    bytesSent: UInt64 = 0,
    bytesReceived: UInt64 = 0,
    encodeSeconds: Double = 0,
    decodeSeconds: Double = 0,
    writeWaitSeconds: Double = 0,
    readWaitSeconds: Double = 0,
    retries: UInt64 = 0
  ) {
    self.rpc = rpc
    self.messagesSent = messagesSent
    self.messagesReceived = messagesReceived
    self.bytesSent = bytesSent
    self.bytesReceived = bytesReceived
    self.encodeSeconds = encodeSeconds
    self.decodeSeconds = decodeSeconds
    self.writeWaitSeconds = writeWaitSeconds
    self.readWaitSeconds = readWaitSeconds
    self.retries = retries
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.CallTraffic"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireCallTraffic: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__CallTraffic {
    var cMessage = unsafe Retort__V1__CallTraffic()
    unsafe retort__v1__call_traffic__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__CallTraffic, _ arena: EncodingArena) {
    unsafe cMessage.rpc = arena.string(rpc)
    unsafe cMessage.messages_sent = messagesSent
    unsafe cMessage.messages_received = messagesReceived
    unsafe cMessage.bytes_sent = bytesSent
    unsafe cMessage.bytes_received = bytesReceived
    unsafe cMessage.encode_seconds = encodeSeconds
    unsafe cMessage.decode_seconds = decodeSeconds
    unsafe cMessage.write_wait_seconds = writeWaitSeconds
    unsafe cMessage.read_wait_seconds = readWaitSeconds
    unsafe cMessage.retries = retries
  }

  init(cMessage: Retort__V1__CallTraffic) throws(WireFormatError) {
    rpc = try unsafe readString(cMessage.rpc, field: "retort.v1.CallTraffic.rpc")
    messagesSent = unsafe cMessage.messages_sent
    messagesReceived = unsafe cMessage.messages_received
    bytesSent = unsafe cMessage.bytes_sent
    bytesReceived = unsafe cMessage.bytes_received
    encodeSeconds = unsafe cMessage.encode_seconds
    decodeSeconds = unsafe cMessage.decode_seconds
    writeWaitSeconds = unsafe cMessage.write_wait_seconds
    readWaitSeconds = unsafe cMessage.read_wait_seconds
    retries = unsafe cMessage.retries
  }
}

/// Low-rank adapters (LoRA), with PEFT's meaning: a module's matrix W becomes W + scale * B * A, and only A and B learn.
public struct WireAdapterOptions: WireMessage {
  /// r: inner width of an adapter.
  public var rank: UInt32
  /// Numerator of the scale.
  public var alpha: Double
  /// Whether the scale is alpha / sqrt(rank) and not alpha / rank.
  public var rankStabilized: Bool
  /// Probability that an element of an adapter's input is taken as 0 in training.
  public var dropout: Double
  /// Names of modules, such as q_proj; empty: all projections of all blocks.
  public var targetModules: [String]

  /// Makes the message; what is left out is not sent.
  public init(
    rank: UInt32 = 0,
    alpha: Double = 0,
    rankStabilized: Bool = false,
    dropout: Double = 0,
    targetModules: [String] = []
  ) {
    self.rank = rank
    self.alpha = alpha
    self.rankStabilized = rankStabilized
    self.dropout = dropout
    self.targetModules = targetModules
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.AdapterOptions"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireAdapterOptions: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__AdapterOptions {
    var cMessage = unsafe Retort__V1__AdapterOptions()
    unsafe retort__v1__adapter_options__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__AdapterOptions, _ arena: EncodingArena) {
    unsafe cMessage.rank = rank
    unsafe cMessage.alpha = alpha
    unsafe cMessage.rank_stabilized = rankStabilized ? 1 : 0
    unsafe cMessage.dropout = dropout
    unsafe (cMessage.n_target_modules, cMessage.target_modules) = arena.strings(targetModules)
  }

  init(cMessage: Retort__V1__AdapterOptions) throws(WireFormatError) {
    rank = unsafe cMessage.rank
    alpha = unsafe cMessage.alpha
    rankStabilized = unsafe cMessage.rank_stabilized != 0
    dropout = unsafe cMessage.dropout
    targetModules = try unsafe readStrings(cMessage.target_modules, cMessage.n_target_modules, field: "retort.v1.AdapterOptions.target_modules")
  }
}

/// A teacher's module that learns beside the student, in the same process: low-rank adapters on a model that stays as it is. Where the
/// student's objective needs a teacher, that is the model with its module, and where the module's does, the student, each as it is before the
/// step; no TeacherService is asked. Both objectives take the log-probs of the whole vocabulary, and are no losses of pairs and no policies.
public struct WireOnlineModule: WireMessage {
  /// Folder of the model that the adapters are on, relative to the service's root. Its vocabulary is the student's.
  public var path: String
  /// The adapters.
  public var adapters: WireAdapterOptions?
  /// What they minimise, with as many terms as the student's objective.
  public var objective: WireObjective?
  /// Peak learning rate; all else is that of the student's optimizer.
  public var learningRate: Double

  /// Makes the message; what is left out is not sent.
  public init(
    path: String = "",
    adapters: WireAdapterOptions? = nil,
    objective: WireObjective? = nil,
    learningRate: Double = 0
  ) {
    self.path = path
    self.adapters = adapters
    self.objective = objective
    self.learningRate = learningRate
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.OnlineModule"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireOnlineModule: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__OnlineModule {
    var cMessage = unsafe Retort__V1__OnlineModule()
    unsafe retort__v1__online_module__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__OnlineModule>) throws -> R) rethrows -> R {
    return try unsafe withOptional(adapters, arena) { adapters in
      return try unsafe withOptional(objective, arena) { objective in
        var cMessage = unsafe Self.makeCMessage()
        unsafe cMessage.path = arena.string(path)
        unsafe cMessage.adapters = adapters
        unsafe cMessage.objective = objective
        unsafe cMessage.learning_rate = learningRate
        return try unsafe body(&cMessage)
      }
    }
  }

  init(cMessage: Retort__V1__OnlineModule) throws(WireFormatError) {
    path = try unsafe readString(cMessage.path, field: "retort.v1.OnlineModule.path")
    adapters = try unsafe readMessage(cMessage.adapters) as WireAdapterOptions?
    objective = try unsafe readMessage(cMessage.objective) as WireObjective?
    learningRate = unsafe cMessage.learning_rate
  }
}
