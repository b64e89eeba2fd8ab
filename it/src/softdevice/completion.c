/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completion queues and their channels. A queue is a ring in the segment, so that the peer's process puts the completions of receives there itself, and wakes who
 * sleeps on the channel if the queue was armed. A record of the channel names the queue and its generation: one of a queue that is gone is passed over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "soft.h"

struct channel_record { uint32_t index, generation; };

static _Atomic(struct soft_cq *) queues[MAX_OBJECTS];
static pthread_mutex_t acknowledge = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t acknowledged = PTHREAD_COND_INITIALIZER;

static struct shared_cq *shared(const struct ibv_cq *cq)
{
    return &own->seg->cqs[cq->handle];
}

static struct cqe *slot(const struct peer *peer, const struct shared_cq *cq, uint32_t number)
{
    return (struct cqe *)shared_at(peer, cq->ring) + number % cq->size;
}

static char *message(const struct peer *peer, const struct shared_cq *cq, uint32_t number)
{
    return (char *)shared_at(peer, cq->messages) + (size_t)(number % cq->size) * MAX_SCATTER;
}

static size_t messages_size(size_t cqe)
{
    return cqe * MAX_SCATTER;
}

/* @param bytes of a short message: as many as the completion says */
void cq_push(struct peer *peer, uint32_t index, const struct cqe *cqe, const struct iovec *bytes)
{
    struct shared_cq *cq = &peer->seg->cqs[index];
    bool wake = false, overrun = false;
    lock_shared(&cq->lock);
    uint32_t head = atomic_load_explicit(&cq->head, memory_order_relaxed);
    if (cq->size == 0 || head - atomic_load(&cq->tail) == cq->size) {
        overrun = cq->size > 0 && !cq->overrun;
        cq->overrun = 1;
    } else {
        *slot(peer, cq, head) = *cqe;
        for (uint32_t done = 0; done < cqe->scatter; done += bytes++->iov_len)
            memcpy(message(peer, cq, head) + done, bytes->iov_base, bytes->iov_len);
        atomic_store_explicit(&cq->head, head + 1, memory_order_release);
        wake = atomic_exchange(&cq->armed, 0) && cq->fd >= 0;
    }
    struct channel_record record = { index, cq->generation };
    int fd = cq->fd;
    ino_t inode = cq->inode;
    unlock_shared(&cq->lock);
    if (wake && !fault_loses("completion"))
        peer_write(peer, fd, inode, &record, sizeof record);
    if (overrun)
        event_send(peer, EVENT_CQ_ERR, ELEMENT_CQ, index, record.generation);
}

/* Its bytes go to where the receive said, if that is registered still. */
static void place(const struct shared_cq *cq, uint32_t number, struct ibv_wc *wc)
{
    const struct cqe *cqe = slot(own, cq, number);
    struct key *key = key_use(own, cqe->lkey, cqe->pd, 0, cqe->addr, cqe->scatter, LOCAL_WRITE);
    if (!key) {
        wc->status = WC_LOC_PROT_ERR;
        return;
    }
    memcpy((void *)(uintptr_t)cqe->addr, message(own, cq, number), cqe->scatter);
    key_done(key);
}

int cq_poll(struct ibv_cq *ibv, int count, struct ibv_wc *wc)
{
    struct shared_cq *cq = shared(ibv);
    uint32_t tail = atomic_load_explicit(&cq->tail, memory_order_relaxed);
    if (atomic_load_explicit(&cq->head, memory_order_acquire) == tail)
        return 0;
    int taken = 0;
    lock_shared(&cq->lock);
    tail = atomic_load(&cq->tail);
    uint32_t head = atomic_load(&cq->head);
    for (; taken < count && tail != head; taken++, tail++) {
        const struct cqe *cqe = slot(own, cq, tail);
        wc[taken] = (struct ibv_wc){ .wr_id = cqe->wr_id, .status = cqe->status, .opcode = cqe->opcode, .byte_len = cqe->byte_len,
            .invalidated_rkey = cqe->key, .qp_num = cqe->qpn, .wc_flags = cqe->flags };
        if (cqe->scatter > 0)
            place(cq, tail, &wc[taken]);
        struct soft_qp *qp = cqe->sender ? atomic_load(&queue_pairs[cqe->sender]) : NULL;
        if (qp && qp->ibv.qp_num == cqe->qpn)
            atomic_store(&qp->retired, cqe->retires);
    }
    atomic_store(&cq->tail, tail);
    unlock_shared(&cq->lock);
    return taken;
}

int cq_arm(struct ibv_cq *cq, int solicited)
{
    (void)solicited;
    int problem = fault("req_notify_cq");
    if (!problem)
        atomic_store(&shared(cq)->armed, 1);
    return problem;
}

