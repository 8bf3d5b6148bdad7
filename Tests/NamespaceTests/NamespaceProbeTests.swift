import Foundation
import Glibc
import HostKit
import LabTestSupport
import TestSupport
import Testing

@testable import LabCore
@testable import LocalBoards
@testable import Namespace

struct NamespaceProbeTests {
  @Test func namespacesWorkHere() async {
    #expect(await NamespaceBackend().probe().isAvailable)
  }

  @Test(arguments: [("ip", "iproute2"), ("nsenter", "util-linux")])
  func missingToolsAreNamedWithTheirPackage(_ tool: String, _ package: String) async throws {
    try await withTemporaryFolder { folder in
      let tools = try FakeTools(in: folder)
      #expect(await NamespaceBackend(searchPath: tools.path).probe().isAvailable)
      try tools.remove(tool)
      #expect(
        await NamespaceBackend(searchPath: tools.path).probe()
          == .unavailable(
            reason: "not installed: \(tool)", remedy: "sudo apt-get install \(package)"))
    }
  }

  @Test func whatLinksCannotHaveIsSaid() async throws {
    try await withTemporaryFolder { folder in
      let tools = try FakeTools(in: folder)
      try tools.replace("tc", by: "exit 0")
      let backend = NamespaceBackend(searchPath: tools.path)
      #expect(await backend.probe() == .available)
      try tools.replace("tc", by: "exit 2")
      try tools.replace("nft", by: "exit 0")
      #expect(
        await backend.probe()
          == .limited(
            lacking: "links cannot have delay, jitter, duplicate, corrupt, reorder: the kernel has "
              + "no sch_netem"))
      try tools.remove("nft")
      guard case .limited(let lacking) = await backend.probe() else {
        Issue.record("without nft nothing is lost, which went unnoticed")
        return
      }
      #expect(lacking.contains("loss"))
    }
  }

  @Test func theToolsOwnWordsAreKept() async throws {
    try await withTemporaryFolder { folder in
      let tools = try FakeTools(in: folder)
      try tools.replace("ip", by: "echo 'Operation not supported' >&2; exit 2")
      guard
        case .unavailable(let reason, _) = await NamespaceBackend(searchPath: tools.path).probe()
      else {
        Issue.record("an ip that fails went unnoticed")
        return
      }
      #expect(reason.contains("Operation not supported"))
    }
  }
}

/// The same tests once more in a process that is not root, or that may not have user namespaces.
struct OtherPrivilegesTests {
  private static let stage = "PILAB_TEST_STAGE"
  private static var isInner: Bool { ProcessInfo.processInfo.environment[stage] != nil }

  /// A copy of this test program, where any user can run it.
  private func rerun(_ words: [String], _ filter: String, in folder: String) async throws -> String
  {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    try FileCopy.copy(from: own, to: "\(folder)/tests", permissions: 0o755)
    chmod(folder, 0o755)
    let temporary = "\(folder)/tmp"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    chmod(temporary, 0o777)
    let outcome = try await Tool(searchPath: Tool.standardSearchPath).run(
      words + ["\(folder)/tests", "--testing-library", "swift-testing", "--filter", filter],
      environment: [
        Self.stage: filter, "TMPDIR": temporary + "/",
        "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
      ])
    #expect(outcome.succeeded, "\(outcome.output)\n\(outcome.errors)")
    let left = try FileManager.default.contentsOfDirectory(atPath: temporary)
    #expect(left.isEmpty)
    return outcome.output + outcome.errors
  }

  @Test(.enabled("only root can become another user") { geteuid() == 0 && !Self.isInner })
  func allWorksWithoutRoot() async throws {
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    try await withTemporaryFolder { folder in
      let output = try await rerun(
        nobody, "(BackendContract|NamespaceTests).(Namespace|LabLife|Exec|Teardown|Command)",
        in: folder)
      #expect(output.contains("namespacesWorkHere"))
    }
  }

  @Test(.enabled("only root can take its own privileges") { geteuid() == 0 && !Self.isInner })
  func withoutUserNamespacesTheProbeSaysWhatHelps() async throws {
    let bereft = [
      "unshare", "--user", "--map-root-user", "sh", "-c",
      "echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"",
      "sh",
    ]
    try await withTemporaryFolder { folder in
      let output = try await rerun(bereft, "userNamespacesAreOff", in: folder)
      #expect(output.contains("1 test in 1 suite passed"))
    }
  }

  @Test(.enabled("runs in the process of the test above") { Self.isInner })
  func userNamespacesAreOff() async throws {
    guard case .unavailable(let reason, let remedy) = await NamespaceBackend().probe() else {
      Issue.record("the probe sees nothing amiss")
      return
    }
    #expect(reason.contains("user namespaces are switched off"))
    #expect(remedy == "sudo sysctl -w user.max_user_namespaces=15000")
    // Who names the mode is not probed first, and told the same.
    try await withTemporaryFolder { folder in
      let backend = try await BackendCatalog([NamespaceBackend()]).backend(for: .namespace)
      await #expect {
        _ = try await backend.create(LabFixture.plan(["alice"], in: folder))
      } throws: {
        guard let error = $0 as? LabError else { return false }
        return error.code == .unavailable && error.hint == remedy && error.message.contains(reason)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}
