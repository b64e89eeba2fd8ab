/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send queues. Requests are carried out in their order by whoever posts; behind one that has to wait all wait. The first that fails completes with its error and
 * ends the queue pair, and all behind it are flushed, also those that asked for no completion. Room is free again when a completion is taken, as with cards.
 */
#include <errno.h>
#include <string.h>
#include "soft.h"

/* Between two tries to reach a peer that does not answer: from, to; how long altogether for each retry of the connection. */
#define FIRST_PAUSE 1000000ULL
#define LONGEST_PAUSE 64000000ULL
#define ANSWER_TIME 67000000ULL

static struct swqe *slot(struct soft_qp *qp, uint32_t number)
{
    return &qp->ring[number % qp->size];
}

static int append(struct soft_qp *qp, const struct ibv_send_wr *wr)
{
    bool bind = wr->opcode == WR_BIND_MW, none = bind || wr->opcode == WR_LOCAL_INV;
    if (qp->head - atomic_load(&qp->retired) >= qp->size)
        return ENOMEM;
    if (!none && (wr->num_sge < 0 || (uint32_t)wr->num_sge > qp->max_sge))
        return EINVAL;
    struct swqe *wqe = slot(qp, qp->head);
    wqe->wr_id = wr->wr_id;
    wqe->opcode = wr->opcode;
    wqe->flags = wr->send_flags;
    wqe->key = bind ? wr->bind_mw.rkey : wr->invalidate_rkey;
    wqe->remote_addr = wr->remote_addr;
    /* Of a bind: the key that the window has in the program when it is posted. */
    wqe->rkey = bind ? wr->bind_mw.mw->rkey : wr->rkey;
    wqe->count = none ? 0 : wr->num_sge;
    wqe->tries = 0;
    wqe->since = wqe->not_before = 0;
    if (bind) {
        wqe->mw = wr->bind_mw.mw;
        wqe->bind_lkey = wr->bind_mw.mr->lkey;
        wqe->bind_addr = wr->bind_mw.addr;
        wqe->bind_length = wr->bind_mw.length;
        wqe->bind_access = wr->bind_mw.access;
    } else if (wr->send_flags & SEND_INLINE) {
        uint32_t length = 0;
        for (uint32_t i = 0; i < wqe->count; i++) {
            if (length + wr->sg_list[i].length > qp->max_inline || wr->opcode == WR_RDMA_READ)
                return EINVAL;
            memcpy(wqe->data + length, (void *)(uintptr_t)wr->sg_list[i].addr, wr->sg_list[i].length);
            length += wr->sg_list[i].length;
        }
        wqe->sge[0] = (struct ibv_sge){ (uintptr_t)wqe->data, length, 0 };
        wqe->count = 1;
    } else {
        memcpy(wqe->sge, wr->sg_list, wqe->count * sizeof *wqe->sge);
    }
    qp->head++;
    return 0;
}

int sq_post(struct ibv_qp *ibv, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
    struct soft_qp *qp = (struct soft_qp *)ibv;
    int problem = fault("post_send");
    pthread_mutex_lock(&qp->lock);
    uint32_t state = atomic_load(&qp->shared->state);
    if (!problem && state != QPS_RTS && state != QPS_ERR)
        problem = EINVAL;
    while (wr && !problem)
        if (!(problem = append(qp, wr)))
            wr = wr->next;
    if (qp->due == 0 || state == QPS_ERR)
        sq_run(qp);
    pthread_mutex_unlock(&qp->lock);
    fault_pause("return-send");
    if (problem)
        *bad = wr;
    return problem;
}

static uint32_t completion_opcode(int opcode)
{
    switch (opcode) {
    case WR_RDMA_WRITE: return WC_OP_RDMA_WRITE;
    case WR_RDMA_READ: return WC_OP_RDMA_READ;
    case WR_BIND_MW: return WC_OP_BIND_MW;
    case WR_LOCAL_INV: return WC_OP_LOCAL_INV;
    default: return WC_OP_SEND;
    }
}

static void complete(struct soft_qp *qp, const struct swqe *wqe, int status, uint32_t bytes)
{
    qp->tail++;
    if (status == WC_SUCCESS && !qp->signal_all && !(wqe->flags & SEND_SIGNALED))
        return;
    struct cqe cqe = { .wr_id = wqe->wr_id, .status = status, .opcode = completion_opcode(wqe->opcode), .byte_len = bytes, .qpn = qp->ibv.qp_num,
        .sender = qp->index, .retires = qp->tail };
    cq_push(own, qp->ibv.send_cq->handle, &cqe, NULL);
}

/* It cannot go on now. When to try again; 0: it was tried often enough, and *result is the status. */
static uint64_t again(struct soft_qp *qp, struct swqe *wqe, int *result)
{
    uint64_t now = now_nanos();
    if (wqe->since == 0)
        wqe->since = now;
    if (*result == RETRY_RECEIVE) {
        if (qp->rnr_retry < 7 && wqe->tries++ >= qp->rnr_retry) {
            *result = WC_RNR_RETRY_EXC_ERR;
            return 0;
        }
        return now + 1000ULL * atomic_load(&qp->remote->rnr_micros);
    }
    if (now - wqe->since > (qp->retry_count + 1) * ANSWER_TIME) {
        *result = WC_RETRY_EXC_ERR;
        return 0;
    }
    uint64_t pause = FIRST_PAUSE << (wqe->tries < 6 ? wqe->tries++ : 6);
    return now + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE);
}

/* Under the send queue's lock. */
void sq_run(struct soft_qp *qp)
{
    while (qp->tail != qp->head) {
        struct swqe *wqe = slot(qp, qp->tail);
        uint32_t bytes = 0;
        if (atomic_load(&qp->shared->state) == QPS_ERR) {
            complete(qp, wqe, WC_WR_FLUSH_ERR, 0);
            continue;
        }
        uint64_t at = 0;
        int result = fault_status(wqe->opcode, &wqe->not_before);
        if (result == RETRY)
            at = wqe->not_before;
        else if (result == WC_SUCCESS && (result = execute(qp, wqe, &bytes)) < 0)
            at = again(qp, wqe, &result);
        if (at) {
            retry_later(qp, at);
            return;
        }
        complete(qp, wqe, result, bytes);
        if (result != WC_SUCCESS)
            qp_error_shared(own, qp->shared, -1);
    }
}
