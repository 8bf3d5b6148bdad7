import BoardProgram
import Glibc

exit(BoardProgram.runReceiver())
