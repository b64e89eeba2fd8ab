/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This process's segment: a file in memory, far larger than what is ever used of it, since pages that nobody touches cost nothing. Its tables have fixed places, so
 * that a peer that is late finds a lock and a generation that has gone on, never somebody else's memory. Rings come from the heap behind the tables, which only the
 * owner gives out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>
#include "soft.h"

#define MAGIC 0x6563697665447466ULL

struct peer *own;
static int own_fd = -1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The heap: what was given back, by size, and the end of what was ever given out. */
struct extent { uint64_t offset; size_t size; struct extent *next; };
static struct extent *extents;
static uint64_t heap_end;

static struct { uint32_t next; uint32_t *free; uint32_t count; } indexes[INDEX_KINDS];

static int make(void)
{
    int fd = memfd_create("softdevice-segment", MFD_CLOEXEC);
    if (fd < 0)
        return errno;
    if (ftruncate(fd, SEGMENT_SIZE) != 0) {
        int problem = errno;
        close(fd);
        return problem;
    }
    struct segment *seg = mmap(NULL, SEGMENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    struct peer *peer = calloc(1, sizeof *peer);
    if (seg == MAP_FAILED || !peer) {
        if (seg != MAP_FAILED)
            munmap(seg, SEGMENT_SIZE);
        free(peer);
        close(fd);
        return ENOMEM;
    }
    madvise(seg, SEGMENT_SIZE, MADV_DONTFORK);
    /* Under Yama a process says itself who may copy from and to it. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    seg->pid = getpid();
    seg->async_fd = -1;
    seg->memory_fd = memory_open();
    if (getrandom(&seg->id, sizeof seg->id, 0) != sizeof seg->id)
        seg->id = (uint64_t)seg->pid << 32 | now_nanos();
    seg->magic = MAGIC;
    heap_end = offsetof(struct segment, heap);
    peer->seg = seg;
    peer->pid = seg->pid;
    peer->memory_fd = seg->memory_fd;
    peer->references = 1;
    own_fd = fd;
    own = peer;
    return 0;
}

/* 0 or an errno value. */
int segment_open(void)
{
    pthread_mutex_lock(&lock);
    int problem = own ? 0 : make();
    pthread_mutex_unlock(&lock);
    return problem;
}

int segment_fd(void)
{
    return own_fd;
}

void *shared_at(const struct peer *peer, uint64_t offset)
{
    return (char *)peer->seg + offset;
}

/* Whole pages of zeros; 0: there are none left. */
uint64_t heap_allocate(size_t size)
{
    uint64_t found = 0;
    size = (size + 4095) & ~(size_t)4095;
    pthread_mutex_lock(&lock);
    for (struct extent **at = &extents; *at; at = &(*at)->next) {
        struct extent *extent = *at;
        if (extent->size == size) {
            found = extent->offset;
            *at = extent->next;
            free(extent);
            break;
        }
    }
    if (!found && heap_end + size <= SEGMENT_SIZE) {
        found = heap_end;
        heap_end += size;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void heap_free(uint64_t offset, size_t size)
{
    size = (size + 4095) & ~(size_t)4095;
    madvise(shared_at(own, offset), size, MADV_REMOVE);
    struct extent *extent = malloc(sizeof *extent);
    if (!extent)
        return; /* address space only */
    pthread_mutex_lock(&lock);
    *extent = (struct extent){ offset, size, extents };
    extents = extent;
    pthread_mutex_unlock(&lock);
}

/* A free place in a table, first those that were never used; 0: there is none. */
uint32_t index_take(int kind)
{
    uint32_t index = 0;
    pthread_mutex_lock(&lock);
    if (!indexes[kind].free)
        indexes[kind].free = malloc(MAX_OBJECTS * sizeof(uint32_t));
    if (indexes[kind].free && indexes[kind].next < MAX_OBJECTS - 2)
        index = ++indexes[kind].next + 1; /* 0 and 1 stay free: they are special queue pairs' numbers */
    else if (indexes[kind].count > 0)
        index = indexes[kind].free[--indexes[kind].count];
    pthread_mutex_unlock(&lock);
    return index;
}

void index_give(int kind, uint32_t index)
{
    pthread_mutex_lock(&lock);
    indexes[kind].free[indexes[kind].count++] = index;
    pthread_mutex_unlock(&lock);
}

void init_shared(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attr);
    pthread_mutexattr_destroy(&attr);
}

/* What it guards is always whole: entries are written before the counter that shows them. */
void lock_shared(pthread_mutex_t *mutex)
{
    if (pthread_mutex_lock(mutex) == EOWNERDEAD)
        pthread_mutex_consistent(mutex);
}

void unlock_shared(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
}
