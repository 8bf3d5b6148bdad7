import Foundation
import LabCore
import Testing

@testable import BootImage

@Suite struct ModuleTests {
  /// A module as the kernel's build makes it, as far as the image looks: ELF with a `.modinfo` section.
  static func module(_ fields: [String]) -> [UInt8] {
    let information: [UInt8] = fields.flatMap { field -> [UInt8] in Array(field.utf8) + [0] }
    let names = Array("\0.modinfo\0.shstrtab\0".utf8)
    func number(_ value: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    func header(_ name: Int, _ offset: Int, _ size: Int) -> [UInt8] {
      number(name, 4) + number(1, 4) + number(0, 16) + number(offset, 8) + number(size, 8)
        + number(0, 24)
    }
    let table = 64 + information.count + names.count
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + number(0, 33) + number(table, 8)
    bytes += number(0, 10) + number(64, 2) + number(3, 2) + number(2, 2)
    bytes += information + names + number(0, 64)
    bytes += header(1, 64, information.count)
    bytes += header(10, 64 + information.count, names.count)
    return bytes
  }

  private static func modules(
    _ graph: [String: [String]], wanted: [String]
  ) async throws -> (KernelModules, [String]) {
    var modules = KernelModules()
    let missing = try await modules.add(wanted) { name throws(LabError) in
      graph[name].map {
        ("kernel/\(name).ko", module(["depends=" + $0.joined(separator: ","), "alias=x-\(name)"]))
      }
    }
    return (modules, missing)
  }

  @Test func dependenciesFollowInTheOrderOfModulesDep() async throws {
    let (modules, missing) = try await Self.modules(
      ["net": ["virtio", "ring"], "virtio": ["ring"], "ring": [], "other": []],
      wanted: ["net", "absent"])
    #expect(missing == ["absent"])
    #expect(modules.modules.keys.sorted() == ["net", "ring", "virtio"])
    #expect(
      modules.dependencyTable == """
        kernel/net.ko: kernel/virtio.ko kernel/ring.ko
        kernel/ring.ko:
        kernel/virtio.ko: kernel/ring.ko

        """)
    #expect(modules.aliasTable == "alias x-net net\nalias x-ring ring\nalias x-virtio virtio\n")
  }

  @Test func dashesInNamesAreUnderscores() {
    #expect(KernelModules.name(ofPath: "kernel/drivers/virtio-rng.ko.xz") == "virtio_rng")
  }

  @Test func aCircleEnds() async throws {
    let (modules, _) = try await Self.modules(["a": ["b"], "b": ["a"]], wanted: ["a"])
    #expect(modules.dependencies(of: "a") == ["b"])
  }

  @Test func damagedFilesAreRefused() {
    let whole = Self.module(["depends=a,b"])
    #expect(ELFFile(whole)?.moduleInformation("depends") == ["a,b"])
    for count in 0..<whole.count { #expect(ELFFile(Array(whole.prefix(count))) == nil) }
    // Whatever a byte says, nothing outside the file is read.
    for index in whole.indices {
      for value: UInt8 in [0, 0x7f, 0xff] {
        var bytes = whole
        bytes[index] = value
        _ = ELFFile(bytes)?.moduleInformation("depends")
        _ = ELFFile(bytes)?.neededLibraries
      }
    }
  }

  @Test func librariesOfAProgramOfThisMachine() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "/bin/ls")))
    #expect(ELFFile(bytes)?.neededLibraries.contains("libc.so.6") == true)
  }
}
