import FuzzSupport

// By itself, because libFuzzer looks at every counter of a program after every input: with the lab's code inside, these
// targets would be many times slower.
runFuzzer([
  "frames": ExchangeTargets.frames,
  "sender": ExchangeTargets.sender,
  "receiver": ExchangeTargets.receiver,
  "transfer": ExchangeTargets.transfer,
  "stream": InterceptTargets.stream,
])
