import CFuzzer
import Glibc

// pilab-fuzz TARGET [libFuzzer's arguments]: one program for all targets, so that the sources are instrumented and
// linked once. libFuzzer calls back by a C function that captures nothing, hence the global that is set once.

let targets: [String: (UnsafeRawBufferPointer) -> Void] = [
  "frames": ExchangeTargets.frames,
  "sender": ExchangeTargets.sender,
  "receiver": ExchangeTargets.receiver,
  "transfer": ExchangeTargets.transfer,
  "manifest": LabTargets.manifest,
  "capture": LabTargets.capture,
  "picture": LabTargets.picture,
  "pixels": LabTargets.picture,
  "virtualbox": LabTargets.virtualBox,
  "trace": LabTargets.trace,
  "state": LabTargets.state,
  "journal": LabTargets.journal,
  "programs": LabTargets.programs,
]

guard CommandLine.arguments.count > 1, let chosen = targets[CommandLine.arguments[1]] else {
  for name in targets.keys.sorted() { print(name) }
  exit(CommandLine.arguments.count > 1 ? 64 : 0)
}
nonisolated(unsafe) let target = chosen

var arguments: [UnsafeMutablePointer<CChar>?] =
  ([CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)).map { strdup($0) } + [nil]
var count = Int32(arguments.count - 1)
let status = arguments.withUnsafeMutableBufferPointer { buffer in
  var pointer = buffer.baseAddress
  return LLVMFuzzerRunDriver(&count, &pointer) { data, size in
    target(UnsafeRawBufferPointer(start: data, count: size))
    return 0
  }
}
exit(status)
