import Glibc
import PiCrypto
import PiExchange
import PiIntercept
import PiTransfer
import ProgramStart

/// What the programs have in common: one JSON object on standard output, events on standard error, an exit code.
public enum BoardProgram {
  /// pi-sender; returns its exit code.
  public static func runSender() -> Int32 {
    run(
      "pi-sender", help: Help.sender,
      valued: ["listen", "image", "store-encrypted", "rate", "attempts"]
    ) { arguments, cancellation throws(ExchangeError) in
      try Sender.run(
        SenderOptions(arguments), cancellation: cancellation, onEvent: arguments.printer()
      ).json(program: "pi-sender")
    }
  }

  /// pi-receiver; returns its exit code.
  public static func runReceiver() -> Int32 {
    run(
      "pi-receiver", help: Help.receiver,
      valued: ["connect", "store-encrypted", "store-decrypted", "max-bytes"]
    ) { arguments, cancellation throws(ExchangeError) in
      try Receiver.run(
        ReceiverOptions(arguments), cancellation: cancellation, onEvent: arguments.printer()
      ).json(program: "pi-receiver")
    }
  }

  /// pi-interceptor; returns its exit code.
  public static func runInterceptor() -> Int32 {
    run(
      "pi-interceptor", help: Help.interceptor, options: InterceptorOptions.valuedOptions,
      repeated: ["fault"]
    ) { arguments, cancellation throws(ExchangeError) in
      let showsEvents = arguments.has("events")
      return try Interceptor.run(InterceptorOptions(arguments), cancellation: cancellation) {
        if showsEvents { Output.line($0.json.text, to: STDERR_FILENO) }
      }.json
    }
  }

  /// A program of one of the two sides.
  private static func run(
    _ program: String, help: String, valued: Set<String>,
    body: (Arguments, Cancellation) throws(ExchangeError) -> JSON
  ) -> Int32 {
    run(
      program, help: help, options: valued.union(CommonOptions.valuedOptions), repeated: [],
      body: body)
  }

  private static func run(
    _ program: String, help: String, options: Set<String>, repeated: Set<String>,
    body: (Arguments, Cancellation) throws(ExchangeError) -> JSON
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
        arguments, valued: options, flags: CommonOptions.flags, repeated: repeated)
      arguments.privateExponent = privateExponent
      Output.line(try body(arguments, cancellation).text, to: STDOUT_FILENO)
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

extension Arguments {
  /// Prints what happens, where that is asked for.
  fileprivate func printer() -> EventHandler {
    let showsEvents = has("events")
    return { event in if showsEvents { Output.line(event.json.text, to: STDERR_FILENO) } }
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
    attempts = try arguments.optional("attempts", "a number of 1 or more") { text in
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
