/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event channels: a list, and a FIFO with a byte for each event in it, so that the descriptor is readable as long as there is one. Events of an id that is destroyed
 * are taken back; those that were given out are waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cm.h"

pthread_cond_t cm_acknowledged = PTHREAD_COND_INITIALIZER;

/* Behind all others. @return whether it is in the list; if not, it is freed */
static bool append(struct cm_channel *channel, struct cm_event *event)
{
    if (write(channel->channel.fd, "", 1) != 1) {
        free(event);
        return false;
    }
    if (channel->last)
        channel->last->next = event;
    else
        channel->first = event;
    channel->last = event;
    return true;
}

/*
 * Under the lock. Of an id whose request was lost nothing else is told: nobody knows it, and nobody would be waited for who has an event of it when it goes with
 * its listener. @param from the peer's message, or NULL. @param padded length that its private data always has
 */
void cm_tell(struct cm_id *id, int type, int status, const struct message *from, int padded)
{
    struct cm_channel *channel = (struct cm_channel *)id->id.channel;
    struct cm_event *event = id->lost || fault_loses("cm") ? NULL : calloc(1, sizeof *event);
    if (!event) {
        id->lost |= type == CM_CONNECT_REQUEST;
        return;
    }
    event->event = (struct rdma_cm_event){ .id = &id->id, .event = type, .status = status };
    if (type == CM_CONNECT_REQUEST)
        event->event.listen_id = &id->listener->id;
    if (from) {
        memcpy(event->data, from->data, from->length);
        /* What the peer wants to have is what is asked of us, and the other way round. */
        event->event.param = (struct rdma_conn_param){ .private_data = event->data, .private_data_len = padded, .responder_resources = from->initiator,
            .initiator_depth = from->responder, .retry_count = from->retry, .rnr_retry_count = from->rnr, .qp_num = from->qpn };
    }
    if (!append(channel, event))
        id->lost |= type == CM_CONNECT_REQUEST;
}

static struct cm_event *unlink_first(struct cm_channel *channel, struct cm_event *before)
{
    char byte;
    struct cm_event *event = before ? before->next : channel->first;
    if (before)
        before->next = event->next;
    else
        channel->first = event->next;
    if (channel->last == event)
        channel->last = before;
    if (read(channel->channel.fd, &byte, 1) != 1)
        return event; /* only its descriptor is readable for nothing then */
    return event;
}

/* Under the lock: nobody has fetched them. */
void cm_forget_events(struct cm_id *id)
{
    struct cm_channel *channel = (struct cm_channel *)id->id.channel;
    for (struct cm_event *before = NULL, *event = channel->first, *next; event; event = next) {
        next = event->next;
        if (event->event.id == &id->id || event->event.listen_id == &id->id) {
            unlink_first(channel, before);
            free(event);
        } else {
            before = event;
        }
    }
}

struct rdma_event_channel *rdma_create_event_channel(void)
{
    int problem = fault("create_event_channel");
    if (!problem)
        problem = cm_start();
    struct cm_channel *channel = problem ? NULL : calloc(1, sizeof *channel);
    if (!channel) {
        errno = problem ? problem : ENOMEM;
        return NULL;
    }
    if ((channel->channel.fd = fifo_open("rdma_cm", NULL)) < 0) {
        free(channel);
        return NULL;
    }
    soft_made(1);
    return &channel->channel;
}

void rdma_destroy_event_channel(struct rdma_event_channel *channel)
{
    close(channel->fd);
    soft_made(-1);
    free(channel);
}

int rdma_get_cm_event(struct rdma_event_channel *of, struct rdma_cm_event **event)
{
    struct cm_channel *channel = (struct cm_channel *)of;
    for (;;) {
        pthread_mutex_lock(&cm_lock);
        if (channel->first) {
            struct cm_event *first = unlink_first(channel, NULL);
            struct cm_id *id = (struct cm_id *)first->event.id;
            /* An event of a listener's request is counted for the listener, as librdmacm does it. */
            if (first->event.event == CM_CONNECT_REQUEST) {
                struct cm_id *listener = id->listener;
                id->listener = NULL;
                listener->untold--;
                listener->unacknowledged++;
                cm_resume(listener);
            } else {
                id->unacknowledged++;
            }
            pthread_mutex_unlock(&cm_lock);
            *event = &first->event;
            return 0;
        }
        pthread_mutex_unlock(&cm_lock);
        struct pollfd poller = { .fd = of->fd, .events = POLLIN };
        if (fcntl(of->fd, F_GETFL) & O_NONBLOCK) {
            errno = EAGAIN;
            return -1;
        }
        if (poll(&poller, 1, -1) < 0)
            return -1;
    }
}

int rdma_ack_cm_event(struct rdma_cm_event *event)
{
    pthread_mutex_lock(&cm_lock);
    ((struct cm_id *)(event->event == CM_CONNECT_REQUEST ? event->listen_id : event->id))->unacknowledged--;
    pthread_cond_broadcast(&cm_acknowledged);
    pthread_mutex_unlock(&cm_lock);
    free(event);
    return 0;
}

const char *rdma_event_str(int event)
{
    static const char *const names[] = { "address resolved", "address error", "route resolved", "route error", "connect request", "connect response",
        "connect error", "unreachable", "rejected", "established", "disconnected", "device removal" };
    return event >= 0 && event < (int)(sizeof names / sizeof *names) ? names[event] : "unknown event";
}
