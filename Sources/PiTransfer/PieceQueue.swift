import Glibc
import PiExchange

/// Memory of one piece on its way through a pipeline.
///
/// Sendable unchecked: a piece is in one place at a time, a queue or the hands of one thread.
final class Piece: @unchecked Sendable {
  let buffer: UnsafeMutableRawBufferPointer
  var count = 0
  var isLast = false

  init() {
    // Page-aligned for the kernel's copies.
    buffer = .allocate(byteCount: ImageLayout.pieceCapacity, alignment: 4096)
  }

  deinit { buffer.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
}

/// Hands pieces from one thread to another, in order; a full pipeline blocks its producer because only so many
/// pieces exist.
///
/// Sendable unchecked: `pieces` and `isClosed` are touched under the mutex only.
final class PieceQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var pieces: [Piece] = []
  private var isClosed = false

  init(_ pieces: [Piece] = []) {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    self.pieces = pieces
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  func push(_ piece: Piece) {
    pthread_mutex_lock(mutex)
    pieces.append(piece)
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(changed)
  }

  /// Waits for a piece; nil once the queue is closed and empty.
  func pop() -> Piece? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while pieces.isEmpty {
      if isClosed { return nil }
      pthread_cond_wait(changed, mutex)
    }
    return pieces.removeFirst()
  }

  /// No more pieces come; those that are in are still handed out, unless they are to be discarded.
  func close(discarding: Bool = false) {
    pthread_mutex_lock(mutex)
    isClosed = true
    if discarding { pieces.removeAll() }
    pthread_mutex_unlock(mutex)
    pthread_cond_broadcast(changed)
  }
}
