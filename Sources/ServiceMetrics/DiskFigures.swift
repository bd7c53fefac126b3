internal import Foundation

/// How full the disks are that a service writes to.
public enum DiskFigures {
  /// Writes `retort_disk_…`; a folder that is not there yet, or of which the system tells nothing, is left out.
  ///
  /// - Parameter folders: Paths by the name that the metrics give them.
  public static func write(_ folders: [(name: String, path: String)], to text: inout PrometheusText) {
    let known = folders.compactMap { name, path -> (name: String, free: Double, size: Double)? in
      guard let figures = try? FileManager.default.attributesOfFileSystem(forPath: path),
        let free = number(figures[.systemFreeSize]), let size = number(figures[.systemSize])
      else { return nil }
      return (name, free, size)
    }
    text.family("retort_disk_free_bytes", .gauge, "Bytes that can still be written to the disk of a folder.")
    for figure in known { text.sample(["folder": figure.name], figure.free) }
    text.family("retort_disk_size_bytes", .gauge, "Bytes that the disk of the folder holds in all.")
    for figure in known { text.sample(["folder": figure.name], figure.size) }
  }

  /// A number, however the system's library boxes it.
  private static func number(_ value: Any?) -> Double? {
    (value as? NSNumber)?.doubleValue ?? (value as? UInt64).map(Double.init) ?? (value as? Int).map(Double.init)
  }
}
