import Foundation

/// `strftime` in UTC and in English.
enum TemplateDate {
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  /// The text of a time by a format; nil where a directive is not known.
  static func text(_ format: String, at seconds: Double) -> String? {
    guard let zone = TimeZone(secondsFromGMT: 0) else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let date = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear], from: Date(timeIntervalSince1970: seconds))
    guard let year = date.year, let month = date.month, let day = date.day, let hour = date.hour,
      let minute = date.minute, let second = date.second, let weekday = date.weekday, let dayOfYear = date.dayOfYear
    else { return nil }
    let two = { (number: Int) -> String in number < 10 ? "0\(number)" : String(number) }
    var result = ""
    var scalars = format.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      var padded = true
      if scalars.first == "-" { (padded, scalars) = (false, scalars.dropFirst()) }
      let number = { (value: Int) -> String in padded ? two(value) : String(value) }
      switch scalars.popFirst() {
      case "Y": result += String(year)
      case "y": result += number(year % 100)
      case "m": result += number(month)
      case "d": result += number(day)
      case "H": result += number(hour)
      case "I": result += number((hour + 11) % 12 + 1)
      case "M": result += number(minute)
      case "S": result += number(second)
      case "j": result += padded ? String("00\(dayOfYear)".suffix(3)) : String(dayOfYear)
      case "B": result += months[month - 1]
      case "b": result += String(months[month - 1].prefix(3))
      case "A": result += days[weekday - 1]
      case "a": result += String(days[weekday - 1].prefix(3))
      case "p": result += hour < 12 ? "AM" : "PM"
      case "F": result += "\(year)-\(two(month))-\(two(day))"
      case "T": result += "\(two(hour)):\(two(minute)):\(two(second))"
      case "%": result += "%"
      default: return nil
      }
    }
    return result
  }
}
