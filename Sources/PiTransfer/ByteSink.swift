import PiCrypto
import PiExchange

/// What becomes of bytes that pass by: hashed and stored, each where it is asked for.
package struct ByteSink: ~Copyable {
  private var hash: SHA256?
  private var store: AtomicFile?
  private(set) var times = StepTimes()

  package init(hashes: Bool, store: consuming AtomicFile?) {
    hash = hashes ? SHA256() : nil
    self.store = store
  }

  package mutating func take(_ bytes: UnsafeRawBufferPointer) throws(ExchangeError) {
    var mark = Monotonic.now
    if hash != nil {
      hash?.update(bytes)
      mark = times.lap(.hash, since: mark)
    }
    if store != nil {
      try store?.write(bytes)
      times.lap(.store, since: mark)
    }
  }

  /// SHA-256 of everything; nil where it was not asked for. Once.
  package mutating func digest() -> [UInt8]? { hash.take()?.finalize() }

  /// All that can fail of `publish` but the renaming itself.
  package mutating func prepare() throws(ExchangeError) {
    let mark = Monotonic.now
    guard store != nil else { return }
    try store?.prepare()
    times.lap(.store, since: mark)
  }

  /// The file gets its name.
  package mutating func publish() throws(ExchangeError) {
    let mark = Monotonic.now
    guard store != nil else { return }
    try store?.publish()
    times.lap(.store, since: mark)
  }

  /// Takes back a file that was published, where another that belongs to it was not.
  mutating func withdraw() { store?.withdraw() }
}
