//  libvirt's own interface, and a library that is loaded when it is first wanted: a program that is linked with it
//  loads sixty libraries at each start, and does not start at all where they are not installed.
#ifndef CLIBVIRT_H
#define CLIBVIRT_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

enum LibvirtLoading {
  LIBVIRT_LOADED,
  /// There is no such library, or it cannot be loaded.
  LIBVIRT_LIBRARY_MISSING,
  /// The library has not all that is called here.
  LIBVIRT_FUNCTION_MISSING,
};

/// Loads libvirt, from any thread and as often as one likes. The first library that has every function stays and
/// serves the whole process. Until then every function of libvirt fails, and says no reason.
/// @param library  as dlopen takes it: a name, or a path
/// @param reason  the loader's words, or the missing function's name; valid until the thread calls dl… again
enum LibvirtLoading libvirt_load(const char *library, const char **reason);

#endif
