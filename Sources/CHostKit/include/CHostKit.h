#ifndef CHOSTKIT_H
#define CHOSTKIT_H

#include <stddef.h>

/// What the C library offers, and Swift does not import.

/// Threads share one heap, instead of reserving 64 MiB of address space each.
void chostkit_share_heap(void);

/// Stack of the threads that are made from now on; 0, or an error's number.
int chostkit_set_stack(size_t bytes);

/// The kind of file system that a path lies on, as in linux/magic.h; 0 where it cannot be told.
unsigned int chostkit_file_system(const char *path);

#endif
