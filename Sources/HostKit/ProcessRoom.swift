import CHostKit
import Glibc

/// Whether this process may have what it is going to need, tried before anything is begun.
///
/// Dispatch, on which Swift's tasks run, waits for ever where the kernel refuses it a thread, and libraries count on
/// theirs. What is tried out at the start cannot be refused half-way through a run.
public enum ProcessRoom {
  /// Threads of pilab and its libraries beside one for each processor.
  private static let fixedThreads = 12
  /// Processors of which Dispatch uses at most so many at once here.
  private static let mostProcessors = 64
  private static let files: UInt64 = 64
  /// Address space for what is read and made, beside the threads' stacks.
  private static let heap = 128 << 20
  static let smallestStack: UInt64 = 1 << 20
  private static let usualStack: UInt64 = 8 << 20

  /// What falls short.
  public struct Shortage: Error, Sendable, Equatable {
    public var message: String
    public var hint: String
    public var cause: String?

    /// - Parameters:
    ///   - message: which limit, and how much is needed.
    ///   - hint: how to raise it.
    ///   - cause: the system's own words.
    public init(message: String, hint: String, cause: String? = nil) {
      self.message = message
      self.hint = hint
      self.cause = cause
    }
  }

  /// Before the process has a second thread. Takes what its limits allow.
  public static func prepare() {
    _ = Limit.openFiles.raise(to: files)
    _ = Limit.stack.raise(to: usualStack) || Limit.stack.raise(to: smallestStack)
    let isTight = Limit.isSet(.addressSpace)
    if isTight { chostkit_share_heap() }
    // The C library has taken it from the limit of the main thread's stack, which may be anything.
    _ = chostkit_set_stack(Int(isTight ? smallestStack : usualStack))
  }

  /// - Throws: what falls short, with how to raise it.
  public static func check() throws(Shortage) {
    if let soft = Limit.openFiles.value.soft, soft < files {
      throw Shortage(
        message: "pilab may open only \(soft) files at once, and needs \(files)",
        hint: "raise the limit: ulimit -n 1024")
    }
    if let soft = Limit.stack.value.soft, soft < smallestStack {
      throw Shortage(
        message:
          "pilab may have a stack of only \(soft >> 10) KiB, and needs \(smallestStack >> 10)",
        hint: "raise the limit: ulimit -s 8192")
    }
    let processors = min(mostProcessors, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    try checkThreads(fixedThreads + processors)
    try checkMemory()
  }

  private static func checkMemory() throws(Shortage) {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let place = mmap(nil, heap, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard place != MAP_FAILED else {
      let number = errno
      throw Shortage(
        message: "pilab may not have the memory that it needs",
        hint: SystemFault(number, .start).hint ?? "see: ulimit -v, free -h",
        cause: SystemError(number: number).description)
    }
    munmap(place, heap)
  }

  /// Whether the kernel gives this process a thread more now.
  public static var hasThread: Bool {
    do throws(Shortage) { try checkThreads(1) } catch { return false }
    return true
  }

  private static func checkThreads(_ wanted: Int) throws(Shortage) {
    let gate = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    sem_init(gate, 0, 0)
    var threads: [pthread_t] = []
    var failure: Int32 = 0
    for _ in 0..<wanted where failure == 0 {
      var thread = pthread_t()
      failure = pthread_create(
        &thread, nil,
        { gate in
          while let gate, sem_wait(gate.assumingMemoryBound(to: sem_t.self)) != 0, errno == EINTR {}
          return nil
        }, gate)
      if failure == 0 { threads.append(thread) }
    }
    for _ in threads { sem_post(gate) }
    for thread in threads { pthread_join(thread, nil) }
    sem_destroy(gate)
    gate.deallocate()
    guard failure != 0 else { return }
    throw Shortage(
      message: "pilab needs \(wanted) threads, and may have only \(threads.count)",
      hint: threadHint, cause: SystemError(number: failure).description)
  }

  private static var threadHint: String {
    if let bytes = Limit.addressSpace.value.soft {
      return "raise the limit of its address space, \(bytes >> 10) KiB now: ulimit -v unlimited"
    }
    if let count = Limit.processes.value.soft {
      return "raise the limit of this user's processes and threads, \(count) now: ulimit -u 4096; "
        + "or see pids.max of the control group"
    }
    return "see: pids.max of the control group, sysctl kernel.threads-max"
  }
}
