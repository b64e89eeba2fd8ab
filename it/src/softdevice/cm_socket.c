/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets under the ids and the thread that reads them: it takes connections for listeners, and carries the handshake on. Names are of the abstract kind, which
 * end with their process; the library's folder is in them, so that only processes with the same library meet.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>
#include "cm.h"

pthread_mutex_t cm_lock = PTHREAD_MUTEX_INITIALIZER;

static int epoll = -1;

/* A struct sockaddr_un: its length. A wildcard of IPv6 for IPv4 too has another name than one without. */
int cm_name(const struct sockaddr_storage *address, bool only6, void *to)
{
    struct sockaddr_un *name = to;
    char text[INET6_ADDRSTRLEN] = "";
    uint32_t hash = 2166136261U;
    const void *ip = address->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
        : &((const struct sockaddr_in *)address)->sin_addr;
    for (const char *c = soft_folder(); *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    inet_ntop(address->ss_family, ip, text, sizeof text);
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    int length = snprintf(name->sun_path + 1, sizeof name->sun_path - 1, "softdevice/%08x/%s%s/%d", hash, text,
                          only6 && address_is_any((const struct sockaddr *)address) ? "only" : "", address_port(address));
    return offsetof(struct sockaddr_un, sun_path) + 1 + length;
}

int cm_watch(struct cm_id *id)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = id->slot };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, id->fd, &event);
}

/* A listener whose requests nobody fetches takes no more. */
static void pause_listener(struct cm_id *listener)
{
    struct epoll_event event = { .events = 0, .data.u64 = listener->slot };
    epoll_ctl(epoll, EPOLL_CTL_MOD, listener->fd, &event);
    listener->paused = true;
}

void cm_resume(struct cm_id *listener)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = listener->slot };
    if (listener->paused && listener->fd >= 0 && listener->untold < listener->backlog) {
        epoll_ctl(epoll, EPOLL_CTL_MOD, listener->fd, &event);
        listener->paused = false;
    }
}

void cm_close(struct cm_id *id)
{
    if (id->fd >= 0) {
        close(id->fd);
        id->fd = -1;
    }
}

/* A peer that is gone is found out when its socket is read. */
void cm_send(struct cm_id *id, struct message *message)
{
    ssize_t sent = send(id->fd, message, sizeof *message, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}

static void take_connection(struct cm_id *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE)
            usleep(1000); /* the peer waits meanwhile */
        return;
    }
    struct cm_id *id = cm_new(listener->id.channel, listener->id.context);
    if (!id) {
        close(fd);
        return;
    }
    id->fd = fd;
    id->state = INCOMING;
    id->listener = listener;
    id->id.ps = listener->id.ps;
    if (cm_watch(id) != 0)
        cm_free(id);
}

static void asked(struct cm_id *id, const struct message *message)
{
    id->state = ASKED;
    id->peer = *message;
    id->id.src_addr = message->destination;
    id->id.dst_addr = message->source;
    id->id.verbs = soft_context();
    id->id.port_num = 1;
    cm_tell(id, CM_CONNECT_REQUEST, 0, message, REQ_DATA);
    if (!id->lost && ++id->listener->untold >= id->listener->backlog)
        pause_listener(id->listener);
}

static void answered(struct cm_id *id, const struct message *message)
{
    struct message answer = { .type = RTU };
    if (!id->id.qp || qp_connect(id->id.qp, message->pid, message->segment, message->qpn, id->peer.retry, message->rnr) != 0) {
        answer.type = REJ;
        answer.status = REJECT_CONSUMER;
        cm_send(id, &answer);
        id->state = OVER;
        cm_tell(id, CM_CONNECT_ERROR, -ECONNRESET, NULL, 0);
        return;
    }
    id->state = ESTABLISHED;
    cm_send(id, &answer);
    cm_tell(id, CM_ESTABLISHED, 0, message, REP_DATA);
}

static void disconnected(struct cm_id *id)
{
    if (id->state == ESTABLISHED || id->state == DISCONNECTING)
        cm_tell(id, CM_DISCONNECTED, 0, NULL, 0);
    id->state = OVER;
}

/* The socket has ended: the peer's id, or its process. */
static void hung_up(struct cm_id *id)
{
    static const struct message nothing;
    cm_close(id);
    switch (id->state) {
    case INCOMING:
        cm_free(id);
        break;
    case CONNECTING:
    case ASKED:
    case ACCEPTED:
        id->state = OVER;
        cm_tell(id, CM_REJECTED, REJECT_CONSUMER, &nothing, REJ_DATA);
        break;
    default:
        disconnected(id);
    }
}

static void receive(struct cm_id *id)
{
    struct message message;
    ssize_t n = recv(id->fd, &message, sizeof message, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != sizeof message) {
        hung_up(id);
        return;
    }
    if (id->state == INCOMING && message.type == REQ) {
        asked(id, &message);
    } else if (id->state == CONNECTING && message.type == REP) {
        answered(id, &message);
    } else if (id->state == ACCEPTED && message.type == RTU) {
        id->state = ESTABLISHED;
        cm_tell(id, CM_ESTABLISHED, 0, NULL, 0);
    } else if (message.type == REJ && (id->state == CONNECTING || id->state == ACCEPTED)) {
        id->state = OVER;
        cm_tell(id, CM_REJECTED, message.status, &message, REJ_DATA);
    } else if (message.type == DREQ && id->state != OVER) {
        struct message answer = { .type = DREP };
        cm_send(id, &answer);
        disconnected(id);
    } else if (message.type == DREP) {
        disconnected(id);
    }
}

static void *run(void *nothing)
{
    struct epoll_event events[64];
    (void)nothing;
    for (;;) {
        int n = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            pthread_mutex_lock(&cm_lock);
            struct cm_id *id = cm_find(events[i].data.u64);
            if (id && id->fd >= 0 && id->state == LISTENING)
                take_connection(id);
            else if (id && id->fd >= 0)
                receive(id);
            pthread_mutex_unlock(&cm_lock);
        }
    }
    return NULL;
}

static void removed(struct cm_id *id)
{
    if (id->id.verbs && !id->listener)
        cm_tell(id, CM_DEVICE_REMOVAL, 0, NULL, 0);
}

static void device_removed(void)
{
    pthread_mutex_lock(&cm_lock);
    cm_for_each(removed);
    pthread_mutex_unlock(&cm_lock);
}

/* 0 or an errno value. */
int cm_start(void)
{
    int problem = 0;
    pthread_mutex_lock(&cm_lock);
    if (epoll < 0) {
        epoll = epoll_create1(EPOLL_CLOEXEC);
        problem = epoll < 0 ? errno : thread_start(run);
        if (problem && epoll >= 0) {
            close(epoll);
            epoll = -1;
        }
        soft_when_removed = device_removed;
    }
    pthread_mutex_unlock(&cm_lock);
    return problem;
}
