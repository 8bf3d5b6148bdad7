#pragma once

// What a program's start needs of C: the arguments as the kernel gave them, and variadic calls that Swift does
// not import.

/// Arguments of this process, the program's name among them.
int pilab_argument_count(void);

/// The arguments' own memory, which may be overwritten; no /proc is needed for it.
char **pilab_arguments(void);

/// PR_SET_DUMPABLE 0 of prctl(2): no core file, no ptrace(2) and no /proc/PID/mem for other processes of this user.
/// 0, or -1 with errno.
int pilab_forbid_dumps(void);

/// Whether something is mounted at a path, a file at a file too.
int pilab_is_mount_point(const char *path);

/// Whether nobody may replace the file, or rename what is in the folder: chattr +i or +a.
/// Links are followed.
int pilab_is_unchangeable(const char *path);

/// An anonymous file in the kernel's memory (memfd_create(2)), or -1 with errno.
int pilab_anonymous_file(const char *name);
