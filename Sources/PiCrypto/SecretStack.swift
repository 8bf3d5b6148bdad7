import COpenSSL
import Glibc

/// Runs `body` on a stack of its own, which is overwritten when `body` has returned or thrown.
///
/// Arithmetic, hashes and ciphers leave intermediate values on the stack and in spilled registers; nothing but
/// overwriting the whole stack finds them all. What `body` returns must not hold secrets but by reference, as
/// `SecretBytes` does.
public func onWipedStack<Result: ~Copyable, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  var outcome: Outcome<Result, Failure>?
  SecretStack.run {
    do throws(Failure) {
      outcome = .some(.success(try body()))
    } catch {
      outcome = .some(.failure(error))
    }
  }
  switch outcome.take() {
  case .success(let result): return result
  case .failure(let error): throw error
  case nil: InternalFailure.stop("a thread ended without a result")
  }
}

private enum Outcome<Value: ~Copyable, Failure: Error>: ~Copyable {
  case success(Value)
  case failure(Failure)
}

private enum SecretStack {
  /// Enough for exponentiation modulo 8192 bits: GMP puts blocks of up to 64 KiB on the stack.
  private static let byteCount = 256 * 1024

  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  static func run(_ body: () -> Void) {
    let guardSize = Int(getpagesize())
    let size = guardSize + byteCount
    guard
      let base = mmap(
        nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      base != MAP_FAILED
    else { InternalFailure.stop("no memory for a stack") }
    let stack = base + guardSize
    // The lowest page: an overflow must fault and not run into other memory.
    mprotect(base, guardSize, PROT_NONE)
    // As far as the limits allow, see docs/security.md.
    mlock(stack, byteCount)
    withoutActuallyEscaping(body) { body in join(start(Body(body), on: stack)) }
    OPENSSL_cleanse(stack, byteCount)
    munmap(base, size)
  }

  private static func start(_ body: Body, on stack: UnsafeMutableRawPointer) -> pthread_t {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstack(&attributes, stack, byteCount)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(body).toOpaque()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, argument)
    guard result == 0 else { InternalFailure.stop("pthread_create: error \(result)") }
    return thread
  }

  private static func join(_ thread: pthread_t) { pthread_join(thread, nil) }
}
