import LabManifest
import Synchronization

/// A value that is changed by one at a time and read from anywhere; a class, so that copies of its holder share it.
final class SharedValue<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  var value: Value { mutex.withLock { $0 } }

  func update(_ change: (inout Value) -> Void) { mutex.withLock { change(&$0) } }
}
