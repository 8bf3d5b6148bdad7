import Testing

@testable import LabBackends

@Suite struct ProbeTests {
  @Test func guestUnderTheTranslatorAnswers() async throws {
    let host = try await LibvirtHost.open("qemu:///system")
    #expect(host.isPrivileged)
    let clock = ContinuousClock()
    let time = await clock.measure {
      #expect(await KVMProbe(host: host, patience: .seconds(20)).run(.tcg) == .answers)
    }
    print("tcg", time)
    print("kvm", await clock.measure { print(await KVMProbe(host: host).run(.kvm)) })
  }
}
