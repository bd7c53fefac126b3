/// Bugs that could be in the coordinator or around it. Each is planted in a world to show that the simulation finds it.
enum Flaw: String, CaseIterable, Sendable {
  // The journal.
  /// An event is acted on that the journal never gets.
  case lostAppend
  /// A crash takes the journal's last lines with it, though they were acknowledged.
  case forgetfulDisk
  /// What an event asks for is done before the journal has the event.
  case effectsFirst
  /// A step is announced before the journal has it.
  case earlyAnnouncement
  /// An item's second answer is recorded too.
  case itemTwice
  /// A replay passes over completed items.
  case replayWithoutItems
  /// A replay leaves the last event out.
  case replayOffByOne
  /// A restart is not journalled, so that a session's number is used again.
  case restartUnrecorded
  // The step function.
  /// News of a session that is over counts as news of the present one.
  case staleSession
  /// After a resume, a step gets the next step's batch.
  case resumeOffByOne
  /// Older checkpoints are deleted when a new one is asked for, not when it is there.
  case pruneBeforeSaved
  /// The newest checkpoint is deleted with the old ones.
  case pruneNewest
  /// A teacher's item is asked again when a student comes.
  case paidTwice
  /// The student is not given back.
  case lostRelease
  /// A step's batch is sent twice, and the student does not look at its number.
  case stepTwice
  // Leases.
  /// A student is lent to two runs at once.
  case doubleLease
  /// Nobody hears that a lease has ended.
  case silentExpiry
  // Students and the way to them.
  /// What a session that is over had sent arrives at the student of the next.
  case lateRequests
  /// Answers of one stream overtake one another.
  case reorderedReplies
  /// A checkpoint is acknowledged before it is on the disk.
  case earlySave
  /// A checkpoint's bytes are not compared with its manifest.
  case unverifiedLoad
}
