// swift-tools-version: 6.2

import PackageDescription

/// Settings of every Swift target.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// Settings of targets that touch C memory: each unsafe expression says so.
let unsafeSettings: [SwiftSetting] = settings + [.strictMemorySafety()]

// Bottom-up, in the order of the layers of docs/ARCHITECTURE.md.
let package = Package(
  name: "retort",
  products: [],
  dependencies: [],
  targets: [
    // Vocabulary
    .target(name: "Sequences", swiftSettings: settings),
    .testTarget(name: "SequencesTests", dependencies: ["Sequences"], swiftSettings: settings),
  ]
)
