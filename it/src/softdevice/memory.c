/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered memory that other processes can reach as their own. Its pages are exchanged for pages of a file in memory, at the offset that is their address, which
 * peers map too; so a copy between two processes is a memcpy, without a system call that pins each page. Only whole pages of private memory of some size: all else
 * is copied by process_vm_readv and process_vm_writev, as is everything when this cannot be had.
 *
 * While the pages are exchanged, at registration and after, another thread's writes to them would be lost. Programs register memory before they use it and give it
 * back when they do not any more; only of a device that is removed the memory may be in use, and its pages are left where they are.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "soft.h"

#define PAGE 4096UL
#define ADDRESSES (1UL << 47)
/* What is mapped of a peer's memory at once. */
#define PART (1UL << 30)
/* Below this the exchange is not worth its system calls. */
#define SMALLEST (64UL << 10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shared_memory *all;

/* -1: no memory is shared. */
int memory_open(void)
{
    int fd = memfd_create("softdevice-memory", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, ADDRESSES) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Whether these pages are private memory of no file, which can be read and written. */
static bool is_private(uintptr_t from, uintptr_t to)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    while (maps && from < to && fgets(line, sizeof line, maps)) {
        unsigned long start, end, inode;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end, rights, &inode) != 4 || end <= from)
            continue;
        if (start > from || inode != 0 || strcmp(rights, "rw-p") != 0 || strstr(line, "[stack"))
            break;
        from = end;
    }
    if (maps)
        fclose(maps);
    return from >= to;
}

static void punch(const struct shared_memory *memory)
{
    fallocate(own->memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, memory->from, memory->to - memory->from);
}

static bool exchange(const struct shared_memory *memory)
{
    size_t length = memory->to - memory->from;
    for (size_t done = 0; done < length; ) {
        ssize_t n = pwrite(own->memory_fd, (char *)memory->from + done, length - done, memory->from + done);
        if (n <= 0)
            return false;
        done += n;
    }
    return mmap((void *)memory->from, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, own->memory_fd, memory->from) != MAP_FAILED;
}

/* NULL: peers reach it with system calls. A region in shared memory shares that; one that lies partly in some is not shared. */
struct shared_memory *memory_share(uintptr_t addr, size_t length)
{
    uintptr_t from = (addr + PAGE - 1) & -PAGE, to = (addr + length) & -PAGE;
    struct shared_memory *found = NULL;
    if (own->memory_fd < 0 || fault("share_memory"))
        return NULL;
    pthread_mutex_lock(&lock);
    for (struct shared_memory *other = all; other; other = other->next) {
        if (addr >= other->from && addr + length <= other->to) {
            found = other;
            found->users++;
            break;
        }
        if (addr < other->to && other->from < addr + length)
            to = from;
    }
    if (!found && from < to && to <= ADDRESSES && to - from >= SMALLEST && is_private(from, to) && (found = malloc(sizeof *found))) {
        *found = (struct shared_memory){ .from = from, .to = to, .users = 1, .next = all };
        if (exchange(found)) {
            all = found;
        } else {
            punch(found);
            free(found);
            found = NULL;
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* Nothing of this region is reached any more. Its pages become private again, unless that could lose what a thread writes. */
void memory_unshare(struct shared_memory *memory)
{
    pthread_mutex_lock(&lock);
    if (memory && --memory->users == 0) {
        size_t length = memory->to - memory->from;
        struct shared_memory **at = &all;
        while (*at != memory)
            at = &(*at)->next;
        *at = memory->next;
        char *copy = soft_present() ? mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
        if (copy != MAP_FAILED) {
            memcpy(copy, (void *)memory->from, length);
            if (mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, memory->from) != MAP_FAILED)
                punch(memory);
            else
                munmap(copy, length);
        }
        free(memory);
    }
    pthread_mutex_unlock(&lock);
}

/* A peer's shared memory here, and how much of it follows there; NULL: it cannot be mapped. */
char *memory_of(struct peer *peer, uintptr_t addr, size_t *length)
{
    if (!peer->parts || addr >= ADDRESSES)
        return NULL;
    _Atomic(char *) *place = &peer->parts[addr / PART];
    char *part = atomic_load_explicit(place, memory_order_acquire);
    if (!part) {
        pthread_mutex_lock(&lock);
        part = atomic_load(place);
        if (!part) {
            part = mmap(NULL, PART, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, peer->memory_fd, addr & -PART);
            if (part == MAP_FAILED)
                part = NULL;
            else
                madvise(part, PART, MADV_DONTFORK);
            atomic_store_explicit(place, part, memory_order_release);
        }
        pthread_mutex_unlock(&lock);
    }
    if (part && *length > PART - addr % PART)
        *length = PART - addr % PART;
    return part ? part + addr % PART : NULL;
}

/* Opens a peer's memory. Without it all copies are system calls. */
void memory_map(struct peer *peer, int number)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)peer->pid, number);
    peer->memory_fd = number < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
    peer->parts = peer->memory_fd < 0 ? NULL : calloc(ADDRESSES / PART, sizeof *peer->parts);
}

void memory_unmap(struct peer *peer)
{
    for (size_t i = 0; peer->parts && i < ADDRESSES / PART; i++) {
        char *part = atomic_load(&peer->parts[i]);
        if (part)
            munmap(part, PART);
    }
    free((void *)peer->parts);
    if (peer->memory_fd >= 0)
        close(peer->memory_fd);
}
