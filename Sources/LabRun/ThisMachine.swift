import Foundation
import LabResults

extension RunEnvironment {
  /// The machine that pilab runs on.
  public static func current() -> RunEnvironment {
    RunEnvironment(
      operatingSystem: value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")
        ?? "unknown Linux",
      kernel: kernel(),
      processor: value(of: "model name", in: "/proc/cpuinfo", separator: ":")
        ?? "unknown processor",
      processors: ProcessInfo.processInfo.activeProcessorCount,
      memoryBytes: ProcessInfo.processInfo.physicalMemory)
  }

  private static func kernel() -> String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    return withUnsafeBytes(of: name.release) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The first `key separator value` of a text file; nil where the file or the key is not there.
  private static func value(of key: String, in path: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: separator, maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { continue }
      return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
    }
    return nil
  }
}

/// Room on the file system that a path lies on, or would lie on.
public enum DiskSpace {
  /// Bytes that this user may still write; nil where the system does not say.
  public static func available(at path: String) -> UInt64? {
    var url = URL(fileURLWithPath: path)
    while !FileManager.default.fileExists(atPath: url.path), url.path != "/" {
      url.deleteLastPathComponent()
    }
    var status = statvfs()
    // A file system without blocks, as ramfs, tells no size and has no limit.
    guard statvfs(url.path, &status) == 0, status.f_blocks > 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
