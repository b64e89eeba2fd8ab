/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queue pairs and their states. In the error state everything that was posted is flushed, each queue in its order, and a peer that still sends gets no answer. Who
 * puts one into that state waits first until what the peer is doing with it is over, so that a message that arrives is never behind one that was flushed.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include "soft.h"

_Atomic(struct soft_qp *) queue_pairs[MAX_OBJECTS];

void qp_wait_for_users(struct shared_qp *qp)
{
    for (unsigned turns = 0; atomic_load(&qp->users) > 0; turns++) {
        sched_yield();
        /* Killed in the middle of a request. */
        if (turns % 1024 == 1023 && kill(qp->remote_pid, 0) != 0 && errno == ESRCH)
            atomic_store(&qp->users, 0);
    }
}

static bool begin_error(struct shared_qp *qp)
{
    lock_shared(&qp->lock);
    bool first = qp->qpn != 0 && atomic_load(&qp->state) != QPS_ERR;
    if (first)
        atomic_store(&qp->state, QPS_ERR);
    unlock_shared(&qp->lock);
    return first;
}

/* The half of it that lies in the segment: by the owner, or by a peer that did what it must not. @param event that the owner gets, or -1 */
void qp_error_shared(struct peer *peer, struct shared_qp *qp, int event)
{
    if (!begin_error(qp))
        return;
    uint32_t index = qp - peer->seg->qps;
    qp_wait_for_users(qp);
    if (event >= 0)
        event_send(peer, event, ELEMENT_QP, index, qp->qpn);
    if (qp->has_srq)
        event_send(peer, EVENT_QP_LAST_WQE_REACHED, ELEMENT_QP, index, qp->qpn);
    else
        rq_flush(peer, qp);
}

/* Not under the send queue's lock. */
int qp_error(struct soft_qp *qp)
{
    qp_error_shared(own, qp->shared, -1);
    pthread_mutex_lock(&qp->lock);
    sq_run(qp);
    pthread_mutex_unlock(&qp->lock);
    return 0;
}

/* The peer is known, and messages may come and go. 0 or an errno value. */
int qp_connect(struct ibv_qp *ibv, pid_t pid, int segment_number, uint32_t qpn, uint32_t retry_count, uint32_t rnr_retry)
{
    struct soft_qp *qp = (struct soft_qp *)ibv;
    struct peer *peer = peer_get(pid, segment_number);
    if (!peer)
        return ECONNRESET;
    pthread_mutex_lock(&qp->lock);
    lock_shared(&qp->shared->lock);
    int problem = atomic_load(&qp->shared->state) == QPS_INIT ? 0 : EINVAL;
    if (!problem) {
        qp->peer = peer;
        qp->remote = &peer->seg->qps[qpn % MAX_OBJECTS];
        qp->retry_count = retry_count;
        qp->rnr_retry = rnr_retry;
        qp->shared->remote_pid = pid;
        qp->shared->remote_qpn = qpn;
        atomic_store(&qp->shared->state, QPS_RTS);
    }
    unlock_shared(&qp->shared->lock);
    pthread_mutex_unlock(&qp->lock);
    if (problem)
        peer_put(peer);
    return problem;
}

/* What it is made of may not be destroyed before it. */
static void hold(struct ibv_qp *qp, int more)
{
    soft_made(more);
    atomic_fetch_add(&((struct soft_pd *)qp->pd)->users, more);
    atomic_fetch_add(&((struct soft_cq *)qp->send_cq)->users, more);
    atomic_fetch_add(&((struct soft_cq *)qp->recv_cq)->users, more);
    if (qp->srq)
        atomic_fetch_add(&((struct soft_srq *)qp->srq)->users, more);
}

