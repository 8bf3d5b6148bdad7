// hold POINT PROGRAM [ARGUMENT]...: runs the program up to a system call, says so, and keeps it there for ever.
//
// Points: write (the first of 64 KiB or more), fsync, rename (each when it is entered), renamed (when it has returned).
// Whoever pulls the plug then knows what had been done and what had not. Linux on x86-64; ptrace(2).
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int is_rename(long long number) {
  return number == SYS_rename || number == SYS_renameat || number == SYS_renameat2;
}

static int is_there(const char *point, long long number, unsigned long long third, int returns) {
  if (strcmp(point, "write") == 0) return !returns && number == SYS_write && third >= 65536;
  if (strcmp(point, "fsync") == 0) return !returns && (number == SYS_fsync || number == SYS_fdatasync);
  if (strcmp(point, "rename") == 0) return !returns && is_rename(number);
  return returns && is_rename(number);
}

int main(int count, char **words) {
  if (count < 3) {
    fprintf(stderr, "usage: hold write|fsync|rename|renamed PROGRAM [ARGUMENT]...\n");
    return 64;
  }
  pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(words[2], words + 2);
    perror(words[2]);
    _exit(127);
  }
  int status;
  if (child < 0 || waitpid(child, &status, 0) < 0) return 70;
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SETOPTIONS, child, 0, options) != 0 || ptrace(PTRACE_SYSCALL, child, 0, 0) != 0) {
    perror("ptrace");
    return 70;
  }
  pid_t thread;
  while ((thread = waitpid(-1, &status, __WALL)) > 0) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (thread == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      struct user_regs_struct registers;
      if (ptrace(PTRACE_GETREGS, thread, 0, &registers) == 0) {
        // On entry the kernel has put -ENOSYS where the result will be.
        int returns = (long long)registers.rax != -ENOSYS;
        if (is_there(words[1], (long long)registers.orig_rax, registers.rdx, returns)) {
          printf("held at %s\n", words[1]);
          fflush(stdout);
          for (;;) pause();
        }
      }
      signal = 0;
    } else if (signal == SIGTRAP || signal == SIGSTOP) {
      signal = 0;
    }
    ptrace(PTRACE_SYSCALL, thread, 0, signal);
  }
  return 70;
}
