import CFuzzer
import Glibc

public typealias FuzzTarget = (UnsafeRawBufferPointer) -> Void

/// libFuzzer calls back by a C function that captures nothing, hence the global that is set once.
nonisolated(unsafe) private var chosen: FuzzTarget = { _ in }

/// `PROGRAM TARGET [libFuzzer's arguments]`; without TARGET their names. Ends the process.
public func runFuzzer(_ targets: [String: FuzzTarget]) -> Never {
  let given = CommandLine.arguments
  guard given.count > 1, let target = targets[given[1]] else {
    for name in targets.keys.sorted() { print(name) }
    exit(given.count > 1 ? 64 : 0)
  }
  chosen = target
  var arguments = ([given[0]] + given.dropFirst(2)).map { strdup($0) } + [nil]
  var count = Int32(arguments.count - 1)
  let status = arguments.withUnsafeMutableBufferPointer { buffer in
    var pointer = buffer.baseAddress
    return LLVMFuzzerRunDriver(&count, &pointer) { data, size in
      chosen(UnsafeRawBufferPointer(start: data, count: size))
      return 0
    }
  }
  exit(status)
}
