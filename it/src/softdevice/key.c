/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory regions and windows. A key names a place in the table of its process and, by its last byte, one use of that place. Who wants to reach memory says so in
 * the entry first, then looks whether it is valid; who takes the right away makes it invalid, then waits until nobody is there: after ibv_dereg_mr, an invalidation
 * or the end of a window's queue pair nothing touches the memory any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "soft.h"

/* How long to wait for a process that was killed in the middle of a copy. */
#define PATIENCE_NANOS 2000000000ULL

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t used = 1;
static uint32_t *free_places;
static uint32_t free_count, free_first;

/* First in, first out, so that a key comes again as late as possible. */
static struct key *take(enum key_kind kind, uint32_t *index)
{
    struct key *key = NULL;
    pthread_mutex_lock(&lock);
    if (!free_places)
        free_places = malloc(MAX_KEYS * sizeof *free_places);
    *index = 0;
    if (free_places && free_count > 0 && (free_count > 64 || used == MAX_KEYS)) {
        *index = free_places[free_first];
        free_first = (free_first + 1) % MAX_KEYS;
        free_count--;
    } else if (free_places && used < MAX_KEYS) {
        *index = used++;
    }
    if (*index) {
        key = &own->seg->keys[*index];
        key->kind = kind;
        key->key = *index << 8 | ((key->key + 1) & 0xff);
    }
    pthread_mutex_unlock(&lock);
    return key;
}

static void give(struct key *key)
{
    pthread_mutex_lock(&lock);
    key->kind = KEY_FREE;
    key->addr = key->length = 0;
    free_places[(free_first + free_count++) % MAX_KEYS] = key - own->seg->keys;
    pthread_mutex_unlock(&lock);
}

static struct key *entry(const struct peer *peer, uint32_t key)
{
    return key >> 8 < MAX_KEYS ? &peer->seg->keys[key >> 8] : NULL;
}

static void end_access(struct key *key)
{
    atomic_store(&key->valid, 0);
    uint64_t begun = 0;
    while (atomic_load(&key->users) > 0) {
        if (begun == 0)
            begun = now_nanos();
        else if (now_nanos() - begun > PATIENCE_NANOS)
            break;
        sched_yield();
    }
}

/* NULL: no access. Else key_done when it is over. @param qpn of the queue pair that the access comes in on */
struct key *key_use(const struct peer *peer, uint32_t number, uint32_t pd, uint32_t qpn, uint64_t addr, uint64_t length, uint32_t access)
{
    struct key *key = entry(peer, number);
    if (!key)
        return NULL;
    atomic_fetch_add(&key->users, 1);
    if (atomic_load(&key->valid) && key->key == number && key->pd == pd && (key->kind != KEY_WINDOW || key->qpn == qpn) && (key->access & access) == access
        && addr >= key->addr && addr - key->addr <= key->length && length <= key->length - (addr - key->addr))
        return key;
    atomic_fetch_sub(&key->users, 1);
    return NULL;
}

