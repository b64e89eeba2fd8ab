/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered memory that other processes can reach as their own. Its pages are exchanged for pages of a file in memory, at the offset that is their address, which
 * peers map too; so a copy between two processes is a memcpy, without a system call that pins each page. Only whole pages of private memory of some size that no
 * other region lies in: all else is copied by process_vm_readv and process_vm_writev, as is everything when this cannot be had.
 *
 * While pages are exchanged, at registration and after it, another thread's writes to them would be lost. Programs register memory before they use it and give it
 * back when they do not any more. Where they may not be that far, pages stay in the file for good: those of a device that was removed, and those that another region
 * lies in too. They are memory as before; but after a fork the child's writes are the parent's, as with memory that is shared.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "soft.h"

#define ADDRESSES (1UL << 48)
/* What is mapped of a peer's memory at once. */
#define PART (1UL << 30)
/* With fewer whole pages the exchange is not worth its system calls. */
#define SMALLEST (64UL << 10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shared_memory *all; /* the latest first; without users: pages that stay */
static unsigned long inode;

/* -1: no memory is shared. */
int memory_open(void)
{
    struct stat status;
    int fd = memfd_create("softdevice-memory", MFD_CLOEXEC);
    if (fd >= 0 && (ftruncate(fd, ADDRESSES) != 0 || fstat(fd, &status) != 0)) {
        close(fd);
        return -1;
    }
    inode = fd < 0 ? 0 : status.st_ino;
    return fd;
}

/* Whether all these pages are mapped so. @param file an inode, 0 for none */
static bool all_mapped(uintptr_t from, uintptr_t to, const char *rights, unsigned long file)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    while (maps && from < to && fgets(line, sizeof line, maps)) {
        unsigned long start, end, number;
        char found[5];
        if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end, found, &number) != 4 || end <= from)
            continue;
        if (start > from || number != file || strcmp(found, rights) != 0 || strstr(line, "[stack"))
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

static struct shared_memory *make(uintptr_t from, uintptr_t to)
{
    struct shared_memory *made = malloc(sizeof *made);
    if (!made)
        return NULL;
    *made = (struct shared_memory){ .from = from, .to = to, .users = 1, .next = all };
    if (exchange(made)) {
        all = made;
        return made;
    }
    punch(made);
    free(made);
    return NULL;
}

/* For a region whose entry has its place already. NULL: peers reach it with system calls. One that lies in shared memory shares that. */
struct shared_memory *memory_share(const struct key *key)
{
    uintptr_t page = sysconf(_SC_PAGESIZE), addr = key->addr, end = addr + key->length;
    uintptr_t from = (addr + page - 1) & -page, to = end & -page;
    uintptr_t first = addr & -page, last = (end + page - 1) & -page;
    struct shared_memory *found = NULL;
    const char *not = NULL;
    if (own->memory_fd < 0 || end <= addr || end > ADDRESSES || fault("share_memory"))
        return NULL;
    pthread_mutex_lock(&lock);
    for (struct shared_memory *other = all; !not && !found && other; other = other->next) {
        if (addr >= other->to || other->from >= end)
            continue;
        /* Pages that stayed may have gone back to the system since, and others be there now. */
        if (other->users == 0 && !all_mapped(first > other->from ? first : other->from, last < other->to ? last : other->to, "rw-s", inode))
            continue;
        if (addr >= other->from && end <= other->to) {
            found = other;
            found->users++;
        } else {
            not = other->users == 0 ? "pages that stayed in the file have a part of them" : "shared memory has a part of them";
        }
    }
    if (!found && from < to && to - from >= SMALLEST) {
        if (!not && key_overlaps(from, to, key))
            not = "another region has a part of them";
        if (!not && !all_mapped(from, to, "rw-p", 0))
            not = "they are not private memory";
        if (!not && !(found = make(from, to)))
            not = "their pages could not be exchanged";
        if (not)
            fprintf(stderr, "softdevice: %zu bytes at %#lx are reached by system calls: %s\n", (size_t)key->length, (unsigned long)addr, not);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* Nothing of this region is reached any more. */
void memory_unshare(const struct key *key)
{
    struct shared_memory *memory = key->memory;
    pthread_mutex_lock(&lock);
    if (memory && --memory->users == 0 && !memory->stays && !key_overlaps(memory->from, memory->to, key)) {
        size_t length = memory->to - memory->from;
        char *copy = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (copy != MAP_FAILED) {
            memcpy(copy, (void *)memory->from, length);
            if (mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, memory->from) != MAP_FAILED) {
                struct shared_memory **at = &all;
                while (*at != memory)
                    at = &(*at)->next;
                *at = memory->next;
                punch(memory);
                free(memory);
                memory = NULL;
            } else {
                munmap(copy, length);
            }
        }
    }
    if (memory && memory->users == 0)
        memory->stays = true;
    pthread_mutex_unlock(&lock);
}

/* The device is removed: regions end while their memory is in use. */
void memory_stays(void)
{
    pthread_mutex_lock(&lock);
    for (struct shared_memory *memory = all; memory; memory = memory->next)
        memory->stays = true;
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
    struct stat status;
    peer->memory_fd = number < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (peer->memory_fd >= 0 && (fstat(peer->memory_fd, &status) != 0 || (unsigned long)status.st_size != ADDRESSES)) {
        close(peer->memory_fd);
        peer->memory_fd = -1;
    }
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
