// swift-tools-version: 6.2

import PackageDescription

// A program of its own that takes the transport as any other program would.
let package = Package(
  name: "echo",
  dependencies: [
    .package(name: "retort", path: "../.."),
    .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.3"),
  ],
  targets: [
    .executableTarget(
      name: "echo",
      dependencies: [
        .product(name: "GRPCNGHTTP2Transport", package: "retort"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
      ])
  ]
)