static int check(const struct ibv_qp_init_attr *attr)
{
    const struct ibv_qp_cap *cap = &attr->cap;
    return attr->qp_type != QPT_RC || !attr->send_cq || !attr->recv_cq || cap->max_send_wr > MAX_WR || cap->max_recv_wr > MAX_WR || cap->max_send_sge > MAX_SGE
        || cap->max_recv_sge > MAX_SGE || cap->max_inline_data > MAX_INLINE ? EINVAL : 0;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
    static _Atomic uint32_t generations[MAX_OBJECTS];
    struct soft_qp *qp = NULL;
    uint32_t index = 0, rq = 0;
    int problem = fault("create_qp");
    if (!problem)
        problem = check(attr);
    if (!problem && !attr->srq)
        problem = rq_create(attr->cap.max_recv_wr, attr->cap.max_recv_sge, &rq);
    if (!problem) {
        qp = calloc(1, sizeof *qp);
        index = index_take(INDEX_QP);
        if (qp) {
            qp->size = attr->cap.max_send_wr ? attr->cap.max_send_wr : 1;
            qp->max_sge = attr->cap.max_send_sge;
            qp->max_inline = attr->cap.max_inline_data;
            qp->ring = calloc(qp->size, sizeof(struct swqe));
        }
        if (!qp || !qp->ring || !index)
            problem = ENOMEM;
    }
    if (problem) {
        if (rq)
            rq_destroy(rq);
        if (index)
            index_give(INDEX_QP, index);
        if (qp)
            free(qp->ring);
        free(qp);
        errno = problem;
        return NULL;
    }
    struct shared_qp *shared = &own->seg->qps[index];
    uint32_t generation = atomic_fetch_add(&generations[index], 1);
    if (generation == 0)
        init_shared(&shared->lock);
    uint32_t qpn = (generation & 0xff) << 16 | index;
    lock_shared(&shared->lock);
    shared->pd = pd->handle;
    shared->rq = attr->srq ? attr->srq->handle : rq;
    shared->has_srq = attr->srq != NULL;
    shared->recv_cq = attr->recv_cq->handle;
    shared->remote_qpn = 0;
    shared->remote_pid = own->pid;
    atomic_store(&shared->rnr_micros, 655360);
    atomic_store(&shared->state, QPS_RESET);
    shared->qpn = qpn;
    unlock_shared(&shared->lock);
    pthread_mutex_init(&qp->lock, NULL);
    qp->index = index;
    qp->shared = shared;
    qp->signal_all = attr->sq_sig_all;
    qp->ibv = (struct ibv_qp){ .context = pd->context, .qp_context = attr->qp_context, .pd = pd, .send_cq = attr->send_cq, .recv_cq = attr->recv_cq,
        .srq = attr->srq, .handle = index, .qp_num = qpn, .qp_type = QPT_RC };
    hold(&qp->ibv, 1);
    atomic_store(&queue_pairs[index], qp);
    return &qp->ibv;
}

static const uint32_t rnr_micros[32] = { 655360, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 1920, 2560, 3840, 5120, 7680, 10240, 15360, 20480,
    30720, 40960, 61440, 81920, 122880, 163840, 245760, 327680, 491520 };

int ibv_modify_qp(struct ibv_qp *ibv, struct ibv_qp_attr *attr, int mask)
{
    struct soft_qp *qp = (struct soft_qp *)ibv;
    int problem = fault("modify_qp");
    if (problem)
        return problem;
    if (mask & QP_MASK_MIN_RNR_TIMER)
        atomic_store(&qp->shared->rnr_micros, rnr_micros[attr->min_rnr_timer & 31]);
    if (!(mask & QP_MASK_STATE))
        return 0;
    if (attr->qp_state == QPS_ERR)
        return qp_error(qp);
    /* The rest of the way is qp_connect's. */
    lock_shared(&qp->shared->lock);
    if (attr->qp_state == QPS_INIT && atomic_load(&qp->shared->state) == QPS_RESET)
        atomic_store(&qp->shared->state, QPS_INIT);
    else
        problem = EINVAL;
    unlock_shared(&qp->shared->lock);
    return problem;
}

int ibv_destroy_qp(struct ibv_qp *ibv)
{
    struct soft_qp *qp = (struct soft_qp *)ibv;
    struct shared_qp *shared = qp->shared;
    int problem = fault("destroy_qp");
    if (problem)
        return problem;
    lock_shared(&shared->lock);
    atomic_store(&shared->state, QPS_RESET);
    shared->qpn = 0;
    unlock_shared(&shared->lock);
    qp_wait_for_users(shared);
    retry_forget(qp);
    atomic_store(&queue_pairs[qp->index], NULL);
    event_wait_for(qp);
    if (!ibv->srq)
        rq_destroy(shared->rq);
    cq_forget(ibv->recv_cq, ibv->qp_num);
    if (ibv->send_cq != ibv->recv_cq)
        cq_forget(ibv->send_cq, ibv->qp_num);
    if (qp->peer)
        peer_put(qp->peer);
    hold(ibv, -1);
    index_give(INDEX_QP, qp->index);
    pthread_mutex_destroy(&qp->lock);
    free(qp->ring);
    free(qp);
    return 0;
}
