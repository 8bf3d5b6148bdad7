import CProgramStart
import Glibc

/// What every program of pilab does before anything else.
public enum ProgramStart {
  /// The arguments without the program's name, from where the kernel put them: unlike `CommandLine.arguments` this
  /// needs no /proc.
  public static var arguments: [String] {
    rawArguments.dropFirst().map { String(cString: $0) }
  }

  /// The arguments' own memory, the program's name first.
  public static var rawArguments: [UnsafeMutablePointer<CChar>] {
    guard let start = pilab_arguments() else { return [] }
    return (0..<Int(pilab_argument_count())).compactMap { start[$0] }
  }

  /// Nobody has given this process a standard input. Written once, while there is but one thread.
  public nonisolated(unsafe) private(set) static var inputWasClosed = false

  /// Opens /dev/null on those of the descriptors 0 to 2 that are closed: the next file opened would get the number,
  /// and what is meant for standard output or standard error would be written into it.
  public static func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where isClosed(descriptor) {
      if descriptor == STDIN_FILENO { inputWasClosed = true }
      let mode = descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY
      // The lowest free number is this one: those below are open by now.
      if open("/dev/null", mode) >= 0 { continue }
      // Without /dev any place will do that can be neither read nor written.
      _ = open("/", __O_PATH | O_DIRECTORY)
    }
  }

  private static func isClosed(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) != 0 && errno == EBADF
  }

  /// Keeps core files, ptrace(2) and /proc/PID/mem from other processes of this user. Kernels that refuse it are
  /// not known.
  public static func forbidDumps() { _ = pilab_forbid_dumps() }

  /// Whether something is mounted there, be it a file at a file. A link is not followed.
  public static func isMountPoint(_ path: String) -> Bool { pilab_is_mount_point(path) != 0 }

  /// Whether even root may not replace the file or rename what is in the folder: `chattr +i` and `+a`.
  public static func isUnchangeable(_ path: String) -> Bool { pilab_is_unchangeable(path) != 0 }

  /// Calls `take` with each value of `--name VALUE` and `--name=VALUE` and then overwrites it where it stands, so that
  /// neither the process list nor this process's memory shows it any longer.
  public static func takeValues(of name: String, _ take: (UnsafeRawBufferPointer) -> Void) {
    let option = "--" + name
    var isNext = false
    for word in rawArguments.dropFirst() {
      let text = UnsafeMutableRawBufferPointer(start: word, count: strlen(word))
      if isNext {
        consume(text, take)
        isNext = false
      } else if text.elementsEqual(option.utf8) {
        isNext = true
      } else if text.starts(with: (option + "=").utf8) {
        consume(UnsafeMutableRawBufferPointer(rebasing: text[(option.utf8.count + 1)...]), take)
      }
    }
  }

  private static func consume(
    _ text: UnsafeMutableRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void
  ) {
    take(UnsafeRawBufferPointer(text))
    for index in text.indices { text[index] = UInt8(ascii: "*") }
  }
}
