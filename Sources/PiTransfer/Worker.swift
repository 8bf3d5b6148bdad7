import Glibc

/// A blocking thread. The pipeline's threads wait in system calls, which the cooperative pool is not made for.
package struct Worker: ~Copyable {
  private let thread: pthread_t

  package init(_ body: @escaping @Sendable () -> Void) { thread = Self.start(body) }

  package consuming func join() { pthread_join(thread, nil) }

  package static func detach(_ body: @escaping @Sendable () -> Void) { pthread_detach(start(body)) }

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Body(body)).toOpaque()
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, argument)
    guard result == 0 else { fatalError("pthread_create: \(systemMessage(result))") }
    return thread
  }
}
