/// JSON as OpenAI-compatible servers write it.
public enum ScriptedTexts {
  /// An answer of `/chat/completions`.
  public static func chat(_ text: String, finish: String = "stop", usage: (Int, Int)? = (7, 3)) -> String {
    """
    {"id":"x","object":"chat.completion","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":\
    \(quoted(text))},"finish_reason":"\(finish)"}]\(usage.map { usageText($0) } ?? "")}
    """
  }

  /// An answer of `/completions`.
  public static func completion(_ text: String, finish: String = "stop", usage: (Int, Int)? = (7, 3)) -> String {
    """
    {"id":"x","object":"text_completion","model":"m-1","choices":[{"index":0,"text":\(quoted(text)),\
    "finish_reason":"\(finish)"}]\(usage.map { usageText($0) } ?? "")}
    """
  }

  /// An answer that is no answer.
  public static func problem(_ message: String, code: String = "bad") -> String {
    "{\"error\":{\"message\":\(quoted(message)),\"type\":\"invalid_request_error\",\"code\":\"\(code)\"}}"
  }

  /// Events of a chat stream, `[DONE]` among them.
  public static func chatEvents(_ pieces: [String], finish: String = "stop", done: Bool = true) -> [String] {
    pieces.map { "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\(quoted($0))},\"finish_reason\":null}]}" }
      + ["{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"\(finish)\"}]}"]
      + ["{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":\(pieces.count)}}"]
      + (done ? ["[DONE]"] : [])
  }

  private static func usageText(_ usage: (Int, Int)) -> String {
    ",\"usage\":{\"prompt_tokens\":\(usage.0),\"completion_tokens\":\(usage.1),\"total_tokens\":\(usage.0 + usage.1)}"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
