#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library (FuzzerInterface.h of LLVM): returns when the run is over.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

// A file that lies in memory and has no name, memfd_create(2); -1 where there can be none.
int makeMemoryFile(void);
