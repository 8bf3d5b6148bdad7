#define _GNU_SOURCE
#include "CProgramStart.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int count;
static char **arguments;

// glibc and musl's dynamic loader hand main's arguments to constructors, too. Swift's own CommandLine reads
// /proc/self/cmdline and aborts where /proc is not mounted.
__attribute__((constructor)) static void keep_arguments(int argc, char **argv, char **envp) {
  (void)envp;
  count = argc;
  arguments = argv;
}

// Swift's runtime looks for its crash reporter beside /proc/self/exe before main, and aborts where that cannot be
// read, unless it is told another place. 101 comes before the runtime's own constructors.
__attribute__((constructor(101))) static void do_without_proc(void) {
  if (access("/proc/self/exe", F_OK) != 0) setenv("SWIFT_BACKTRACE", "enable=no,swift-backtrace=/", 0);
}

int pilab_argument_count(void) { return count; }

char **pilab_arguments(void) { return arguments; }

static int has_attribute(const char *path, int flags, unsigned long long mask) {
  struct statx status;
  return statx(AT_FDCWD, path, flags, 0, &status) == 0 && (status.stx_attributes & mask) != 0;
}

// Linux 5.8 and later tell; before, this says no.
int pilab_is_mount_point(const char *path) {
  const unsigned long long mount_root = 0x2000; // STATX_ATTR_MOUNT_ROOT, which old headers lack
  return has_attribute(path, AT_SYMLINK_NOFOLLOW, mount_root);
}

int pilab_is_unchangeable(const char *path) {
  return has_attribute(path, 0, STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND);
}

int pilab_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int pilab_anonymous_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
