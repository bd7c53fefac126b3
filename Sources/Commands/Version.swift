/// The version of the program.
public enum Version {
  /// Its number, as `retort --version` prints it and checkpoints keep it.
  public static let current = "0.1.0"
}
