import ArgumentParser
import Authentication
import Foundation

/// `retort certs`.
struct Certs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a private authority, and a certificate and a token for each role.",
    discussion: """
      Each role gets a folder of its own, which is all that its process needs: --credentials DIR/teacher. The folder ca \
      holds the authority's key: keep it where no service runs.
      """)

  @Option(help: ArgumentHelp("Folder of the credentials.", valueName: "dir"))
  var to: String

  @Option(
    help: ArgumentHelp(
      "Name or IP address that services are reached by, besides localhost; repeat for more.", valueName: "name"))
  var host: [String] = []

  @Option(help: ArgumentHelp("Days that certificates are valid.", valueName: "n"))
  var days = 365

  @Flag(help: "Leave credentials that are there already, and say when they end.")
  var ifAbsent = false

  @Flag(help: "Make new certificates and keys of the same authority; tokens stay.")
  var renew = false

  @Flag(help: "Replace everything: authority, certificates, tokens.")
  var force = false

  func validate() throws {
    guard [ifAbsent, renew, force].count(where: \.self) <= 1 else {
      throw ValidationError("--if-absent, --renew and --force exclude each other")
    }
  }

  func run() throws {
    let folder = URL(filePath: to, directoryHint: .isDirectory)
    let issuer = try CredentialIssuer(folder: folder, hosts: host, days: days)
    let mode: CredentialIssuer.Mode = ifAbsent ? .ifAbsent : renew ? .renew : force ? .replace : .create
    switch try issuer.run(mode) {
    case .made:
      for role in Role.allCases {
        printLine("credentials of role \(role): \(issuer.roleFolder(role).url.relativePath)")
      }
    case .kept(let day, let isNear):
      printLine("\(folder.relativePath) holds credentials; the first certificate ends on \(day)")
      if isNear { printProgress("warning: a certificate ends on \(day): renew with retort certs --to \(to) --renew\n") }
    }
  }
}
