/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one request does at the peer: the rights are checked where the memory is, the data is copied, and the completion of a receive comes last. A peer that
 * asks for what it must not have loses its connection: the request fails here, and the queue pair there ends too, with an event for its owner.
 */
#include <errno.h>
#include "soft.h"

struct span { struct iovec vector[MAX_SGE]; struct key *keys[MAX_SGE]; int count; uint64_t length; };

static void release(struct span *span)
{
    for (int i = 0; i < span->count; i++)
        if (span->keys[i])
            key_done(span->keys[i]);
    span->count = 0;
}

/* Memory of a list of elements, checked. */
static bool resolve(const struct peer *peer, struct span *span, const struct ibv_sge *sge, uint32_t count, uint32_t pd, uint32_t access, bool is_inline)
{
    span->count = 0;
    span->length = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct key *key = NULL;
        if (!is_inline && sge[i].length > 0 && !(key = key_use(peer, sge[i].lkey, pd, 0, sge[i].addr, sge[i].length, access))) {
            release(span);
            return false;
        }
        span->vector[span->count] = (struct iovec){ (void *)(uintptr_t)sge[i].addr, sge[i].length };
        span->keys[span->count++] = key;
        span->length += sge[i].length;
    }
    return true;
}

/* The peer's queue pair, held until its users are one less. */
static bool enter(struct soft_qp *qp)
{
    struct shared_qp *remote = qp->remote;
    lock_shared(&remote->lock);
    bool there = remote->qpn == qp->shared->remote_qpn && remote->remote_qpn == qp->ibv.qp_num && atomic_load(&remote->state) == QPS_RTS;
    if (there)
        atomic_fetch_add(&remote->users, 1);
    unlock_shared(&remote->lock);
    return there;
}

static void leave(struct soft_qp *qp)
{
    atomic_fetch_sub(&qp->remote->users, 1);
}

/* A failed copy: the peer has ended, or somebody's memory is not there any more. */
static int copy_status(int problem)
{
    return problem == 0 ? WC_SUCCESS : problem == ESRCH ? RETRY : WC_REM_OP_ERR;
}

static int refused(struct soft_qp *qp, int status, int event)
{
    leave(qp);
    qp_error_shared(qp->peer, qp->remote, event);
    return status;
}

static int message(struct soft_qp *qp, const struct swqe *wqe, struct span *local)
{
    struct shared_qp *remote = qp->remote;
    struct ibv_sge sge[MAX_SGE];
    struct span sink;
    uint32_t count;
    bool ran_low = false;
    struct cqe cqe = { .opcode = WC_OP_RECV, .qpn = remote->qpn, .byte_len = local->length };
    if (rq_take(qp->peer, remote->rq, &cqe.wr_id, sge, &count, &ran_low) != 0) {
        leave(qp);
        return RETRY_RECEIVE;
    }
    if (ran_low)
        event_send(qp->peer, EVENT_SRQ_LIMIT_REACHED, ELEMENT_SRQ, remote->rq, qp->peer->seg->rqs[remote->rq].generation);
    if (wqe->opcode == WR_SEND_WITH_INV) {
        if (!key_invalidate(qp->peer, wqe->key, remote->pd, remote->qpn, false)) {
            cqe.status = WC_LOC_ACCESS_ERR;
            cq_push(qp->peer, remote->recv_cq, &cqe, NULL);
            return refused(qp, WC_REM_ACCESS_ERR, EVENT_QP_ACCESS_ERR);
        }
        cqe.key = wqe->key;
        cqe.flags = WC_WITH_INV;
    }
    int status = WC_SUCCESS;
    if (!resolve(qp->peer, &sink, sge, count, remote->pd, LOCAL_WRITE, false)) {
        cqe.status = WC_LOC_PROT_ERR;
        status = WC_REM_OP_ERR;
    } else if (sink.length < local->length) {
        cqe.status = WC_LOC_LEN_ERR;
        status = WC_REM_INV_REQ_ERR;
        release(&sink);
    } else if (local->length <= MAX_SCATTER && count == 1) {
        release(&sink);
        cqe.scatter = local->length;
        cqe.lkey = sge->lkey;
        cqe.pd = remote->pd;
        cqe.addr = sge->addr;
    } else {
        status = copy_status(peer_copy(qp->peer, true, local->vector, local->count, sink.vector, sink.keys, sink.count));
        release(&sink);
        if (status == RETRY) {
            /* Its memory is gone, and with it the receive. */
            leave(qp);
            return WC_RETRY_EXC_ERR;
        }
        if (status != WC_SUCCESS)
            cqe.status = WC_LOC_PROT_ERR;
    }
    cq_push(qp->peer, remote->recv_cq, &cqe, local->vector);
    if (status != WC_SUCCESS)
        return refused(qp, status, -1);
    leave(qp);
    return WC_SUCCESS;
}

static int transfer(struct soft_qp *qp, const struct swqe *wqe, struct span *local)
{
    bool write = wqe->opcode == WR_RDMA_WRITE;
    struct key *key = NULL;
    int status = WC_SUCCESS;
    if (local->length > 0) {
        key = key_use(qp->peer, wqe->rkey, qp->remote->pd, qp->remote->qpn, wqe->remote_addr, local->length, write ? REMOTE_WRITE : REMOTE_READ);
        if (!key)
            return refused(qp, WC_REM_ACCESS_ERR, EVENT_QP_ACCESS_ERR);
        struct iovec there = { (void *)(uintptr_t)wqe->remote_addr, local->length };
        status = copy_status(peer_copy(qp->peer, write, local->vector, local->count, &there, &key, 1));
        key_done(key);
    }
    leave(qp);
    return status;
}

/* A status of completions, RETRY, or RETRY_RECEIVE. Under the send queue's lock. */
int execute(struct soft_qp *qp, struct swqe *wqe, uint32_t *bytes)
{
    struct span local;
    int status;
    switch (wqe->opcode) {
    case WR_BIND_MW:
        return key_bind(qp, wqe);
    case WR_LOCAL_INV:
        return key_invalidate(own, wqe->key, qp->shared->pd, qp->ibv.qp_num, true) ? WC_SUCCESS : WC_LOC_QP_OP_ERR;
    case WR_SEND:
    case WR_SEND_WITH_INV:
    case WR_RDMA_WRITE:
    case WR_RDMA_READ:
        break;
    default:
        return WC_LOC_QP_OP_ERR;
    }
    if (!resolve(own, &local, wqe->sge, wqe->count, qp->shared->pd, wqe->opcode == WR_RDMA_READ ? LOCAL_WRITE : 0, wqe->flags & SEND_INLINE))
        return WC_LOC_PROT_ERR;
    if (!enter(qp))
        status = RETRY;
    else if (wqe->opcode == WR_SEND || wqe->opcode == WR_SEND_WITH_INV)
        status = message(qp, wqe, &local);
    else
        status = transfer(qp, wqe, &local);
    *bytes = local.length;
    release(&local);
    return status;
}
