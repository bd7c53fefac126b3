/// Bugs that could be in the group of a student's replicas or around it, each planted in a world of its own.
enum GroupFlaw: String, CaseIterable, Sendable {
  /// What a step measured, told when replicas join, answers an evaluation after it.
  case answeredEvaluation
  /// Nobody hears that a replica's lease has ended.
  case unheardEnd
  /// What a replica says counts though its lease has ended.
  case lateAnswer
  /// Whoever takes the parameters of another does not take what that one's last steps measured.
  case recentsLeftBehind
  /// A newcomer passes for one that has made the last steps.
  case newcomerStands
  /// A student serves whoever calls, and not the newest caller alone.
  case noFence
  /// Answers to a group that was given up count for the next one.
  case staleJoin
  /// Replicas that join are not made alike.
  case notAlike
  /// What a replica wrote before it was lost stands in the way of the next.
  case halfWrittenFolder
  /// A replica that could not say why it failed is taken for gone, and so is the next.
  case oddIsLost
  /// A group is formed although some of the optimizer's state, which replicas share out, is lost.
  case unseenLoss
  /// Nobody hears that replicas wait for each other in vain.
  case unheardSilence
}
