import BoardProgram
import Glibc

exit(BoardProgram.runSender(Array(CommandLine.arguments.dropFirst())))
