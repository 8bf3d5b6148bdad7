import Foundation
import HostKit
import LabCore
import PiCrypto

/// Makes the files of an image from unpacked packages.
struct ImageAssembly: Sendable {
  /// Holds `packages`; `image` gets the result.
  let work: String
  let tool: Tool
  let progress: @Sendable (ImageProgress) -> Void

  private var output: String { "\(work)/image" }

  func assemble(
    _ list: PackageList, digest: String
  ) async throws(LabError) -> BoardImage {
    progress(.assembling)
    var root = RootBuilder(packages: "\(work)/packages", tool: tool)
    let version = try root.kernelVersion()
    let archive = try await root.archive()
    try copy("\(work)/packages/boot/vmlinuz-\(version)", to: "\(output)/\(BoardImage.names.kernel)")
    try await compress(archive)
    progress(.makingISO)
    for kind in BoardImage.Disc.allCases { try await makeISO(kind) }
    return BoardImage(
      digest: digest, kernelVersion: version,
      packages: list.packages.map {
        .init(name: $0.name, version: $0.version, sha256: $0.sha256)
      },
      files: try contents())
  }

  /// zstd: the kernel unpacks it in a quarter of the time that xz takes, into less memory. Level 19 would save a
  /// megabyte of 22 and take ten seconds more; docs/boards.md has the figures.
  private func compress(_ archive: [UInt8]) async throws(LabError) {
    progress(.compressing(bytes: UInt64(archive.count)))
    let plain = "\(work)/root.cpio"
    try CacheFile.write(plain) { file throws(SystemFault) in try file.write(archive) }
    try await tool.build(
      ["zstd", "-q", "-12", "--single-thread", plain, "-o", "root.zst"], in: work)
    var bytes = try RootBuilder.read("\(work)/root.zst")
    // The kernel looks for the archive that follows at multiples of four.
    bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    try CacheFile.write("\(output)/\(BoardImage.names.initramfs)", permissions: 0o644) {
      file throws(SystemFault) in
      try file.write(bytes)
    }
  }

  private func makeISO(_ kind: BoardImage.Disc) async throws(LabError) {
    let tree = "\(work)/\(kind.file).tree"
    guard mkdir(tree, 0o755) == 0, mkdir("\(tree)/isolinux", 0o755) == 0 else {
      throw CacheFile.failure(tree)
    }
    try copy("\(output)/\(BoardImage.names.kernel)", to: "\(tree)/\(BoardImage.names.kernel)")
    let initramfs =
      kind == .compressed ? "\(output)/\(BoardImage.names.initramfs)" : "\(work)/root.cpio"
    try copy(initramfs, to: "\(tree)/\(BoardImage.names.initramfs)")
    let boot = "\(work)/packages/usr/lib"
    try copy("\(boot)/ISOLINUX/isolinux.bin", to: "\(tree)/isolinux/isolinux.bin")
    try copy("\(boot)/syslinux/modules/bios/ldlinux.c32", to: "\(tree)/isolinux/ldlinux.c32")
    try CacheFile.write("\(tree)/isolinux/isolinux.cfg") { file throws(SystemFault) in
      try file.write(Array(Recipe.bootConfiguration(kind).utf8))
    }
    try setTimes(tree)
    try await tool.build(
      [
        "xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "PILAB_BOARD",
        "--set_all_file_dates", "set_to_mtime", "-o", "\(output)/\(kind.file)",
        "-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot",
        "-boot-load-size", "4", "-boot-info-table",
        "-isohybrid-mbr", "\(boot)/ISOLINUX/isohdpfx.bin", tree,
      ], in: work, environment: ["SOURCE_DATE_EPOCH": "\(Archive.time)"])
  }

  /// The ISO shows the files' times, which must not be those of the build.
  private func setTimes(_ tree: String) throws(LabError) {
    let inside = FileManager.default.enumerator(atPath: tree)
    var paths = [tree]
    while let name = inside?.nextObject() as? String { paths.append("\(tree)/\(name)") }
    let time = timespec(tv_sec: Int(Archive.time), tv_nsec: 0)
    for path in paths {
      guard utimensat(AT_FDCWD, path, [time, time], 0) == 0 else { throw CacheFile.failure(path) }
    }
  }

  private func copy(_ source: String, to destination: String) throws(LabError) {
    try CacheFile.write(destination, permissions: 0o644) { file throws(SystemFault) in
      try file.write(contentsOf: source)
    }
  }

  private func contents() throws(LabError) -> [String: BoardImage.Contents] {
    var contents: [String: BoardImage.Contents] = [:]
    for name in BoardImage.fileNames {
      let bytes = try RootBuilder.read("\(output)/\(name)")
      contents[name] = .init(sha256: Hex.encode(SHA256.digest(bytes)), bytes: UInt64(bytes.count))
    }
    return contents
  }
}
