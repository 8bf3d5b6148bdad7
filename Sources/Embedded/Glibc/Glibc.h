#pragma once

// The C library as the board programs' sources know it: what Swift's own Glibc module has of it and Embedded Swift
// has not, under the same names. Swift imports no variadic functions, no macros that are expressions, and octal
// numbers with another type.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define SWIFT_NAME(name) __attribute__((swift_name(name)))

static inline int pilab_errno(void) SWIFT_NAME("getter:errno()");
static inline int pilab_errno(void) { return errno; }

static inline void pilab_set_errno(int code) SWIFT_NAME("setter:errno(_:)");
static inline void pilab_set_errno(int code) { errno = code; }

static inline int pilab_open(const char *path, int flags) SWIFT_NAME("open(_:_:)");
static inline int pilab_open(const char *path, int flags) { return open(path, flags); }

static inline int pilab_create(const char *path, int flags, mode_t mode) SWIFT_NAME("open(_:_:_:)");
static inline int pilab_create(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

static inline int pilab_fcntl(int descriptor, int command, int value) SWIFT_NAME("fcntl(_:_:_:)");
static inline int pilab_fcntl(int descriptor, int command, int value) { return fcntl(descriptor, command, value); }

static inline int pilab_ioctl(int descriptor, unsigned long request, void *value) SWIFT_NAME("ioctl(_:_:_:)");
static inline int pilab_ioctl(int descriptor, unsigned long request, void *value) {
  return ioctl(descriptor, request, value);
}

static inline __sighandler_t pilab_sig_ign(void) SWIFT_NAME("getter:SIG_IGN()");
static inline __sighandler_t pilab_sig_ign(void) { return SIG_IGN; }

static inline void *pilab_map_failed(void) SWIFT_NAME("getter:MAP_FAILED()");
static inline void *pilab_map_failed(void) { return MAP_FAILED; }

#undef S_IFMT
#undef S_IFREG
#undef S_IFDIR
#undef S_IFLNK
#undef S_ISVTX
static const mode_t S_IFMT = 0170000, S_IFREG = 0100000, S_IFDIR = 0040000, S_IFLNK = 0120000, S_ISVTX = 01000;
