#define _GNU_SOURCE
#include "CHostKit.h"
#include <malloc.h>
#include <pthread.h>
#include <sys/vfs.h>

void chostkit_share_heap(void) { mallopt(M_ARENA_MAX, 1); }

int chostkit_set_stack(size_t bytes) {
  pthread_attr_t attributes;
  int failure = pthread_attr_init(&attributes);
  if (failure) return failure;
  failure = pthread_attr_setstacksize(&attributes, bytes);
  if (!failure) failure = pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
  return failure;
}

unsigned int chostkit_file_system(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (unsigned int)status.f_type : 0;
}
