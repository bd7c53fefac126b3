import Foundation
import Tokenization

// TokenizationDriver TOKENIZER                what scripts/parity asks: a line of JSON in, a line of JSON out, until the end
// TokenizationDriver TOKENIZER --time FILE…   encodes each file over and over, half a second in all; prints bytes a second of
//                                           processor time, the number of ids, and the rate of the first pass alone
//
// TOKENIZER is a folder, a tokenizer.json, or "-" where only templates are rendered.

/// One question; the member that is set says which.
struct Question: Decodable {
  let encode: String?
  let special: Bool?
  let decode: [UInt32]?
  let skip: Bool?
  let template: String?
  let variables: String?
  let now: Double?
}

func answer(_ question: Question, _ tokenizer: Tokenizer?) throws -> [String: Any] {
  if let text = question.encode, let tokenizer {
    return ["ids": tokenizer.encode(text, addSpecialTokens: question.special ?? true).map(Int.init)]
  }
  if let ids = question.decode, let tokenizer {
    return ["text": tokenizer.decode(ids, skipSpecialTokens: question.skip ?? true)]
  }
  if let template = question.template {
    let variables = Array((question.variables ?? "{}").utf8)
    return ["text": try ChatTemplate(template).render(json: variables, now: question.now)]
  }
  return ["error": "a question without encode, decode or template"]
}

func time(_ tokenizer: Tokenizer, _ files: [String]) throws {
  for file in files {
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
    var (passes, seconds, count) = (0, 0.0, 0)
    func encode() {
      let start = clock()
      count = tokenizer.encode(text).count
      (passes, seconds) = (passes + 1, seconds + Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }
    encode()
    let first = seconds
    while seconds < 0.5 { encode() }
    let rates = [(passes - 1, seconds - first), (1, first)].map { Int(Double($0.0 * text.utf8.count) / $0.1) }
    print("\(rates[0]) \(count) \(rates[1])")
  }
}

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
  print("usage: TokenizationDriver TOKENIZER [--time FILE...]")
  exit(2)
}
var tokenizer: Tokenizer?
do {
  let location = URL(fileURLWithPath: arguments[1])
  if arguments[1] == "-" {
    tokenizer = nil
  } else if arguments[1].hasSuffix(".json") {
    tokenizer = try Tokenizer(tokenizerJSON: Data(contentsOf: location))
  } else {
    tokenizer = try Tokenizer(folder: location)
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
if arguments.count > 3, let tokenizer {
  try time(tokenizer, Array(arguments[3...]))
} else {
  while let line = readLine() {
    var reply: [String: Any]
    do {
      reply = try answer(JSONDecoder().decode(Question.self, from: Data(line.utf8)), tokenizer)
    } catch { reply = ["error": "\(error)"] }
    let data = try JSONSerialization.data(withJSONObject: reply)
    FileHandle.standardOutput.write(data + Data([0x0A]))
  }
}
