/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asynchronous events. A record names its element by place and generation, since a peer may write it; what is gone when the record is read is passed over. Who
 * destroys an element waits until all its events that were given out are acknowledged.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "soft.h"

struct event_record { uint32_t type, kind, index, generation; };
struct given { void *element; unsigned count; struct given *next; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t acknowledged = PTHREAD_COND_INITIALIZER;
static struct given *outstanding;

void event_send(struct peer *peer, int type, int kind, uint32_t index, uint32_t generation)
{
    struct event_record record = { type, kind, index, generation };
    if (peer->seg->async_fd >= 0 && !fault_loses("async"))
        peer_write(peer, peer->seg->async_fd, peer->seg->async_inode, &record, sizeof record);
}

static void *find(const struct event_record *record)
{
    struct soft_qp *qp;
    switch (record->kind) {
    case ELEMENT_QP:
        qp = atomic_load(&queue_pairs[record->index % MAX_OBJECTS]);
        return qp && qp->ibv.qp_num == record->generation ? qp : NULL;
    case ELEMENT_CQ:
        return cq_find(record->index, record->generation);
    case ELEMENT_SRQ:
        return srq_find(record->index, record->generation);
    default:
        return NULL;
    }
}

static struct given **entry(void *element)
{
    struct given **at = &outstanding;
    while (*at && (*at)->element != element)
        at = &(*at)->next;
    return at;
}

int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
    struct event_record record;
    while (read(context->async_fd, &record, sizeof record) == sizeof record) {
        pthread_mutex_lock(&lock);
        void *element = find(&record);
        struct given **at = entry(element);
        if (element && !*at)
            *at = calloc(1, sizeof **at);
        if (element && *at) {
            (*at)->element = element;
            (*at)->count++;
        }
        pthread_mutex_unlock(&lock);
        if (element || record.kind == ELEMENT_NONE) {
            event->element = element;
            event->type = record.type;
            return 0;
        }
    }
    return -1;
}

void ibv_ack_async_event(struct ibv_async_event *event)
{
    pthread_mutex_lock(&lock);
    struct given **at = entry(event->element), *given = *at;
    if (given && --given->count == 0) {
        *at = given->next;
        free(given);
        pthread_cond_broadcast(&acknowledged);
    }
    pthread_mutex_unlock(&lock);
}

void event_wait_for(void *element)
{
    pthread_mutex_lock(&lock);
    while (*entry(element))
        pthread_cond_wait(&acknowledged, &lock);
    pthread_mutex_unlock(&lock);
}
