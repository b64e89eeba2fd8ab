/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that take an id from nothing to a connection and to its end. What can only be known later is an event, as with real devices. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "cm.h"

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask);

static int result(int problem)
{
    errno = problem;
    return problem ? -1 : 0;
}

static int bind_name(struct cm_id *id)
{
    struct sockaddr_un name;
    if (bind(id->fd, (struct sockaddr *)&name, cm_name(&id->id.src_addr, id->only6, &name)) == 0)
        return 0;
    return errno;
}

int rdma_bind_addr(struct rdma_cm_id *of, struct sockaddr *address)
{
    struct cm_id *id = (struct cm_id *)of;
    bool any = address_is_any(address);
    int problem = fault("bind_addr");
    if (!problem && !any)
        problem = address_check_local(address);
    if (!problem && !any && !(of->verbs = soft_context()))
        problem = errno;
    if (!problem && (id->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        problem = errno;
    if (problem)
        return result(problem);
    address_copy(&of->src_addr, address);
    bool choose = address_port(&of->src_addr) == 0;
    for (int i = 0; i < 1000; i++) {
        if (choose)
            address_set_port(&of->src_addr, address_free_port());
        problem = bind_name(id);
        if (!choose || problem != EADDRINUSE)
            break;
    }
    if (problem)
        cm_close(id);
    else
        id->state = BOUND;
    return result(problem);
}

int rdma_listen(struct rdma_cm_id *of, int backlog)
{
    struct cm_id *id = (struct cm_id *)of;
    int problem = fault("listen");
    pthread_mutex_lock(&cm_lock);
    if (!problem && id->state != BOUND)
        problem = EINVAL;
    if (!problem) {
        id->backlog = backlog > 0 ? backlog : 128;
        id->state = LISTENING;
        if (listen(id->fd, 4096) != 0 || cm_watch(id) != 0)
            problem = errno;
    }
    pthread_mutex_unlock(&cm_lock);
    return result(problem);
}

static void tell(struct cm_id *id, int type, int status)
{
    pthread_mutex_lock(&cm_lock);
    cm_tell(id, type, status, NULL, 0);
    pthread_mutex_unlock(&cm_lock);
}

int rdma_resolve_addr(struct rdma_cm_id *of, struct sockaddr *source, struct sockaddr *destination, int millis)
{
    struct cm_id *id = (struct cm_id *)of;
    (void)millis;
    int problem = fault("resolve_addr");
    if (!problem && source && !address_is_any(source))
        problem = address_check_local(source);
    if (problem)
        return result(problem);
    problem = address_check_local(destination);
    if (problem == EADDRNOTAVAIL) {
        tell(id, CM_ADDR_ERROR, -EHOSTUNREACH);
        return 0;
    }
    if (problem)
        return result(problem);
    struct ibv_context *context = soft_context();
    if (!context)
        return -1;
    address_copy(&of->dst_addr, destination);
    address_copy(&of->src_addr, source && !address_is_any(source) ? source : destination);
    if (!source || address_port(&of->src_addr) == 0 || address_is_any(source))
        address_set_port(&of->src_addr, address_free_port());
    of->port_num = 1;
    of->verbs = context;
    tell(id, CM_ADDR_RESOLVED, 0);
    return 0;
}

int rdma_resolve_route(struct rdma_cm_id *id, int millis)
{
    (void)millis;
    int problem = fault("resolve_route");
    if (!problem && !id->verbs)
        problem = EINVAL;
    if (problem)
        return result(problem);
    tell((struct cm_id *)id, CM_ROUTE_RESOLVED, 0);
    return 0;
}

static int fill(struct message *message, int type, const struct rdma_cm_id *id, const struct rdma_conn_param *param, int most)
{
    *message = (struct message){ .type = type, .pid = getpid(), .segment = segment_fd(), .qpn = id->qp ? id->qp->qp_num : 0, .retry = 7, .rnr = 7,
        .source = id->src_addr, .destination = id->dst_addr };
    if (!param)
        return 0;
    if (param->private_data_len > most)
        return EINVAL;
    message->retry = param->retry_count & 7;
    message->rnr = param->rnr_retry_count & 7;
    message->responder = param->responder_resources;
    message->initiator = param->initiator_depth;
    message->length = param->private_data ? param->private_data_len : 0;
    if (message->length)
        memcpy(message->data, param->private_data, message->length);
    return 0;
}

/* Whoever listens on the address, on all of its kind, or on all of both: 0 or an errno value. */
static int reach(struct cm_id *id)
{
    struct sockaddr_storage names[3] = { id->id.dst_addr };
    struct sockaddr_un name;
    address_wildcard(&names[1], names[0].ss_family, &names[0]);
    address_wildcard(&names[2], AF_INET6, &names[0]);
    for (int i = 0; i < 3; i++) {
        if (connect(id->fd, (struct sockaddr *)&name, cm_name(&names[i], i == 1 && names[0].ss_family == AF_INET6, &name)) == 0)
            return 0;
        if (errno != ECONNREFUSED)
            return errno;
    }
    return ECONNREFUSED;
}

int rdma_connect(struct rdma_cm_id *of, struct rdma_conn_param *param)
{
    static const struct message nothing;
    struct cm_id *id = (struct cm_id *)of;
    struct message message;
    int problem = fault("connect");
    if (!problem && (!of->qp || id->fd >= 0))
        problem = EINVAL;
    if (!problem)
        problem = fill(&message, REQ, of, param, REQ_DATA);
    int fd = problem ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!problem && fd < 0)
        problem = errno;
    if (problem)
        return result(problem);
    pthread_mutex_lock(&cm_lock);
    id->fd = fd;
    id->peer.retry = message.retry;
    int refused = reach(id);
    if (refused) {
        cm_close(id);
        id->state = OVER;
        if (refused == ECONNREFUSED)
            cm_tell(id, CM_REJECTED, REJECT_INVALID_SERVICE, &nothing, REJ_DATA);
        else
            cm_tell(id, CM_UNREACHABLE, refused == EAGAIN ? -ETIMEDOUT : -refused, NULL, 0);
    } else {
        id->state = CONNECTING;
        cm_send(id, &message);
        if (cm_watch(id) != 0)
            problem = errno;
    }
    pthread_mutex_unlock(&cm_lock);
    return result(problem);
}

int rdma_accept(struct rdma_cm_id *of, struct rdma_conn_param *param)
{
    struct cm_id *id = (struct cm_id *)of;
    struct message message;
    int problem = fault("accept");
    if (!problem)
        problem = fill(&message, REP, of, param, REP_DATA);
    pthread_mutex_lock(&cm_lock);
    if (!problem && (id->state != ASKED || !of->qp))
        problem = EINVAL;
    if (!problem)
        problem = qp_connect(of->qp, id->peer.pid, id->peer.segment, id->peer.qpn, id->peer.retry, id->peer.rnr);
    if (!problem) {
        id->state = ACCEPTED;
        cm_send(id, &message);
    }
    pthread_mutex_unlock(&cm_lock);
    return result(problem);
}

int rdma_reject(struct rdma_cm_id *of, const void *data, uint8_t length)
{
    struct cm_id *id = (struct cm_id *)of;
    struct message message = { .type = REJ, .status = REJECT_CONSUMER, .length = length };
    int problem = fault("reject");
    if (!problem && length > REJ_DATA)
        problem = EINVAL;
    pthread_mutex_lock(&cm_lock);
    if (!problem && id->state != ASKED)
        problem = EINVAL;
    if (!problem) {
        if (length)
            memcpy(message.data, data, length);
        id->state = OVER;
        cm_send(id, &message);
    }
    pthread_mutex_unlock(&cm_lock);
    return result(problem);
}

int rdma_disconnect(struct rdma_cm_id *of)
{
    struct cm_id *id = (struct cm_id *)of;
    struct message message = { .type = DREQ };
    struct ibv_qp_attr error = { .qp_state = QPS_ERR };
    int problem = fault("disconnect");
    if (problem)
        return result(problem);
    if (of->qp)
        ibv_modify_qp(of->qp, &error, QP_MASK_STATE);
    pthread_mutex_lock(&cm_lock);
    if (id->state == ESTABLISHED || id->state == ACCEPTED) {
        id->state = DISCONNECTING;
        cm_send(id, &message);
    } else if (id->state != OVER && id->state != DISCONNECTING) {
        problem = EINVAL;
    }
    pthread_mutex_unlock(&cm_lock);
    return result(problem);
}

/* The program has got a message before it heard that the connection is up. */
int rdma_notify(struct rdma_cm_id *of, int event)
{
    struct cm_id *id = (struct cm_id *)of;
    (void)event;
    pthread_mutex_lock(&cm_lock);
    if (id->state == ACCEPTED) {
        id->state = ESTABLISHED;
        cm_tell(id, CM_ESTABLISHED, 0, NULL, 0);
    }
    pthread_mutex_unlock(&cm_lock);
    return 0;
}
