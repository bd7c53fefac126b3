// swift-tools-version: 6.2

import PackageDescription

// The wire and what reads model folders, without the rest of Retort's dependencies: what is built with sanitizers, and fuzzed.
// Sources and Tests are links to those of the package above. See README.md.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]
let unsafeSettings: [SwiftSetting] = settings + [.strictMemorySafety()]
let grpc = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
func nio(_ names: String...) -> [Target.Dependency] { names.map { .product(name: "NIO" + $0, package: "swift-nio") } }

/// libFuzzer's loop, where scripts/fuzz.sh has found it.
let fuzzer: [Target] =
  Context.environment["RETORT_FUZZER_RUNTIME"].map { runtime in
    [
      .target(name: "CFuzzer"),
      .executableTarget(
        name: "fuzz", dependencies: ["CFuzzer", "FuzzTargets"], swiftSettings: [.swiftLanguageMode(.v5)],
        linkerSettings: [.unsafeFlags([runtime]), .linkedLibrary("stdc++")]),
    ]
  } ?? []

let package = Package(
  name: "retort-wire",
  dependencies: [
    .package(url: "https://github.com/grpc/grpc-swift-2.git", exact: "2.4.3"),
    .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
  ],
  targets: [
    .target(name: "Sequences", swiftSettings: settings),
    .target(name: "WireBytes", dependencies: [grpc] + nio("Core"), swiftSettings: unsafeSettings),
    .testTarget(name: "WireBytesTests", dependencies: ["WireBytes", grpc] + nio("Core"), swiftSettings: settings),
    .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c"),
    .target(
      name: "GRPCNGHTTP2Transport",
      dependencies: ["CNGHTTP2", "CZlib", "WireBytes", grpc] + nio("Core", "ConcurrencyHelpers", "Posix"),
      swiftSettings: unsafeSettings),
    .target(name: "CHeapUse"),
    .target(name: "CSpawn"),
    .target(name: "Programs", dependencies: ["CSpawn"], swiftSettings: unsafeSettings),
    .target(name: "TiedPrograms", dependencies: ["Programs"], swiftSettings: settings),
    .testTarget(name: "ProgramsTests", dependencies: ["Programs", "TiedPrograms"], swiftSettings: settings),
    .target(name: "ForeignPython", dependencies: ["Programs", "TiedPrograms"], swiftSettings: settings),
    .target(name: "CThreadEdges"),
    .testTarget(
      name: "ThreadEdgesTests", dependencies: ["CThreadEdges", "GRPCNGHTTP2Transport", "WireBytes", grpc],
      swiftSettings: settings),
    .testTarget(
      name: "GRPCNGHTTP2TransportTests",
      dependencies: [
        "CHeapUse", "CThreadEdges", "ForeignPython", "GRPCNGHTTP2Transport", "Programs", "TiedPrograms", "WireBytes",
        grpc,
      ] + nio("Core", "ConcurrencyHelpers", "Posix", "Embedded"),
      exclude: ["Interop"], swiftSettings: settings),
    .testTarget(
      name: "InteropTests",
      dependencies: ["ForeignPython", "GRPCNGHTTP2Transport", "Programs", "WireBytes", grpc]
        + nio("ConcurrencyHelpers"),
      exclude: ["Peer"], swiftSettings: settings),
    .target(name: "CRetortProtos", dependencies: ["CProtobufC"]),
    .target(name: "CWireColumns"),
    .target(
      name: "WireFormat", dependencies: ["CRetortProtos", "CWireColumns", "Sequences", "WireBytes", grpc],
      swiftSettings: unsafeSettings),
    .testTarget(
      name: "WireFormatTests",
      dependencies: ["ForeignPython", "FuzzTargets", "Programs", "Sequences", "WireBytes", "WireFormat", grpc],
      exclude: ["Differential", "Golden"], swiftSettings: settings),
    .target(
      name: "FuzzTargets",
      dependencies: ["GRPCNGHTTP2Transport", "LoaderFuzzTargets", "Sequences", "WireBytes", "WireFormat", grpc]
        + nio("Core", "Embedded"),
      swiftSettings: settings),
    .testTarget(name: "FuzzRegressionTests", dependencies: ["FuzzTargets"], swiftSettings: settings),
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CDNNL", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CKernels"),
    .target(name: "Kernels", dependencies: ["CDNNL", "COpenBLAS", "CKernels"], swiftSettings: unsafeSettings),
    .target(name: "Transformer", dependencies: ["Sequences", "Kernels"], swiftSettings: unsafeSettings),
    .target(name: "Optimization", dependencies: ["Kernels", "Transformer"], swiftSettings: unsafeSettings),
    .target(
      name: "Checkpoints", dependencies: ["Kernels", "Optimization", "Sequences", "Transformer", crypto],
      swiftSettings: unsafeSettings),
    .target(name: "Tokenization", dependencies: ["Sequences", crypto], swiftSettings: settings),
    .target(name: "LoaderFuzzTargets", dependencies: ["Checkpoints", "Tokenization"], swiftSettings: settings),
  ] + fuzzer
)
