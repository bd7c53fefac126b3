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
  products: [
    // A transport for anybody's grpc-swift-2: nothing of Retort comes with it.
    .library(name: "GRPCNGHTTP2Transport", targets: ["GRPCNGHTTP2Transport", "WireBytes"]),
    .library(name: "GRPCNGHTTP2TransportTLS", targets: ["GRPCNGHTTP2TransportTLS"]),
    // What measures a transport, for the programs of Benchmarks/.
    .library(name: "WireBenchmark", targets: ["WireBenchmark"]),
  ],
  dependencies: [
    .package(url: "https://github.com/grpc/grpc-swift-2.git", exact: "2.4.3"),
    .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-certificates.git", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1.git", exact: "1.7.4"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
  ],
  targets: [
    // Vocabulary
    .target(name: "Sequences", swiftSettings: settings),
    .testTarget(name: "SequencesTests", dependencies: ["Sequences"], swiftSettings: settings),

    // The language of the demo
    .target(name: "Puzzles", dependencies: ["Sequences"], swiftSettings: settings),
    .testTarget(name: "PuzzlesTests", dependencies: ["Puzzles", "Recipes", "Sequences"], swiftSettings: settings),
    // C
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CDNNL", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CKernels"),
    .target(name: "CTokenLoss", dependencies: ["CKernels"], linkerSettings: [.linkedLibrary("m")]),
    .target(name: "CSpawn"),
    // Other programs
    .target(name: "Programs", dependencies: ["CSpawn"], swiftSettings: unsafeSettings),
    .testTarget(name: "ProgramsTests", dependencies: ["Programs", "TiedPrograms"], swiftSettings: settings),
    .target(name: "TiedPrograms", dependencies: ["Programs"], path: "Tests/TiedPrograms", swiftSettings: settings),
    .target(name: "LoopbackSockets", path: "Tests/LoopbackSockets", swiftSettings: settings),
    // Arithmetic
    .target(name: "Kernels", dependencies: ["CDNNL", "COpenBLAS", "CKernels"], swiftSettings: unsafeSettings),
    .target(name: "CHeapUse", path: "Tests/CHeapUse"),
    .testTarget(
      name: "KernelsTests", dependencies: ["CHeapUse", "Kernels", "Programs", "TiedPrograms"], swiftSettings: settings),
    // Model
    .target(name: "Transformer", dependencies: ["Sequences", "Kernels"], swiftSettings: unsafeSettings),
    .testTarget(
      name: "TransformerTests", dependencies: ["Sequences", "Kernels", "Transformer"], exclude: ["Golden"],
      swiftSettings: settings),
    .target(
      name: "Tokenization", dependencies: ["Sequences", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .testTarget(
      name: "TokenizationTests", dependencies: ["Tokenization"], exclude: ["Golden"], swiftSettings: settings),
    // What scripts/parity asks.
    .executableTarget(
      name: "TokenizationDriver", dependencies: ["Tokenization"], path: "Tests/TokenizationDriver",
      swiftSettings: settings),
    .target(name: "Evaluation", swiftSettings: settings),
    .testTarget(name: "EvaluationTests", dependencies: ["Evaluation"], exclude: ["Golden"], swiftSettings: settings),
    // Lion's loop, without what carries it out.
    .target(
      name: "Lion", dependencies: ["Sequences"],
      resources: ["generator-easy", "generator-hard", "referee", "task"].map { .embedInCode("Templates/\($0).txt") },
      swiftSettings: settings),
    .testTarget(name: "LionTests", dependencies: ["Evaluation", "Lion", "Sequences"], swiftSettings: settings),
    // Answers that are collected, judged, kept and learnt.
    .target(name: "Curation", dependencies: ["Lion", "Sequences"], swiftSettings: settings),
    .testTarget(name: "CurationTests", dependencies: ["Curation", "Lion"], swiftSettings: settings),

    // Learning
    .target(name: "Optimization", dependencies: ["Kernels", "Transformer"], swiftSettings: unsafeSettings),
    .testTarget(
      name: "OptimizationTests", dependencies: ["Optimization", "Transformer", "Kernels"], exclude: ["Golden"],
      swiftSettings: settings),
    .target(
      name: "Distillation", dependencies: ["CTokenLoss", "Kernels", "Optimization", "Sequences", "Transformer"],
      swiftSettings: unsafeSettings),
    .testTarget(
      name: "DistillationTests",
      dependencies: [
        "Distillation", "Kernels", "Optimization", "Programs", "Sequences", "TiedPrograms", "Transformer",
      ], exclude: ["Golden"], swiftSettings: settings),

    .target(
      name: "Checkpoints",
      dependencies: [
        "Kernels", "Optimization", "Sequences", "Transformer", .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: unsafeSettings),
    .testTarget(
      name: "CheckpointsTests",
      dependencies: ["Checkpoints", "Distillation", "Kernels", "Optimization", "Sequences", "Transformer"],
      exclude: ["Golden"], swiftSettings: settings),

    // Replicas
    .target(
      name: "CGloo", cxxSettings: [.headerSearchPath("absent")], linkerSettings: [.linkedLibrary("gloo")]),
    .target(name: "Collectives", dependencies: ["CGloo", "Kernels"], swiftSettings: unsafeSettings),
    .testTarget(
      name: "CollectivesTests",
      dependencies: ["Collectives", "CollectivesDriver", "Kernels", "LoopbackSockets", "Programs", "TiedPrograms"],
      swiftSettings: settings),
    // A member of a group as a process of its own: for the tests, and to measure.
    .executableTarget(
      name: "CollectivesDriver", dependencies: ["Collectives", "Kernels"], path: "Tests/CollectivesDriver",
      swiftSettings: settings),

    // Measurement
    .target(name: "Measurement", dependencies: ["Programs"], swiftSettings: unsafeSettings),
    .target(
      name: "EngineBenchmark",
      dependencies: [
        "Checkpoints", "Distillation", "Kernels", "Measurement", "Optimization", "Sequences", "Tokenization",
        "Transformer",
      ], swiftSettings: unsafeSettings),
    .testTarget(
      name: "EngineBenchmarkTests",
      dependencies: ["Checkpoints", "EngineBenchmark", "Kernels", "Sequences", "Transformer"], swiftSettings: settings),

    .target(
      name: "ReplicaBenchmark",
      dependencies: [
        "Collectives", "Distillation", "Kernels", "Measurement", "Optimization", "Sequences", "Transformer",
        .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: settings),
    .testTarget(name: "ReplicaBenchmarkTests", dependencies: ["ReplicaBenchmark"], swiftSettings: settings),

    // Wire
    .target(
      name: "WireBytes",
      dependencies: [
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOCore", package: "swift-nio"),
      ], swiftSettings: unsafeSettings),
    .testTarget(
      name: "WireBytesTests",
      dependencies: [
        "WireBytes",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOCore", package: "swift-nio"),
      ], swiftSettings: settings),
    .systemLibrary(
      name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "GRPCNGHTTP2Transport",
      dependencies: [
        "CNGHTTP2",
        "CZlib",
        "WireBytes",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: unsafeSettings),
    .target(
      name: "ForeignPython", dependencies: ["Programs", "TiedPrograms"], path: "Tests/ForeignPython",
      swiftSettings: settings),
    .target(name: "CThreadEdges", path: "Tests/CThreadEdges"),
    .testTarget(
      name: "GRPCNGHTTP2TransportTests",
      dependencies: [
        "CHeapUse",
        "CThreadEdges",
        "ForeignPython",
        "GRPCNGHTTP2Transport",
        "Programs",
        "TiedPrograms",
        "WireBytes",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      exclude: ["Interop"],
      swiftSettings: settings),
    .testTarget(
      name: "InteropTests",
      dependencies: [
        "ForeignPython",
        "GRPCNGHTTP2Transport",
        "GRPCNGHTTP2TransportTLS",
        "Programs",
        "WireBytes",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ],
      exclude: ["Peer"],
      swiftSettings: settings),
    .target(
      name: "GRPCNGHTTP2TransportTLS",
      dependencies: [
        "GRPCNGHTTP2Transport",
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ], swiftSettings: unsafeSettings),
    .testTarget(
      name: "GRPCNGHTTP2TransportTLSTests",
      dependencies: [
        "Authentication",
        "ForeignPython",
        "GRPCNGHTTP2Transport",
        "GRPCNGHTTP2TransportTLS",
        "Programs",
        "TiedPrograms",
        "WireBytes",
        "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], exclude: ["Interop"], swiftSettings: settings),
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "CRetortProtos", dependencies: ["CProtobufC"]),
    .target(name: "CWireColumns"),
    .target(
      name: "WireFormat",
      dependencies: [
        "CRetortProtos", "CWireColumns", "Sequences", "WireBytes",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
      ], swiftSettings: unsafeSettings),
    .testTarget(
      name: "WireFormatTests",
      dependencies: [
        "ForeignPython", "FuzzTargets", "Programs", "Sequences", "WireBytes", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
      ], exclude: ["Differential", "Golden"], swiftSettings: settings),
    .target(name: "CWireBenchmark", dependencies: ["CProtobufC"]),
    .target(
      name: "WireBenchmark",
      dependencies: [
        "CWireBenchmark", "GRPCNGHTTP2Transport", "Measurement", "WireBytes",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
      ], swiftSettings: unsafeSettings),
    .testTarget(name: "WireBenchmarkTests", dependencies: ["WireBenchmark"], swiftSettings: settings),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "GRPCNGHTTP2Transport", "LoaderFuzzTargets", "Sequences", "WireBytes", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ], path: "Tests/FuzzTargets", swiftSettings: settings),
    .target(
      name: "LoaderFuzzTargets", dependencies: ["Checkpoints", "Tokenization"], path: "Tests/LoaderFuzzTargets",
      swiftSettings: settings),
    .testTarget(name: "FuzzRegressionTests", dependencies: ["FuzzTargets"], swiftSettings: settings),
    .target(
      name: "ServiceHealth",
      dependencies: [
        "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ], swiftSettings: settings),
    .target(
      name: "ServiceReflection",
      dependencies: ["WireFormat", .product(name: "GRPCCore", package: "grpc-swift-2")], swiftSettings: settings),
    .testTarget(
      name: "ServiceReflectionTests",
      dependencies: [
        "ServiceReflection", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCInProcessTransport", package: "grpc-swift-2"),
      ], swiftSettings: settings),
    .testTarget(
      name: "ServiceHealthTests",
      dependencies: [
        "ServiceHealth", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCInProcessTransport", package: "grpc-swift-2"),
      ], swiftSettings: settings),

    // Runtime
    .target(
      name: "ServiceRuntime",
      dependencies: ["GRPCNGHTTP2Transport", "Programs", .product(name: "Logging", package: "swift-log")],
      swiftSettings: unsafeSettings),
    .testTarget(
      name: "ServiceRuntimeTests",
      dependencies: [
        "GRPCNGHTTP2Transport", "LoopbackSockets", "ServiceRuntime", .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),

    .target(
      name: "Authentication",
      dependencies: [
        "GRPCNGHTTP2Transport", "WireFormat",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ], swiftSettings: settings),
    .testTarget(
      name: "AuthenticationTests",
      dependencies: [
        "Authentication", "GRPCNGHTTP2Transport", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCInProcessTransport", package: "grpc-swift-2"),
      ], swiftSettings: settings),

    .target(
      name: "PlainHTTP",
      dependencies: [
        "GRPCNGHTTP2Transport", "ServiceRuntime",
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),
    .target(
      name: "ServiceMetrics",
      dependencies: [
        "GRPCNGHTTP2Transport", "PlainHTTP", "ServiceRuntime",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ], swiftSettings: settings),
    .testTarget(
      name: "ServiceMetricsTests",
      dependencies: [
        "GRPCNGHTTP2Transport", "LoopbackSockets", "ServiceMetrics", "ServiceRuntime",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    // Programs of strangers.
    .target(name: "Isolation", dependencies: ["Programs"], swiftSettings: unsafeSettings),
    .testTarget(name: "IsolationTests", dependencies: ["Isolation", "LoopbackSockets"], swiftSettings: settings),

    .target(name: "Reports", dependencies: ["Evaluation"], swiftSettings: unsafeSettings),
    .testTarget(name: "ReportsTests", dependencies: ["Reports"], swiftSettings: settings),

    // Services
    .target(
      name: "ModelServing",
      dependencies: [
        "Checkpoints", "Kernels", "Sequences", "Tokenization", "Transformer", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ], swiftSettings: settings),
    .target(
      name: "ServiceTestSupport", dependencies: ["Kernels", "ModelServing", "Sequences", "Transformer", "WireFormat"],
      path: "Tests/ServiceTestSupport", swiftSettings: settings),
    .testTarget(
      name: "ModelServingTests",
      dependencies: ["ModelServing", .product(name: "GRPCCore", package: "grpc-swift-2")], swiftSettings: settings),
    .target(
      name: "TeacherService",
      dependencies: ["ModelServing", "WireFormat", .product(name: "GRPCCore", package: "grpc-swift-2")],
      swiftSettings: settings),
    .testTarget(
      name: "TeacherServiceTests",
      dependencies: [
        "GRPCNGHTTP2Transport", "ModelServing", "Sequences", "ServiceTestSupport", "TeacherService", "Transformer",
        "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCInProcessTransport", package: "grpc-swift-2"),
      ], swiftSettings: settings),
    .target(
      name: "UpstreamTeacher",
      dependencies: [
        "Sequences", "ServiceMetrics", "Tokenization", "WireFormat",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], swiftSettings: settings),
    // An OpenAI-compatible server that answers as a test tells it, faults included.
    .target(
      name: "ScriptedEndpoint",
      dependencies: [
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], path: "Tests/ScriptedEndpoint", swiftSettings: settings),
    .testTarget(
      name: "UpstreamTeacherTests",
      dependencies: [
        "ScriptedEndpoint", "Sequences", "ServiceMetrics", "Tokenization", "UpstreamTeacher", "WireFormat",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCInProcessTransport", package: "grpc-swift-2"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], swiftSettings: settings),
    .target(
      name: "StudentService",
      dependencies: [
        "Checkpoints", "Collectives", "Distillation", "Kernels", "ModelServing", "Optimization", "Sequences",
        "Tokenization",
        "Transformer", "WireBytes", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ], swiftSettings: settings),
    .testTarget(
      name: "StudentServiceTests",
      dependencies: [
        "Checkpoints", "GRPCNGHTTP2Transport", "Kernels", "ModelServing", "Sequences", "ServiceTestSupport",
        "StudentService",
        "TeacherService", "Transformer", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCInProcessTransport", package: "grpc-swift-2"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ], swiftSettings: settings),
    .target(
      name: "Recipes", dependencies: ["Sequences", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
    .testTarget(name: "RecipesTests", dependencies: ["Recipes", "Sequences"], swiftSettings: settings),
    .target(
      name: "CoordinatorService",
      dependencies: [
        "Authentication", "Curation", "Evaluation", "GRPCNGHTTP2Transport", "Isolation", "Lion", "Recipes", "Sequences",
        "Tokenization", "WireBytes", "WireFormat",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "CoordinatorServiceTests",
      dependencies: [
        "CoordinatorService", "ModelServing", "Recipes", "Sequences", "ServiceTestSupport", "WireBytes", "WireFormat",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),

    .testTarget(
      name: "SimulationTests", dependencies: ["CoordinatorService", "Recipes", "Sequences", "WireFormat"],
      swiftSettings: settings),

    // Executable
    .target(
      name: "Commands",
      dependencies: [
        "Authentication", "Checkpoints", "Collectives", "CoordinatorService", "Distillation", "Evaluation",
        "GRPCNGHTTP2Transport",
        "GRPCNGHTTP2TransportTLS", "Kernels",
        "ModelServing", "Optimization", "PlainHTTP", "Puzzles", "Recipes", "Reports", "Sequences", "ServiceHealth",
        "ServiceMetrics", "ServiceReflection", "ServiceRuntime",
        "StudentService", "TeacherService", "Tokenization", "Transformer", "UpstreamTeacher", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ], swiftSettings: settings),
    .target(
      name: "ModelFixtures", dependencies: ["Checkpoints", "Kernels", "Puzzles", "Sequences", "Transformer"],
      path: "Tests/ModelFixtures", swiftSettings: settings),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "Authentication", "Commands", "CoordinatorService", "GRPCNGHTTP2Transport", "ModelFixtures", "PlainHTTP",
        "Recipes", "Reports", "Sequences", "ServiceRuntime", "Tokenization", "WireFormat",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "retort",
      dependencies: [
        "Authentication", "Checkpoints", "Commands", "CoordinatorService", "EngineBenchmark", "GRPCNGHTTP2Transport",
        "Recipes", "ReplicaBenchmark", "Reports", "Sequences", "ServiceRuntime", "UpstreamTeacher", "WireBenchmark",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Authentication", "ForeignPython", "GRPCNGHTTP2Transport", "GRPCNGHTTP2TransportTLS", "LoopbackSockets",
        "ModelFixtures", "Reports", "ScriptedEndpoint",
        "ServiceRuntime", "Tokenization", "WireBytes", "WireFormat", "retort",
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
  ]
)
