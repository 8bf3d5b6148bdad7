import Glibc
import PiCrypto
import PiExchange
import PiTransfer
import ProgramStart

/// What both programs have in common: one JSON object on standard output, events on standard error, an exit code.
public enum BoardProgram {
  /// pi-sender; returns its exit code.
  public static func runSender() -> Int32 {
    run(
      "pi-sender", help: Help.sender,
      valued: ["listen", "image", "store-encrypted", "rate", "attempts"]
    ) { arguments, cancellation, onEvent throws(ExchangeError) in
      try Sender.run(SenderOptions(arguments), cancellation: cancellation, onEvent: onEvent)
    }
  }

  /// pi-receiver; returns its exit code.
  public static func runReceiver() -> Int32 {
    run(
      "pi-receiver", help: Help.receiver,
      valued: ["connect", "store-encrypted", "store-decrypted", "max-bytes"]
    ) { arguments, cancellation, onEvent throws(ExchangeError) in
      try Receiver.run(ReceiverOptions(arguments), cancellation: cancellation, onEvent: onEvent)
    }
  }

  private static func run(
    _ program: String, help: String, valued: Set<String>,
    body: (Arguments, Cancellation, @escaping EventHandler) throws(ExchangeError) -> TransferResult
  ) -> Int32 {
    ProgramStart.occupyStandardDescriptors()
    Crash.report(as: program)
    let privateExponent = protectSecrets()
    let arguments = ProgramStart.arguments
    if arguments.contains("--help") || arguments.contains("-h") {
      Output.line(help, to: STDOUT_FILENO)
      return 0
    }
    if arguments.contains("--version") {
      Output.line("\(program) \(pilabVersion)", to: STDOUT_FILENO)
      return 0
    }
    let cancellation = Cancellation()
    cancellation.handleSignals()
    do throws(ExchangeError) {
      var arguments = try Arguments(
        arguments, valued: valued.union(CommonOptions.valuedOptions), flags: CommonOptions.flags)
      arguments.privateExponent = privateExponent
      let showsEvents = arguments.has("events")
      let result = try body(arguments, cancellation) { event in
        if showsEvents { Output.line(event.json.text, to: STDERR_FILENO) }
      }
      Output.line(result.json(program: program).text, to: STDOUT_FILENO)
      return 0
    } catch {
      Output.line(error.json(program: program).text, to: STDOUT_FILENO)
      return error.code.exitCode
    }
  }

  /// Before anything that handles a secret. Takes the private exponent out of the arguments' memory, where any user
  /// can read it.
  private static func protectSecrets() -> FixedExponent? {
    SecretMemory.prepare()
    forbidDumps()
    var exponent: FixedExponent?
    ProgramStart.takeValues(of: "private-exponent") { digits in
      exponent = exponent ?? FixedExponent(digits)
    }
    return exponent
  }

  /// A core file would hold keys, and so would this process's memory for another process of the same user.
  private static func forbidDumps() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_CORE.rawValue)), &none)
    ProgramStart.forbidDumps()
  }
}

extension SenderOptions {
  init(_ arguments: Arguments) throws(ExchangeError) {
    let common = try CommonOptions(arguments, role: .sender, connectTimeout: .seconds(60))
    self.init(
      common: common,
      listen: try arguments.required("listen", "an address such as 127.0.0.1:7400") {
        SocketAddress($0)
      },
      image: try arguments.required("image"))
    storeEncrypted = arguments.optional("store-encrypted")
    attempts = try arguments.optional("attempts", "a number from 1 on") { text in
      Int(text).flatMap { $0 > 0 ? $0 : nil }
    }
    bytesPerSecond = try arguments.optional("rate", "a rate such as 100mbit", Units.rate)
  }
}

extension ReceiverOptions {
  init(_ arguments: Arguments) throws(ExchangeError) {
    let common = try CommonOptions(arguments, role: .receiver, connectTimeout: .seconds(10))
    self.init(
      common: common,
      connect: try arguments.required("connect", "an address such as 127.0.0.1:7400") {
        SocketAddress($0)
      })
    storeEncrypted = arguments.optional("store-encrypted")
    storeDecrypted = arguments.optional("store-decrypted")
    let limit = try arguments.optional("max-bytes", "a size such as 1GiB", Units.bytes)
    maximumBytes = limit ?? maximumBytes
  }
}
