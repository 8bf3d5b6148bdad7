// Where each program begins: the linker makes one of these its `main`.

@c(pi_sender) public func senderMain() -> Int32 { BoardProgram.runSender() }

@c(pi_receiver) public func receiverMain() -> Int32 { BoardProgram.runReceiver() }

@c(pi_interceptor) public func interceptorMain() -> Int32 { BoardProgram.runInterceptor() }
