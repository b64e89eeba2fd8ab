/* SPDX-License-Identifier: Apache-2.0 */
/* Connection ids: made, found by the number that their socket is watched under, destroyed. A number is not used again before all others were. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cm.h"

enum { SLOTS = 1 << 17 };

static struct cm_id *ids[SLOTS];
static uint32_t last_slot;

/* Under the lock. */
struct cm_id *cm_new(struct rdma_event_channel *channel, void *context)
{
    struct cm_id *id = calloc(1, sizeof *id);
    for (int i = 0; id && i < SLOTS; i++) {
        last_slot = (last_slot + 1) % SLOTS;
        if (!ids[last_slot]) {
            id->slot = last_slot;
            id->fd = -1;
            id->id.channel = channel;
            id->id.context = context;
            id->id.qp_type = QPT_RC;
            ids[last_slot] = id;
            soft_made(1);
            return id;
        }
    }
    free(id);
    return NULL;
}

/* Under the lock: no event of it is with anybody. */
void cm_free(struct cm_id *id)
{
    assert(id->unacknowledged == 0);
    cm_close(id);
    ids[id->slot] = NULL;
    soft_made(-1);
    free(id);
}

struct cm_id *cm_find(uint32_t slot)
{
    return slot < SLOTS ? ids[slot] : NULL;
}

void cm_for_each(void (*visit)(struct cm_id *id))
{
    for (int i = 0; i < SLOTS; i++)
        if (ids[i])
            visit(ids[i]);
}

int rdma_create_id(struct rdma_event_channel *channel, struct rdma_cm_id **made, void *context, int ps)
{
    int problem = fault("create_id");
    pthread_mutex_lock(&cm_lock);
    struct cm_id *id = problem ? NULL : cm_new(channel, context);
    pthread_mutex_unlock(&cm_lock);
    if (!id) {
        errno = problem ? problem : ENOMEM;
        return -1;
    }
    id->id.ps = ps;
    *made = &id->id;
    return 0;
}

static struct cm_id *gone;

static void of_gone_listener(struct cm_id *id)
{
    if (id->listener == gone) {
        cm_forget_events(id);
        cm_free(id);
    }
}

int rdma_destroy_id(struct rdma_cm_id *of)
{
    struct cm_id *id = (struct cm_id *)of;
    pthread_mutex_lock(&cm_lock);
    /* Whoever was not told of yet hears of the end by its socket. */
    cm_forget_events(id);
    if (id->state == LISTENING) {
        gone = id;
        cm_for_each(of_gone_listener);
    }
    cm_close(id);
    while (id->unacknowledged > 0)
        pthread_cond_wait(&cm_acknowledged, &cm_lock);
    cm_forget_events(id);
    cm_free(id);
    pthread_mutex_unlock(&cm_lock);
    return 0;
}

int rdma_set_option(struct rdma_cm_id *of, int level, int option, void *value, size_t length)
{
    int problem = fault("set_option");
    if (!problem && level == 0 && option == 2 && length == sizeof(int))
        ((struct cm_id *)of)->only6 = *(int *)value;
    errno = problem;
    return problem ? -1 : 0;
}

struct ibv_context **rdma_get_devices(int *count)
{
    struct ibv_context **list = calloc(2, sizeof *list);
    if (list && soft_present() && !(list[0] = soft_context())) {
        int problem = errno;
        free(list);
        errno = problem;
        return NULL;
    }
    if (list && count)
        *count = list[0] ? 1 : 0;
    return list;
}

void rdma_free_devices(struct ibv_context **list)
{
    free(list);
}

int rdma_create_qp(struct rdma_cm_id *id, struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
void rdma_destroy_qp(struct rdma_cm_id *id);
int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask);
int ibv_destroy_qp(struct ibv_qp *qp);
struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr);

int rdma_create_qp(struct rdma_cm_id *id, struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
    struct ibv_qp_attr init = { .qp_state = QPS_INIT, .port_num = 1 };
    if (!id->verbs || id->qp) {
        errno = EINVAL;
        return -1;
    }
    struct ibv_qp *qp = ibv_create_qp(pd, attr);
    if (!qp)
        return -1;
    int problem = ibv_modify_qp(qp, &init, QP_MASK_STATE);
    if (problem) {
        ibv_destroy_qp(qp);
        errno = problem;
        return -1;
    }
    pthread_mutex_lock(&cm_lock);
    id->qp = qp;
    pthread_mutex_unlock(&cm_lock);
    return 0;
}

void rdma_destroy_qp(struct rdma_cm_id *id)
{
    pthread_mutex_lock(&cm_lock);
    struct ibv_qp *qp = id->qp;
    id->qp = NULL;
    pthread_mutex_unlock(&cm_lock);
    if (qp)
        ibv_destroy_qp(qp);
}
