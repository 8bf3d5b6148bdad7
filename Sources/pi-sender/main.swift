import BoardProgram
import Glibc

exit(BoardProgram.runSender())
