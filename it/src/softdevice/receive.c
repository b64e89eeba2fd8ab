/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receive queues, of one queue pair or shared: rings in the segment, out of which the peer's process takes the receive for its message. A queue pair's own is
 * flushed at its end, and what is posted to it from then on is flushed at once. A shared one tells once when it falls below its limit.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "soft.h"

static size_t stride(uint32_t sge)
{
    return sizeof(struct rwqe) + sge * sizeof(struct ibv_sge);
}

static struct rwqe *slot(const struct peer *peer, const struct shared_rq *rq, uint32_t number)
{
    return shared_at(peer, rq->ring + (number % rq->size) * stride(rq->max_sge));
}

/* 0 or an errno value. */
int rq_create(uint32_t wr, uint32_t sge, uint32_t *index)
{
    uint64_t memory;
    *index = index_take(INDEX_RQ);
    if (!*index)
        return ENOMEM;
    wr = wr ? wr : 1;
    sge = sge ? sge : 1;
    if (!(memory = heap_allocate(wr * stride(sge)))) {
        index_give(INDEX_RQ, *index);
        return ENOMEM;
    }
    struct shared_rq *rq = &own->seg->rqs[*index];
    if (rq->generation++ == 0)
        init_shared(&rq->lock);
    lock_shared(&rq->lock);
    rq->size = wr;
    rq->max_sge = sge;
    rq->head = rq->tail = rq->limit = rq->flushing = 0;
    rq->ring = memory;
    unlock_shared(&rq->lock);
    return 0;
}

void rq_destroy(uint32_t index)
{
    struct shared_rq *rq = &own->seg->rqs[index];
    lock_shared(&rq->lock);
    uint64_t memory = rq->ring;
    size_t size = rq->size * stride(rq->max_sge);
    rq->generation++;
    rq->head = rq->tail = 0;
    rq->flushing = 1;
    unlock_shared(&rq->lock);
    heap_free(memory, size);
    index_give(INDEX_RQ, index);
}

static void push_flushed(struct peer *peer, uint32_t cq, uint32_t qpn, uint64_t wr_id)
{
    struct cqe cqe = { .wr_id = wr_id, .status = WC_WR_FLUSH_ERR, .opcode = WC_OP_RECV, .qpn = qpn };
    cq_push(peer, cq, &cqe, NULL);
}

/* @param qp of a queue that is not shared */
int rq_post(uint32_t index, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad, struct soft_qp *qp)
{
    struct shared_rq *rq = &own->seg->rqs[index];
    int problem = 0;
    lock_shared(&rq->lock);
    for (; wr && !problem; wr = problem ? wr : wr->next) {
        if (rq->flushing && qp) {
            push_flushed(own, qp->shared->recv_cq, qp->ibv.qp_num, wr->wr_id);
        } else if (wr->num_sge < 0 || (uint32_t)wr->num_sge > rq->max_sge) {
            problem = EINVAL;
        } else if (rq->head - rq->tail == rq->size) {
            problem = ENOMEM;
        } else {
            struct rwqe *wqe = slot(own, rq, rq->head);
            wqe->wr_id = wr->wr_id;
            wqe->count = wr->num_sge;
            memcpy(wqe->sge, wr->sg_list, wr->num_sge * sizeof(struct ibv_sge));
            rq->head++;
        }
        if (problem)
            break;
    }
    unlock_shared(&rq->lock);
    if (problem)
        *bad = wr;
    return problem;
}

/* The next receive: 0, or EAGAIN when there is none. */
int rq_take(const struct peer *peer, uint32_t index, uint64_t *wr_id, struct ibv_sge *sge, uint32_t *count, bool *ran_low)
{
    struct shared_rq *rq = &peer->seg->rqs[index];
    int problem = EAGAIN;
    lock_shared(&rq->lock);
    if (rq->head != rq->tail && !rq->flushing) {
        const struct rwqe *wqe = slot(peer, rq, rq->tail);
        *wr_id = wqe->wr_id;
        *count = wqe->count < MAX_SGE ? wqe->count : MAX_SGE;
        memcpy(sge, wqe->sge, *count * sizeof *sge);
        rq->tail++;
        *ran_low = rq->limit && rq->head - rq->tail < rq->limit;
        if (*ran_low)
            rq->limit = 0;
        problem = 0;
    }
    unlock_shared(&rq->lock);
    return problem;
}

