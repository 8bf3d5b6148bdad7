#include "CLibvirt.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

#include "functions.h"

struct functions {
#define HANDLE(result, name, parameters, arguments) __typeof__(name) *name;
#define NUMBER(name, parameters, arguments) __typeof__(name) *name;
  FUNCTIONS
#undef HANDLE
#undef NUMBER
  __typeof__(virSetErrorFunc) *virSetErrorFunc;
};

// Written once, before `loaded` points to it.
static struct functions table;
static _Atomic(const struct functions *) loaded;

static const struct functions *functions(void) {
  return atomic_load_explicit(&loaded, memory_order_acquire);
}

// The name of the first function that is missing, else null.
static const char *resolve(void *library, struct functions *found) {
#define FIND(name) \
  if (!(found->name = (__typeof__(found->name))dlsym(library, #name))) return #name;
#define HANDLE(result, name, parameters, arguments) FIND(name)
#define NUMBER(name, parameters, arguments) FIND(name)
  FUNCTIONS
#undef HANDLE
#undef NUMBER
  FIND(virSetErrorFunc)
  return NULL;
}

enum LibvirtLoading libvirt_load(const char *name, const char **reason) {
  static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    *reason = dlerror();
    return LIBVIRT_LIBRARY_MISSING;
  }
  struct functions found;
  *reason = resolve(library, &found);
  if (*reason) {
    dlclose(library);
    return LIBVIRT_FUNCTION_MISSING;
  }
  pthread_mutex_lock(&loading);
  int is_first = !functions();
  if (is_first) {
    table = found;
    atomic_store_explicit(&loaded, &table, memory_order_release);
  }
  pthread_mutex_unlock(&loading);
  if (!is_first) dlclose(library);
  return LIBVIRT_LOADED;
}

// The functions under their own names. They are hidden, so that libvirt calls its own and not these.
#define FORWARD(result, name, parameters, arguments, failure) \
  __attribute__((visibility("hidden"))) result name parameters { \
    const struct functions *libvirt = functions(); \
    return libvirt ? libvirt->name arguments : failure; \
  }
#define HANDLE(result, name, parameters, arguments) \
  FORWARD(result, name, parameters, arguments, NULL)
#define NUMBER(name, parameters, arguments) FORWARD(int, name, parameters, arguments, -1)
FUNCTIONS

__attribute__((visibility("hidden"))) void virSetErrorFunc(void *with, virErrorFunc call) {
  const struct functions *libvirt = functions();
  if (libvirt) libvirt->virSetErrorFunc(with, call);
}
