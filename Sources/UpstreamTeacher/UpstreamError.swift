internal import Sequences

/// Why an endpoint cannot be used, or an answer cannot be given. Each is one line: what, where, what to do.
public enum UpstreamError: Error, Hashable, Sendable {
  // At the start.
  /// A URL that is none of an endpoint.
  case badURL(url: String, problem: String)
  /// A key would cross a network in the clear.
  case keyInTheClear(url: String)
  /// A key file that cannot be used.
  case badKeyFile(file: String, problem: String)
  /// A price table that cannot be used.
  case badPrices(file: String, problem: String)
  /// A budget, and nothing to count it with.
  case budgetWithoutPrices
  /// The folder of ledger and cache cannot be used.
  case stateUnusable(folder: String, problem: String)
  /// Nobody answers as an endpoint should.
  case notAnEndpoint(url: String, problem: String)

  // Requests that are refused before anything is sent.
  /// A sampling rule that the endpoint has no word for.
  case samplingRule(field: String, remedy: String)
  /// Something of Score that the endpoint does not give.
  case notGiven(what: String, remedy: String)
  /// A prompt or its seeds that no model could answer.
  case badRequest(problem: String)
  /// A call's worst price is more than what is left.
  case budgetSpent(worst: String, left: String, budget: String)
  /// An earlier call with this question may have been paid for already.
  case mayBePaid(calls: Int, worst: String)
  /// Too many questions wait.
  case busy(waiting: Int)

  // What came of a call.
  /// The endpoint does not take the key.
  case keyRefused(status: Int)
  /// The endpoint does not take the question.
  case refused(status: Int, reason: String)
  /// The endpoint is away, or asks for patience, for longer than ours.
  case away(url: String, waited: Duration, reason: String)
  /// Answers broke off or could not be read.
  case unreadable(attempts: Int, reason: String)
  /// Another model answered than before, which is not to be.
  case otherModel(before: String, now: String)
  /// Served tokens do not belong to our tokens.
  case unaligned(sequence: Int, reason: String)
  /// The ledger cannot be written: nothing more is sent.
  case ledger(path: String, reason: String)
}

extension UpstreamError: CustomStringConvertible {
  /// One line.
  public var description: String { words.inOneLine }

  private var words: String {
    switch self {
    case .badURL(let url, let problem): "--upstream \(url): \(problem)"
    case .keyInTheClear(let url):
      "\(url): the key would cross the network unencrypted: use https, or --insecure if that network is yours alone"
    case .badKeyFile(let file, let problem): "--api-key-file \(file): \(problem)"
    case .badPrices(let file, let problem): "\(file): \(problem)"
    case .budgetWithoutPrices: "--budget needs prices: give --price-input and --price-output, or --prices FILE"
    case .stateUnusable(let folder, let problem): "\(folder): \(problem)"
    case .notAnEndpoint(let url, let problem): "\(url): \(problem)"
    case .samplingRule(let field, let remedy): "the endpoint has no word for sampling.\(field): \(remedy)"
    case .notGiven(let what, let remedy): "the endpoint does not give \(what): \(remedy)"
    case .badRequest(let problem): problem
    case .budgetSpent(let worst, let left, let budget):
      "the budget of \(budget) has \(left) left, and this call may cost \(worst): raise --budget, then go on with --resume"
    case .mayBePaid(let calls, let worst):
      "\(calls) earlier calls with this question ended unseen and may have been billed (at most \(worst)): "
        + "start the teacher with --doubtful-calls retry to ask again, or skip to go on without"
    case .busy(let waiting): "\(waiting) questions wait for the endpoint already: try again later"
    case .keyRefused(let status): "the endpoint refuses the key (HTTP \(status)): check --api-key-file"
    case .refused(let status, let reason): "the endpoint refuses the question (HTTP \(status)): \(reason)"
    case .away(let url, let waited, let reason): "no answer from \(url) in \(waited.components.seconds) s: \(reason)"
    case .unreadable(let attempts, let reason):
      "the endpoint's answer was lost in \(attempts) attempts, the last time: \(reason)"
    case .otherModel(let before, let now):
      "the model '\(now)' answers, and '\(before)' did before: give --upstream-model a name that stays, or leave out "
        + "--refuse-other-models to go on with it"
    case .unaligned(let sequence, let reason):
      "sequence \(sequence): \(reason): log-probs would be wrong; method: seqkd needs only text"
    case .ledger(let path, let reason): "\(path): the ledger cannot be written (\(reason)): nothing more is sent"
    }
  }
}
