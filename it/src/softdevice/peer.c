/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other processes: their segments, mapped while there are connections with them, the descriptors they sleep on, and copies from and to their memory. A number of a
 * process that has ended may be another's later; the connection's socket tells of an end, and nothing is sent to it any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "soft.h"

struct peer_fd { int number, fd; ino_t inode; struct peer_fd *next; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct peer *peers;

static struct segment *map(pid_t pid, int number, size_t *size)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, number);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct segment *seg = fstat(fd, &status) == 0 && (size_t)status.st_size > sizeof *seg
        ? mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0) : MAP_FAILED;
    close(fd);
    *size = status.st_size;
    if (seg == MAP_FAILED)
        return NULL;
    if (seg->magic != own->seg->magic || seg->pid != pid) {
        munmap(seg, *size);
        return NULL;
    }
    return seg;
}

/* NULL: it is gone, or does not let us in. */
struct peer *peer_get(pid_t pid, int number)
{
    struct peer *peer = NULL;
    size_t size;
    pthread_mutex_lock(&lock);
    if (pid == own->pid) {
        peer = own;
    } else {
        struct segment *seg = map(pid, number, &size);
        for (peer = peers; seg && peer && !(peer->pid == pid && peer->seg->id == seg->id); )
            peer = peer->next;
        if (seg && peer) {
            munmap(seg, size);
        } else if (seg && (peer = calloc(1, sizeof *peer))) {
            *peer = (struct peer){ .seg = seg, .pid = pid, .next = peers };
            memory_map(peer, seg->memory_fd);
            peers = peer;
        }
        if (!seg)
            peer = NULL;
    }
    if (peer)
        peer->references++;
    pthread_mutex_unlock(&lock);
    return peer;
}

void peer_put(struct peer *peer)
{
    pthread_mutex_lock(&lock);
    if (--peer->references == 0) {
        struct peer **at = &peers;
        while (*at != peer)
            at = &(*at)->next;
        *at = peer->next;
        for (struct peer_fd *next, *fd = peer->fds; fd; fd = next) {
            next = fd->next;
            close(fd->fd);
            free(fd);
        }
        memory_unmap(peer);
        munmap(peer->seg, SEGMENT_SIZE);
        free(peer);
    }
    pthread_mutex_unlock(&lock);
}

static int opened(struct peer *peer, int number, ino_t inode)
{
    char path[64];
    struct stat status;
    for (struct peer_fd *fd = peer->fds; fd; fd = fd->next)
        if (fd->number == number && fd->inode == inode)
            return fd->fd;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)peer->pid, number);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct peer_fd *entry = malloc(sizeof *entry);
    if (fd < 0 || !entry || fstat(fd, &status) != 0 || status.st_ino != inode) {
        if (fd >= 0)
            close(fd);
        free(entry);
        return -1;
    }
    *entry = (struct peer_fd){ number, fd, inode, peer->fds };
    peer->fds = entry;
    return fd;
}

/* Wakes who reads a descriptor there. */
void peer_write(struct peer *peer, int number, ino_t inode, const void *record, size_t size)
{
    ssize_t written;
    if (peer == own) {
        written = write(number, record, size);
    } else {
        pthread_mutex_lock(&lock);
        int fd = opened(peer, number, inode);
        pthread_mutex_unlock(&lock);
        written = fd < 0 ? 0 : write(fd, record, size);
    }
    (void)written; /* nobody reads any more, or the reader has thousands to read */
}

/* Bytes of two lists, side by side, without a copy by the system where they are shared memory: 0, or an errno value. @param size of the piece, at first as wanted */
static int copy_piece(struct peer *peer, const struct key *key, bool to_peer, char *mine, char *its, size_t *size)
{
    char *here = peer == own ? its : key_shared(key, (uintptr_t)its, size) ? memory_of(peer, (uintptr_t)its, size) : NULL;
    if (here) {
        memmove(to_peer ? here : mine, to_peer ? mine : here, *size);
        return 0;
    }
    struct iovec local = { mine, *size }, remote = { its, *size };
    ssize_t n = to_peer ? process_vm_writev(peer->pid, &local, 1, &remote, 1, 0) : process_vm_readv(peer->pid, &local, 1, &remote, 1, 0);
    return n < 0 ? errno : (size_t)n < *size ? EFAULT : 0;
}

static void step(const struct iovec **at, size_t n, size_t *done)
{
    *done += n;
    if (*done == (*at)->iov_len) {
        ++*at;
        *done = 0;
    }
}

/* Copies as much as both lists hold: 0, or an errno value. @param keys one of each element of the remote list */
int peer_copy(struct peer *peer, bool to_peer, const struct iovec *local, int locals, const struct iovec *remote, struct key *const *keys, int remotes)
{
    size_t from = 0, to = 0, here = 0, there = 0;
    const struct iovec *first = remote;
    int problem = 0;
    for (int i = 0; i < locals; i++)
        here += local[i].iov_len;
    for (int i = 0; i < remotes; i++)
        there += remote[i].iov_len;
    size_t left = here < there ? here : there;
    while (left > 0 && !problem) {
        size_t a = local->iov_len - from, b = remote->iov_len - to, n = a < b ? a : b;
        if (n > 0)
            problem = copy_piece(peer, keys[remote - first], to_peer, (char *)local->iov_base + from, (char *)remote->iov_base + to, &n);
        left -= n;
        step(&local, n, &from);
        step(&remote, n, &to);
    }
    return problem;
}
