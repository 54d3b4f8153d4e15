// SPDX-License-Identifier: Apache-2.0
// The Linux calls that Swift's Glibc module does not show. Declarations, and one inline wrapper.
// _GNU_SOURCE stays undefined: it would change structures that the Glibc module has already defined. What hides behind
// it is declared here by hand.
#ifndef TOKENRELAY_CLINUX_H
#define TOKENRELAY_CLINUX_H
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int pipe2(int descriptors[2], int flags);
extern int memfd_create(const char *name, unsigned int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern int pthread_setname_np(pthread_t thread, const char *name);

// Variadic, which Swift cannot call.
static inline int relay_set_nonblocking(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }
static inline int relay_set_dumpable(int value) { return prctl(PR_SET_DUMPABLE, value, 0, 0, 0); }
#endif
