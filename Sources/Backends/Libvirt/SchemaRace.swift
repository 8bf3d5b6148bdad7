import Foundation

/// libxml2 makes the types of its schemas at their first use: a thread that comes while another one of the daemon makes them
/// finds only some, and is told that libvirt's own schema cannot be parsed. A moment later all are there.
enum SchemaRace {
  private static let attempts = 5
  private static let pause: TimeInterval = 0.2

  /// Does what has a description checked against a schema.
  static func overcome<Value>(
    pause: TimeInterval = pause, _ body: () throws(LibvirtError) -> Value
  ) throws(LibvirtError) -> Value {
    for _ in 1..<attempts {
      do throws(LibvirtError) { return try body() } catch {
        guard isTold(by: error) else { throw error }
        Thread.sleep(forTimeInterval: pause)
      }
    }
    return try body()
  }

  private static func isTold(by error: LibvirtError) -> Bool {
    error.description.contains("Unable to parse RNG")
  }
}
