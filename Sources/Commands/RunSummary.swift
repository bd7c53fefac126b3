import Foundation
import Kernels
public import Recipes
import Reports

/// What a run has left in its folder, for people.
public enum RunSummary {
  /// The table of first and last figures, and where student and report are.
  ///
  /// Where this machine sees the folder, the report is written, with answers of the models to some prompts.
  public static func text(recipe: Recipe, folder path: String) async throws -> String {
    let folder = URL(filePath: path, directoryHint: .isDirectory)
    let places = "student  \(path)/student\nreport   \(path)/report.html"
    guard FileManager.default.fileExists(atPath: folder.appending(path: "metrics.jsonl").path(percentEncoded: false))
    else {
      return places
    }
    var report = try RunReport(folder: folder)
    // A report without samples is still a report: models of other services are not read here.
    report.samples =
      (try? await ComputePool.run { try RunSamples(recipe: recipe, folder: folder).comparisons() }) ?? report.samples
    do { try report.write(into: folder) } catch { return "\(report.summary)\n\n\(places)\n\(error)" }
    return "\(report.summary)\n\n\(places)"
  }
}
