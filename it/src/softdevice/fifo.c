/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors that can be slept on and that a peer can write to: a FIFO without a name, whose records are the events. rdma-core's descriptors say in /proc what
 * they are, and so do these.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "soft.h"

/* -1 with errno. */
int fifo_open(const char *kind, ino_t *inode)
{
    static _Atomic unsigned count;
    char path[128];
    struct stat status;
    snprintf(path, sizeof path, "/tmp/softdevice-%d-%u-%s", (int)getpid(), atomic_fetch_add(&count, 1), kind);
    if (mkfifo(path, 0600) != 0)
        return -1;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    int problem = errno;
    unlink(path);
    if (fd >= 0 && inode)
        *inode = fstat(fd, &status) == 0 ? status.st_ino : 0;
    errno = problem;
    return fd;
}
