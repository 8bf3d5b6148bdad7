import BoardProgram
import Glibc

exit(BoardProgram.runReceiver(Array(CommandLine.arguments.dropFirst())))
