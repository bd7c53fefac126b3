import GRPCCore
import GRPCNGHTTP2Transport

/// Headers, one to a line, name and value parted by a colon, as each side reads them.
func fuzzHeads(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  var headers = HeaderFields()
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    let colon = line.dropFirst().firstIndex(of: ":") ?? line.endIndex
    headers.append(String(line[..<colon]), String(line[colon...].dropFirst()))
  }
  checkRequest(headers)
  checkResponse(headers)
  precondition(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "percent-encoding loses text")
  if let address = try? NetworkAddress(parsing: text) {
    precondition((try? NetworkAddress(parsing: address.description)) == address, "an address loses itself")
  }
}

private func checkRequest(_ headers: HeaderFields) {
  _ = try? RequestHead.parse(headers)
  _ = headers.acceptGzip
  let metadata = headers.metadata
  guard
    let made = try? RequestHead.make(
      method: MethodDescriptor(fullyQualifiedService: "s", method: "m"), authority: "a", userAgent: "u",
      metadata: metadata)
  else { return }
  precondition(made.fields.allSatisfy { field in field.name == field.name.lowercased() }, "a name in capitals")
  precondition(made.fields.allSatisfy { $0.value.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7E } }, "a value unprintable")
  precondition((try? RequestHead.parse(made)) != nil, "a request of ours is refused")
}

private func checkResponse(_ headers: HeaderFields) {
  _ = ResponseHead.refusal(headers)
  let status = ResponseHead.status(headers)
  let trailers = ResponseHead.trailers(status, headers.metadata, areAll: true)
  let again = ResponseHead.status(trailers)
  precondition(again.code == status.code || again.code == .internalError, "a status changes on its way")
}
