/// Who is next of several that share something: over time all that want it get equal amounts. Start-time fair queueing.
///
/// Each has a virtual time, the amount that it was given. Whoever has the least is next. One that comes, or comes back, stands where those are
/// that are served just now: it neither pays for what it had while nobody else wanted any, nor saves up what it did not take.
///
/// - SeeAlso: Goyal, Vin, Cheng: <https://doi.org/10.1109/90.649569>.
struct FairShares: Sendable {
  private var times: [String: Double] = [:]
  /// The virtual time of whoever was served last, at that moment.
  private var clock = 0.0

  /// Somebody wants some who wanted none.
  mutating func enter(_ name: String) { times[name] = max(times[name] ?? clock, clock) }

  /// Somebody wants no more for now. What it was given beyond the others is remembered until these have had as much.
  mutating func leave(_ name: String) { if time(name) <= clock { times[name] = nil } }

  /// Somebody was given so much.
  mutating func charge(_ name: String, _ amount: Double) { times[name] = time(name) + amount }

  /// Somebody is served; those that are absent and no longer ahead are forgotten.
  mutating func serve(_ name: String, isPresent: (String) -> Bool) {
    clock = max(clock, time(name))
    times = times.filter { $0.value > clock || $0.key == name || isPresent($0.key) }
  }

  /// What somebody has been given, on the scale of all.
  func time(_ name: String) -> Double { times[name] ?? clock }
}