/* All receives of a queue pair in the error state, in their order. Its peer does nothing with it any more. */
void rq_flush(struct peer *peer, struct shared_qp *qp)
{
    struct shared_rq *rq = &peer->seg->rqs[qp->rq];
    lock_shared(&rq->lock);
    rq->flushing = 1;
    for (; rq->tail != rq->head; rq->tail++)
        push_flushed(peer, qp->recv_cq, qp->qpn, slot(peer, rq, rq->tail)->wr_id);
    unlock_shared(&rq->lock);
}

static _Atomic(struct soft_srq *) queues[MAX_OBJECTS];

struct soft_srq *srq_find(uint32_t index, uint32_t generation)
{
    struct soft_srq *srq = atomic_load(&queues[index % MAX_OBJECTS]);
    return srq && srq->generation == generation ? srq : NULL;
}

struct ibv_srq *ibv_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr)
{
    uint32_t index;
    int problem = fault("create_srq");
    if (!problem && (attr->attr.max_wr > MAX_WR || attr->attr.max_sge > MAX_SGE))
        problem = EINVAL;
    struct soft_srq *srq = problem ? NULL : calloc(1, sizeof *srq);
    if (!problem && srq)
        problem = rq_create(attr->attr.max_wr, attr->attr.max_sge, &index);
    if (problem || !srq) {
        free(srq);
        errno = problem ? problem : ENOMEM;
        return NULL;
    }
    srq->ibv = (struct ibv_srq){ .context = pd->context, .srq_context = attr->srq_context, .pd = pd, .handle = index };
    srq->index = index;
    srq->generation = own->seg->rqs[index].generation;
    own->seg->rqs[index].limit = attr->attr.srq_limit;
    atomic_fetch_add(&((struct soft_pd *)pd)->users, 1);
    soft_made(1);
    atomic_store(&queues[index], srq);
    return &srq->ibv;
}

int ibv_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr, int mask)
{
    struct shared_rq *rq = &own->seg->rqs[srq->handle];
    int problem = fault("modify_srq");
    bool low = false;
    if (problem || mask != SRQ_MASK_LIMIT)
        return problem ? problem : EINVAL;
    lock_shared(&rq->lock);
    if (attr->srq_limit > rq->size)
        problem = EINVAL;
    else if ((low = rq->head - rq->tail < attr->srq_limit))
        rq->limit = 0;
    else
        rq->limit = attr->srq_limit;
    unlock_shared(&rq->lock);
    if (low)
        event_send(own, EVENT_SRQ_LIMIT_REACHED, ELEMENT_SRQ, srq->handle, ((struct soft_srq *)srq)->generation);
    return problem;
}

int srq_post(struct ibv_srq *srq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
    int problem = fault("post_srq_recv");
    if (problem) {
        *bad = wr;
        return problem;
    }
    return rq_post(srq->handle, wr, bad, NULL);
}

int receive_post(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
    struct soft_qp *of = (struct soft_qp *)qp;
    int problem = fault("post_recv");
    if (!problem && (qp->srq || atomic_load(&of->shared->state) == QPS_RESET))
        problem = EINVAL;
    if (problem) {
        *bad = wr;
        return problem;
    }
    return rq_post(of->shared->rq, wr, bad, of);
}

int ibv_destroy_srq(struct ibv_srq *srq)
{
    if (atomic_load(&((struct soft_srq *)srq)->users) > 0)
        return EBUSY;
    atomic_store(&queues[srq->handle], NULL);
    event_wait_for(srq);
    rq_destroy(srq->handle);
    atomic_fetch_sub(&((struct soft_pd *)srq->pd)->users, 1);
    soft_made(-1);
    free(srq);
    return 0;
}
