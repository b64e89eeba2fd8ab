/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the connection manager. Ids of one process talk over Unix sockets, a connection each, with messages named after those of InfiniBand's CM; the
 * socket's end is the peer's. One thread reads them all. One lock guards everything here; it is taken before those of the device.
 */
#ifndef CM_H
#define CM_H

#include "soft.h"

enum { REQ_DATA = 56, REP_DATA = 196, REJ_DATA = 148 };
enum { REJECT_INVALID_SERVICE = 8, REJECT_CONSUMER = 28 };

enum message_type { REQ = 1, REP, RTU, REJ, DREQ, DREP };
struct message {
    int type, status;
    pid_t pid;
    int segment;
    uint32_t qpn;
    uint8_t retry, rnr, responder, initiator, length, data[255];
    struct sockaddr_storage source, destination;
};

enum id_state { IDLE, BOUND, LISTENING, INCOMING, ASKED, CONNECTING, ACCEPTED, ESTABLISHED, DISCONNECTING, OVER };

struct cm_id {
    struct rdma_cm_id id;
    uint32_t slot;
    enum id_state state;
    int fd; /* of its socket, or -1 */
    bool only6;
    int backlog, untold; /* of a listener: requests that nobody has fetched */
    bool paused;
    struct cm_id *listener; /* of an incoming one that nobody has fetched */
    bool lost; /* an incoming one, and its listener never heard of it */
    struct message peer;
    unsigned unacknowledged;
};

struct cm_event { struct rdma_cm_event event; struct cm_event *next; uint8_t data[256]; };
struct cm_channel { struct rdma_event_channel channel; struct cm_event *first, *last; };

extern pthread_mutex_t cm_lock;
extern pthread_cond_t cm_acknowledged;

/* cm_event.c */
void cm_tell(struct cm_id *id, int type, int status, const struct message *from, int padded);
void cm_forget_events(struct cm_id *id);

/* cm_id.c */
struct cm_id *cm_new(struct rdma_event_channel *channel, void *context);
void cm_free(struct cm_id *id);
struct cm_id *cm_find(uint32_t slot);
void cm_for_each(void (*visit)(struct cm_id *id));

/* cm_socket.c */
int cm_start(void);
int cm_name(const struct sockaddr_storage *address, bool only6, void *name);
int cm_watch(struct cm_id *id);
void cm_resume(struct cm_id *listener);
void cm_close(struct cm_id *id);
void cm_send(struct cm_id *id, struct message *message);

/* cm_address.c */
int address_check_local(const struct sockaddr *address);
bool address_is_any(const struct sockaddr *address);
void address_copy(struct sockaddr_storage *to, const struct sockaddr *from);
void address_wildcard(struct sockaddr_storage *to, int family, const struct sockaddr_storage *port_of);
uint16_t address_port(const struct sockaddr_storage *address);
void address_set_port(struct sockaddr_storage *address, uint16_t port);
uint16_t address_free_port(void);

#endif