/* Whether another region has some of this memory: one that is valid, or about to be. */
bool key_overlaps(uint64_t from, uint64_t to, const struct key *but)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    for (uint32_t i = 1; i < used && !found; i++) {
        const struct key *other = &own->seg->keys[i];
        found = other != but && other->kind == KEY_REGION && other->addr < to && other->addr + other->length > from;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* Whether this byte of it is shared memory, and how many that follow are like it. While the key is used. */
bool key_shared(const struct key *key, uint64_t addr, size_t *length)
{
    bool shared = addr >= key->shared_from && addr < key->shared_to;
    uint64_t end = shared ? key->shared_to : addr < key->shared_from ? key->shared_from : UINT64_MAX;
    if (*length > end - addr)
        *length = end - addr;
    return shared;
}

void key_done(struct key *key)
{
    atomic_fetch_sub(&key->users, 1);
}

/* Local: as a request in the owner's queue; a window that is free already is no error there, since the peer may have been quicker. */
bool key_invalidate(const struct peer *peer, uint32_t number, uint32_t pd, uint32_t qpn, bool local)
{
    struct key *key = entry(peer, number);
    if (!key || key->key != number || key->kind != KEY_WINDOW || key->pd != pd || key->qpn != qpn)
        return false;
    if (!atomic_load(&key->valid))
        return local;
    end_access(key);
    struct key *parent = &peer->seg->keys[key->parent];
    atomic_fetch_sub(&parent->windows, 1);
    return true;
}

/* A bind request: a status of its completion. */
int key_bind(struct soft_qp *qp, const struct swqe *wqe)
{
    struct key *window = entry(own, wqe->key);
    struct key *region = entry(own, wqe->bind_lkey);
    uint32_t pd = qp->shared->pd;
    if (!window || window->kind != KEY_WINDOW || window->pd != pd || wqe->key >> 8 != wqe->mw->handle || atomic_load(&window->valid))
        return WC_MW_BIND_ERR;
    /* As rxe: the program says which key the window has, and the new one is another. */
    if (wqe->rkey != window->key || wqe->key == window->key)
        return WC_MW_BIND_ERR;
    if (!region || region->kind != KEY_REGION || region->key != wqe->bind_lkey || region->pd != pd || !(region->access & MW_BIND)
        || ((wqe->bind_access & REMOTE_WRITE) && !(region->access & LOCAL_WRITE)) || wqe->bind_addr < region->addr
        || wqe->bind_addr - region->addr > region->length || wqe->bind_length > region->length - (wqe->bind_addr - region->addr))
        return WC_MW_BIND_ERR;
    atomic_fetch_add(&region->windows, 1);
    window->key = wqe->key;
    window->qpn = qp->ibv.qp_num;
    window->parent = wqe->bind_lkey >> 8;
    window->addr = wqe->bind_addr;
    window->length = wqe->bind_length;
    window->access = wqe->bind_access;
    window->shared_from = region->shared_from;
    window->shared_to = region->shared_to;
    atomic_store(&window->valid, 1);
    return WC_SUCCESS;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
    uint32_t index;
    int problem = fault("reg_mr");
    if (!problem && ((access & (REMOTE_WRITE)) && !(access & LOCAL_WRITE)))
        problem = EINVAL;
    struct ibv_mr *mr = problem ? NULL : calloc(1, sizeof *mr);
    struct key *key = mr ? take(KEY_REGION, &index) : NULL;
    if (!key) {
        free(mr);
        errno = problem ? problem : ENOMEM;
        return NULL;
    }
    key->pd = pd->handle;
    key->access = access;
    key->addr = (uintptr_t)addr;
    key->length = length;
    key->memory = memory_share(key);
    key->shared_from = key->memory ? key->memory->from : 0;
    key->shared_to = key->memory ? key->memory->to : 0;
    atomic_store(&key->windows, 0);
    *mr = (struct ibv_mr){ pd->context, pd, addr, length, index, key->key, key->key };
    atomic_fetch_add(&((struct soft_pd *)pd)->users, 1);
    soft_made(1);
    atomic_store(&key->valid, 1);
    return mr;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova, unsigned access)
{
    (void)iova;
    return ibv_reg_mr(pd, addr, length, access);
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
    struct key *key = &own->seg->keys[mr->handle];
    if (atomic_load(&key->windows) > 0)
        return EBUSY;
    int problem = fault("dereg_mr");
    if (problem)
        return problem;
    end_access(key);
    memory_unshare(key);
    give(key);
    atomic_fetch_sub(&((struct soft_pd *)mr->pd)->users, 1);
    soft_made(-1);
    free(mr);
    return 0;
}

struct ibv_mw *mw_alloc(struct ibv_pd *pd, int type)
{
    uint32_t index;
    int problem = fault("alloc_mw");
    if (!problem && type != MW_TYPE_2)
        problem = EOPNOTSUPP;
    struct ibv_mw *mw = problem ? NULL : calloc(1, sizeof *mw);
    struct key *key = mw ? take(KEY_WINDOW, &index) : NULL;
    if (!key) {
        free(mw);
        errno = problem ? problem : ENOMEM;
        return NULL;
    }
    key->pd = pd->handle;
    key->qpn = 0;
    *mw = (struct ibv_mw){ pd->context, pd, key->key, index, type };
    atomic_fetch_add(&((struct soft_pd *)pd)->users, 1);
    soft_made(1);
    return mw;
}

int mw_free(struct ibv_mw *mw)
{
    struct key *key = &own->seg->keys[mw->handle];
    if (atomic_load(&key->valid)) {
        end_access(key);
        atomic_fetch_sub(&own->seg->keys[key->parent].windows, 1);
    }
    give(key);
    atomic_fetch_sub(&((struct soft_pd *)mw->pd)->users, 1);
    soft_made(-1);
    free(mw);
    return 0;
}
