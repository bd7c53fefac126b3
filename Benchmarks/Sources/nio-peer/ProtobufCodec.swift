import Foundation
import GRPCCore
import GRPCProtobuf
import SwiftProtobuf
import WireBenchmark

/// Messages of swift-protobuf.
enum ProtobufCodec: BenchmarkCodec {
  typealias Message = Retort_Benchmark_V1_Parcel

  static var serializer: ProtobufSerializer<Message> { ProtobufSerializer() }
  static var deserializer: ProtobufDeserializer<Message> { ProtobufDeserializer() }

  static func columns(rows: Int) -> Message {
    .with {
      $0.tokenIds = (0..<rows).map { UInt32(truncatingIfNeeded: $0 &* 31) }
      $0.logprobs = (0..<rows).map { -Float($0 & 1023) / 64 }
    }
  }

  static func payload(byteCount: Int) -> Message {
    .with { $0.payload = Data((0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }) }
  }

  static func order(messageCount: Int, rows: Int) -> Message {
    .with {
      $0.messageCount = UInt32(clamping: messageCount)
      $0.rows = UInt32(clamping: rows)
    }
  }

  static func readOrder(_ message: Message) -> (messageCount: Int, rows: Int) {
    (Int(message.messageCount), Int(message.rows))
  }

  static func contentBytes(of message: Message) -> Int {
    let ids = (message.tokenIds.first ?? 0) &+ (message.tokenIds.last ?? 0)
    let logprobs = (message.logprobs.first ?? 0) + (message.logprobs.last ?? 0)
    guard !(Float(ids) + logprobs).isNaN else { return 0 }
    return 4 * (message.tokenIds.count + message.logprobs.count) + message.payload.count
  }
}
