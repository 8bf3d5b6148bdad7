import Foundation
import LabResults
import TestSupport
import Testing

@testable import LabCapture

/// Real traffic in a network namespace of its own, captured by dumpcap.
enum RealCapture {
  /// Whether this machine lets us: rootless network namespaces, and the tools of `ci/bootstrap test`.
  static let isPossible: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "command -v dumpcap tshark python3 && unshare -Urn ip link"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  static let reason: Comment = "needs unshare -Urn, dumpcap and tshark: ci/bootstrap test"

  /// Captures on `interface` while a shell script runs; the capture is `capture` in the folder.
  static func capture(
    _ script: String, interface: String = "lo", options: String = "-P", setup: String = "",
    in folder: TemporaryFolder
  ) throws {
    let program = """
      set -e
      cd \(folder.path)
      ip link set lo up
      \(setup)
      dumpcap -q \(options) -i \(interface) -s 262144 -B 64 -w capture 2>dumpcap.log &
      dumpcap=$!
      for i in $(seq 500); do grep -q '^File:' dumpcap.log && break; sleep 0.02; done
      grep -q '^File:' dumpcap.log
      \(script)
      # The kernel hands packets over in blocks, up to a second late.
      sleep 1.5
      kill -INT $dumpcap
      wait $dumpcap
      """
    _ = try run(["unshare", "-Urn", "sh", "-c", program], in: folder)
  }

  /// A second namespace, joined by a veth pair: 10.9.0.1 on veth here and 10.9.0.2 there.
  private static let secondNamespace = """
    unshare -n sleep 60 &
    peer=$!
    trap 'kill $peer' EXIT
    until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.02; done
    ip link add veth type veth peer name veth netns $peer
    ip address add 10.9.0.1/24 dev veth
    ip link set veth up
    nsenter -n -t $peer sh -c 'ip address add 10.9.0.2/24 dev veth && ip link set veth up'
    """

  /// One exchange of the horse between the real board programs.
  static func exchange(
    _ report: ExchangeResult, options: String = "", interface: String = "lo",
    capture: String = "-P", in folder: TemporaryFolder
  ) throws -> ExchangeResult {
    try FileManager.default.copyItem(
      at: URL(filePath: Fixture.horse), to: folder.url.appending(path: "original.ppm"))
    let psk = try folder.write(Fixture.noise(32, seed: 9), to: "psk")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: psk)
    let isVeth = interface == "veth"
    let address = isVeth ? "10.9.0.1" : "127.0.0.1"
    let common =
      "--profile \(report.profile) --cipher \(report.cipher) \(options)"
      + (report.authentication == "psk" ? " --psk-file psk" : "")
    try Self.capture(
      """
      \(Fixture.programs)/pi-sender --listen \(address):4000 --image original.ppm --name alice \
        --peer bob \(common) --store-encrypted encrypted.bin >sender.json &
      sender=$!
      \(isVeth ? "nsenter -n -t $peer" : "") \(Fixture.programs)/pi-receiver --connect \(address):4000 --name bob --peer alice \(common) \
        --store-decrypted decrypted.ppm >receiver.json
      wait $sender
      """, interface: interface, options: capture, setup: isVeth ? secondNamespace : "", in: folder)
    var report = report
    let decoder = JSONDecoder()
    report.senderResult = try decoder.decode(
      BoardResult.self, from: Data(folder.read("sender.json")))
    report.receiverResult = try decoder.decode(
      BoardResult.self, from: Data(folder.read("receiver.json")))
    #expect(try folder.read("decrypted.ppm") == folder.read("original.ppm"))
    let hash = try run(["sha256sum", folder.path("original.ppm")], in: folder)
    report.sha256["original"] = String(hash.prefix(64))
    return report
  }

  static func analyse(
    _ report: ExchangeResult, _ name: String = "capture", in folder: TemporaryFolder
  ) throws -> CaptureResult {
    try CaptureAnalysis(
      capture: folder.path(name), exchange: report, folder: folder.path
    ).evidence()
  }
}
