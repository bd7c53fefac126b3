// swift-tools-version: 6.2

import PackageDescription

// A package of its own: a build of Retort never builds what generates its sources.
let package = Package(
  name: "wire-generator",
  dependencies: [
    .package(url: "https://github.com/apple/swift-protobuf.git", exact: "1.39.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2.git", exact: "2.4.3"),
  ],
  targets: [
    .executableTarget(
      name: "generate-wire",
      dependencies: [
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "SwiftProtobufPluginLibrary", package: "swift-protobuf"),
        .product(name: "GRPCCodeGen", package: "grpc-swift-2"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ]
)
