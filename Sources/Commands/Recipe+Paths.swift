public import Foundation
public import Recipes

extension Recipe {
  /// The same recipe with its paths written out, so that services that run elsewhere on this machine read the same files.
  ///
  /// - Parameter folder: What relative paths are below.
  public func withPaths(below folder: URL) throws(RecipeError) -> Recipe {
    func place(_ path: String) -> String {
      let full = URL(filePath: path, relativeTo: folder).standardizedFileURL.path(percentEncoded: false)
      return full.count > 1 && full.hasSuffix("/") ? String(full.dropLast()) : full
    }
    var overrides = ["output_dir=\(place(outputDir))", "data.train=\(place(trainData))"]
    if let evalData { overrides.append("data.eval=\(place(evalData))") }
    if let corpusData { overrides.append("data.corpus=\(place(corpusData))") }
    for teacher in teachers.all { overrides += Self.paths(of: teacher, place) }
    switch student {
    case .folder(let path): overrides.append("student=\(place(path))")
    case .architecture(let from, _, _): overrides.append("student.from=\(place(from))")
    }
    if let folder = lion?.prompts { overrides.append("lion.prompts=\(place(folder))") }
    for (key, source) in otherModels { overrides += Self.paths(of: source, at: key, place) }
    if let file = critics?.judgePrompt { overrides.append("critics.judge_prompt=\(place(file))") }
    if let orca {
      overrides.append("orca.system_prompts=\(place(orca.systemPrompts))")
      overrides.append("orca.data=\(Self.list(orca.data.map(place)))")
    }
    if let folder = okd?.teacher { overrides.append("okd.teacher=\(place(folder))") }
    if let file = tripost?.editorPrompt { overrides.append("tripost.editor_prompt=\(place(file))") }
    if let file = rejection?.examples { overrides.append("rejection.examples=\(place(file))") }
    if let program = rejection?.program {
      // A word of a command that is the name of what is there means that.
      let command = program.command.enumerated().map { number, word in
        let isPath = number == 0 ? word.contains("/") : FileManager.default.fileExists(atPath: place(word))
        return isPath ? place(word) : word
      }
      overrides.append("rejection.command=\(Self.list(command))")
      overrides.append("rejection.command_reads=\(Self.list(program.reads.map(place)))")
    }
    // What is resolved was checked.
    return try Recipe(yaml: resolvedYAML, overrides: overrides, isKnown: true)
  }

  /// A list as an override has it, whatever is in its texts.
  private static func list(_ texts: [String]) -> String {
    String(decoding: (try? JSONEncoder().encode(texts)) ?? Data("[]".utf8), as: UTF8.self)
  }

  private static func paths(of teacher: NamedTeacher, _ place: (String) -> String) -> [String] {
    let key = teacher.name.isEmpty ? "teacher" : "teacher.teachers.\(teacher.name)"
    guard let tokenizer = teacher.tokenizer else { return paths(of: teacher.source, at: key, place) }
    let own = ["\(key).tokenizer=\(place(tokenizer))"]
    if case .folder(let path) = teacher.source { return own + ["\(key).from=\(place(path))"] }
    return own + paths(of: teacher.source, at: key, place)
  }

  private static func paths(of source: TeacherSource, at key: String, _ place: (String) -> String) -> [String] {
    switch source {
    case .folder(let path): return ["\(key)=\(place(path))"]
    case .address: return []
    case .endpoint(let endpoint):
      let files = [
        ("api_key_file", endpoint.keyFile), ("ca", endpoint.authority), ("state", endpoint.state),
        ("prices", endpoint.prices),
      ]
      return files.compactMap { name, path in path.map { "\(key).\(name)=\(place($0))" } }
    }
  }
}
