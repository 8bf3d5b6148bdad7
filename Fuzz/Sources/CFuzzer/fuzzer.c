#define _GNU_SOURCE
#include "fuzzer.h"

#include <sys/mman.h>

int makeMemoryFile(void) { return memfd_create("fuzz", 0); }
