import Glibc

/// A lock of flock(2) on a file or on a folder itself, which keeps other processes of pilab away. The kernel lets go of it
/// when its holder dies, however it dies.
public struct FileLock: ~Copyable, Sendable {
  /// What is locked.
  public enum Place: Sendable {
    /// Made where it is not there, for its owner alone. One that may only be read can be locked all the same.
    case file(String)
    /// Needs no file more.
    case folder(String)

    /// Where it lies.
    public var path: String {
      switch self {
      case .file(let path), .folder(let path): path
      }
    }
  }

  /// With whom a lock can be held.
  public enum Kind: Sendable {
    /// With others that share it.
    case shared
    case exclusive

    fileprivate var operation: Int32 { self == .shared ? LOCK_SH : LOCK_EX }
  }

  private static let shortestPause = Duration.milliseconds(1)
  private static let longestPause = Duration.milliseconds(20)

  private let descriptor: Int32

  /// Tells in a file who holds it: a courtesy to whoever waits. On a disk that is full nobody is named, and the lock
  /// holds all the same.
  public func sign(_ text: String) {
    guard ftruncate(descriptor, 0) == 0 else { return }
    _ = pwrite(descriptor, text, text.utf8.count, 0)
  }

  deinit { close(descriptor) }

  /// The lock, or nil where another holds it.
  /// - Throws: what the system says where there can be no lock: no such folder, no permission, no locks on that file system.
  public static func attempt(
    _ place: Place, _ kind: Kind = .exclusive
  ) throws(SystemError) -> FileLock? {
    // Its holder may remove the file before it lets go; then the next one is waited for.
    while true {
      let descriptor = try open(place)
      guard flock(descriptor, kind.operation | LOCK_NB) == 0 else {
        let error = SystemError.last
        close(descriptor)
        if error.number == EINTR { continue }
        guard error.number == EWOULDBLOCK else { throw error }
        return nil
      }
      if isAt(place.path, descriptor) { return FileLock(descriptor: descriptor) }
      close(descriptor)
    }
  }

  /// The lock, waited for by this thread.
  /// - Throws: as `attempt`; EWOULDBLOCK where it does not come in time.
  public static func wait(
    for place: Place, _ kind: Kind = .exclusive, timeout: Duration
  ) throws(SystemError) -> FileLock {
    let deadline = ContinuousClock.now + timeout
    var pause = shortestPause
    while true {
      if let lock = try attempt(place, kind) { return lock }
      guard ContinuousClock.now < deadline else { throw SystemError(number: EWOULDBLOCK) }
      usleep(UInt32(pause / .microseconds(1)))
      pause = min(pause * 2, longestPause)
    }
  }

  /// The lock, waited for without holding a thread, until `timeout` where there is one.
  /// - Parameter whenHeld: is called once, where another holds it now.
  /// - Throws: as `attempt`; EWOULDBLOCK where it does not come in time; `CancellationError`.
  public static func acquire(
    _ place: Place, _ kind: Kind = .exclusive, timeout: Duration? = nil,
    whenHeld: @Sendable () -> Void = {}
  ) async throws -> FileLock {
    let deadline = timeout.map { ContinuousClock.now + $0 }
    var pause = shortestPause
    if let lock = try attempt(place, kind) { return lock }
    whenHeld()
    while true {
      try await Task.sleep(for: pause)
      if let lock = try attempt(place, kind) { return lock }
      if let deadline, ContinuousClock.now >= deadline { throw SystemError(number: EWOULDBLOCK) }
      pause = min(pause * 2, longestPause)
    }
  }

  /// Whether a process holds an exclusive lock on the file now. Changes nothing, but to look takes a shared lock for an
  /// instant. False where there is no such file.
  public static func isHeld(_ file: String) -> Bool {
    let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  private static func open(_ place: Place) throws(SystemError) -> Int32 {
    var descriptor: Int32
    switch place {
    case .folder(let path):
      descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    case .file(let path):
      let flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
      descriptor = Glibc.open(path, O_RDWR | O_CREAT | flags, 0o600)
      if descriptor < 0, errno == EROFS { descriptor = Glibc.open(path, O_RDONLY | flags) }
    }
    guard descriptor >= 0 else { throw .last }
    return descriptor
  }

  private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }
}