/* The completions of a queue pair that is destroyed are not given out any more, as with cards. */
void cq_forget(struct ibv_cq *ibv, uint32_t qpn)
{
    struct shared_cq *cq = shared(ibv);
    lock_shared(&cq->lock);
    uint32_t tail = atomic_load(&cq->tail), kept = tail, head = atomic_load(&cq->head);
    for (; tail != head; tail++) {
        if (slot(own, cq, tail)->qpn == qpn)
            continue;
        if (kept != tail) {
            *slot(own, cq, kept) = *slot(own, cq, tail);
            memcpy(message(own, cq, kept), message(own, cq, tail), slot(own, cq, kept)->scatter);
        }
        kept++;
    }
    atomic_store(&cq->head, kept);
    unlock_shared(&cq->lock);
}

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *cookie, struct ibv_comp_channel *channel, int vector)
{
    int problem = fault("create_cq");
    uint32_t index = 0;
    uint64_t memory = 0, messages = 0;
    struct soft_cq *cq = NULL;
    if (!problem && (cqe < 1 || cqe > MAX_CQE || vector != 0))
        problem = EINVAL;
    if (!problem) {
        cq = calloc(1, sizeof *cq);
        index = index_take(INDEX_CQ);
        memory = heap_allocate(cqe * sizeof(struct cqe));
        messages = heap_allocate(messages_size(cqe));
        if (!cq || !index || !memory || !messages)
            problem = ENOMEM;
    }
    if (problem) {
        free(cq);
        if (index)
            index_give(INDEX_CQ, index);
        if (memory)
            heap_free(memory, cqe * sizeof(struct cqe));
        if (messages)
            heap_free(messages, messages_size(cqe));
        errno = problem;
        return NULL;
    }
    struct shared_cq *made = &own->seg->cqs[index];
    if (made->generation++ == 0)
        init_shared(&made->lock);
    lock_shared(&made->lock);
    made->size = cqe;
    made->ring = memory;
    made->messages = messages;
    atomic_store(&made->head, 0);
    atomic_store(&made->tail, 0);
    atomic_store(&made->armed, 0);
    made->overrun = 0;
    made->fd = channel ? channel->fd : -1;
    made->inode = channel ? *(ino_t *)(channel + 1) : 0;
    unlock_shared(&made->lock);
    cq->ibv = (struct ibv_cq){ .context = context, .channel = channel, .cq_context = cookie, .handle = index, .cqe = cqe };
    cq->index = index;
    cq->generation = made->generation;
    if (channel)
        __atomic_fetch_add(&channel->refcnt, 1, __ATOMIC_SEQ_CST);
    soft_made(1);
    atomic_store(&queues[index], cq);
    return &cq->ibv;
}

struct soft_cq *cq_find(uint32_t index, uint32_t generation)
{
    struct soft_cq *cq = atomic_load(&queues[index % MAX_OBJECTS]);
    return cq && cq->generation == generation ? cq : NULL;
}

int ibv_destroy_cq(struct ibv_cq *ibv)
{
    struct soft_cq *cq = (struct soft_cq *)ibv;
    struct shared_cq *gone = shared(ibv);
    int problem = fault("destroy_cq");
    if (problem)
        return problem;
    if (atomic_load(&cq->users) > 0)
        return EBUSY;
    atomic_store(&queues[cq->index], NULL);
    lock_shared(&gone->lock);
    uint64_t memory = gone->ring, messages = gone->messages;
    uint32_t size = gone->size;
    gone->size = 0;
    gone->generation++;
    unlock_shared(&gone->lock);
    heap_free(memory, size * sizeof(struct cqe));
    heap_free(messages, messages_size(size));
    pthread_mutex_lock(&acknowledge);
    while (cq->unacknowledged > 0)
        pthread_cond_wait(&acknowledged, &acknowledge);
    pthread_mutex_unlock(&acknowledge);
    index_give(INDEX_CQ, cq->index);
    if (ibv->channel)
        __atomic_fetch_sub(&ibv->channel->refcnt, 1, __ATOMIC_SEQ_CST);
    soft_made(-1);
    free(cq);
    return 0;
}

/* The inode of its FIFO lies behind what callers know. */
struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context)
{
    int problem = fault("create_comp_channel");
    struct { struct ibv_comp_channel ibv; ino_t inode; } *channel = problem ? NULL : calloc(1, sizeof *channel);
    if (!channel) {
        errno = problem ? problem : ENOMEM;
        return NULL;
    }
    channel->ibv.context = context;
    channel->ibv.fd = fifo_open("infiniband-completions", &channel->inode);
    if (channel->ibv.fd < 0) {
        free(channel);
        return NULL;
    }
    soft_made(1);
    return &channel->ibv;
}

int ibv_destroy_comp_channel(struct ibv_comp_channel *channel)
{
    if (__atomic_load_n(&channel->refcnt, __ATOMIC_SEQ_CST) > 0)
        return EBUSY;
    close(channel->fd);
    soft_made(-1);
    free(channel);
    return 0;
}

int ibv_get_cq_event(struct ibv_comp_channel *channel, struct ibv_cq **cq, void **cookie)
{
    struct channel_record record;
    while (read(channel->fd, &record, sizeof record) == sizeof record) {
        pthread_mutex_lock(&acknowledge);
        struct soft_cq *found = cq_find(record.index, record.generation);
        if (found)
            found->unacknowledged++;
        pthread_mutex_unlock(&acknowledge);
        if (found) {
            *cq = &found->ibv;
            *cookie = found->ibv.cq_context;
            return 0;
        }
    }
    return -1;
}

void ibv_ack_cq_events(struct ibv_cq *cq, unsigned count)
{
    pthread_mutex_lock(&acknowledge);
    ((struct soft_cq *)cq)->unacknowledged -= count;
    pthread_cond_broadcast(&acknowledged);
    pthread_mutex_unlock(&acknowledge);
}
