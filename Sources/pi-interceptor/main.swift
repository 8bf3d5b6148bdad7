import BoardProgram
import Glibc

exit(BoardProgram.runInterceptor())
