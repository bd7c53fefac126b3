internal import Foundation
internal import Glibc

/// What the system says of this process, under the names that Prometheus' own clients use.
public enum ProcessFigures {
  /// Writes `process_…`; what the system does not tell is left out.
  public static func write(to text: inout PrometheusText) {
    let status = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
    // The second field is the program's name in parentheses, which may hold spaces.
    let fields = (status.split(separator: ")").last ?? "").split(separator: " ")
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let pages = Double(fields[21])
    else { return }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    text.family("process_cpu_seconds_total", .counter, "Processor time, of the user and of the system.")
    text.sample((user + system) / max(ticks, 1))
    text.family("process_resident_memory_bytes", .gauge, "Memory that is held in RAM.")
    text.sample(pages * Double(sysconf(Int32(_SC_PAGESIZE))))
    if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      text.family("process_open_fds", .gauge, "Open files and sockets.")
      text.sample(Double(files.count))
    }
  }
}
