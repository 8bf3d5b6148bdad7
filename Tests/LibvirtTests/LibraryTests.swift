import Foundation
import LabTestSupport
import LabValues
import Testing

@testable import LabCore
@testable import Libvirt

/// libvirt's library where it is, where it is not, and where it is another.
struct LibraryTests {
  private static let missing = LibvirtLibrary(file: "/nowhere/libvirt.so.0")
  /// It is everywhere, and no libvirt.
  private static let another = LibvirtLibrary(file: "libm.so.6")

  private static func backend(_ library: LibvirtLibrary) -> LibvirtBackend {
    LibvirtBackend(environment: ["LIBVIRT_DEFAULT_URI": TestDriver.uri], library: library)
  }

  @Test func manyLoadItAtOnce() async throws {
    try await withThrowingTaskGroup { group in
      for _ in 0..<32 { group.addTask { _ = try TestDriver.connection().capabilities() } }
      try await group.waitForAll()
    }
  }

  @Test func whereItIsMissingThePackagesAreNamed() throws {
    let error = try #require(throws: LabError.self) { try Self.missing.load() }
    #expect(error.code == .unavailable)
    #expect(error.hint?.hasPrefix("sudo apt-get install libvirt-daemon-system ") == true)
    #expect(error.description.hasPrefix("cannot load libvirt: /nowhere/libvirt.so.0: "))
  }

  @Test func whatIsNoLibraryIsNotLoaded() throws {
    let error = try #require(throws: LabError.self) {
      try LibvirtLibrary(file: #filePath).load()
    }
    #expect(error.cause?.contains("ELF") == true)
  }

  @Test func whereItIsTooOldTheFunctionIsNamed() throws {
    let error = try #require(throws: LabError.self) { try Self.another.load() }
    #expect(error.code == .unavailable)
    #expect(error.message == "libm.so.6 is too old: pilab needs libvirt 9 or later")
    #expect(error.cause?.hasPrefix("it has no vir") == true)
    #expect(error.hint?.contains("libvirt0") == true)
  }

  /// Nor does it depend on what another backend of the process has loaded.
  @Test(arguments: [missing, another])
  func theBackendCannotWorkWithoutIt(_ library: LibvirtLibrary) async throws {
    try LibvirtLibrary().load()
    let refusal = try #require(throws: LabError.self) { try library.load() }
    let expected = BackendProbe.unavailable(reason: "\(refusal)", remedy: refusal.hint)
    let backend = Self.backend(library)
    #expect(await backend.probe() == expected)
    #expect(await backend.precheck() == expected)
    let error = await #expect(throws: LabError.self) {
      _ = try await BackendCatalog([backend]).backend(for: .libvirt)
    }
    #expect(error?.code == .unavailable)
    #expect(error?.hint == refusal.hint)
  }

  @Test func automaticGoesOnToTheNext() async throws {
    let backend = Self.backend(Self.missing)
    let catalog = BackendCatalog([backend, FakeBackend()])
    #expect(try await catalog.backend(for: .auto).mode == .fake)
    let error = await #expect(throws: LabError.self) {
      _ = try await catalog.backend(for: .auto, withOwnKernels: true)
    }
    #expect(error?.message.contains("libvirt: cannot load libvirt: ") == true)
  }

  /// What is known of a lab stays known: its boards are broken, and `down` says what is missing.
  @Test func labsStayWhatTheyAre() async throws {
    let backend = Self.backend(Self.missing)
    let record = LabRecord(
      mode: .libvirt, lab: "lab", folder: "/nowhere",
      boards: [.init(name: "a", address: "10.0.0.1")],
      details: CarriedValue(
        LibvirtRecord(uri: TestDriver.uri, prefixLength: 24, session: nil)))
    let status = await backend.status(record)
    guard case .broken(let reason) = status.first?.state else {
      Issue.record("\(status)")
      return
    }
    #expect(reason.contains("cannot load libvirt"))
    let error = await #expect(throws: LabError.self) { try await backend.destroy(record) }
    #expect(error?.code == .unavailable)
  }
}
