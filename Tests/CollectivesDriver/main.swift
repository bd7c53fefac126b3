import Collectives
import Foundation
import Kernels

// CollectivesDriver member FOLDER RANK SIZE FLOATS CALLS TIMEOUT [ADDRESS]
//   One member of a group that meets in FOLDER, empty at first. CALLS times, or until something happens where CALLS is 0, the members
//   sum FLOATS floats: each sends each its part, and collects the sums. TIMEOUT in seconds. Prints "ready" after the first sum, and what
//   the calls took at the end. A line on standard input aborts the group. Ends with 1 and one line when a call fails.
// CollectivesDriver churn COUNT
//   Makes and drops COUNT groups of three, every other one after an abort; prints descriptors and threads before and after.

func complain(_ text: String, status: Int32) -> Never {
  FileHandle.standardError.write(Data("CollectivesDriver: \(text)\n".utf8))
  exit(status)
}

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "member" where (8...9).contains(arguments.count):
  guard let member = Member(Array(arguments.dropFirst(2))) else { complain("numbers, please", status: 2) }
  do { try member.run() } catch { complain("\(error)", status: 1) }
case "churn" where arguments.count == 3:
  guard let count = Int(arguments[2]) else { complain("a number, please", status: 2) }
  churn(count)
default:
  complain("usage: member FOLDER RANK SIZE FLOATS CALLS TIMEOUT [ADDRESS], or churn COUNT", status: 2)
}
