// SPDX-License-Identifier: Apache-2.0
/*
 * A stand-in for libibverbs with its provider library: a context whose function table leads to functions that cost next to nothing, so that what is measured is the way into them, and as
 * much of the rest as opening a device, registering memory and making a completion queue take. A posted request completes at once if it is signalled, or a receive, and the next polls
 * give its completion. One thread. Offsets are those of infiniband/verbs.h, 64 bit.
 */
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>

struct send_wr { uint64_t wr_id; struct send_wr *next; void *sg_list; int num_sge; int opcode; unsigned send_flags; };
struct wc { uint64_t wr_id; uint32_t status, opcode, vendor_err, byte_len, imm, qp_num, src_qp, flags; uint16_t pkey; uint16_t slid; uint8_t sl, bits; };

enum { QUEUE = 4096, SIGNALED = 1 << 1 };
static uint64_t queue[QUEUE];
static uint64_t posted, polled;

static int post_send(void *queue_pair, struct send_wr *wr, struct send_wr **bad)
{
    for (; wr; wr = wr->next)
        if (wr->send_flags & SIGNALED)
            queue[posted++ % QUEUE] = wr->wr_id;
    return 0;
}

static int post_recv(void *queue_pair, struct send_wr *wr, struct send_wr **bad)
{
    for (; wr; wr = wr->next)
        queue[posted++ % QUEUE] = wr->wr_id;
    return 0;
}

static int poll_cq(void *cq, int most, struct wc *wc)
{
    int n = 0;
    for (; n < most && polled < posted; n++) {
        memset(&wc[n], 0, sizeof *wc);
        wc[n].wr_id = queue[polled++ % QUEUE];
    }
    return n;
}

static int req_notify_cq(void *cq, int solicited)
{
    return 0;
}

/* struct ibv_device, as far as nobody asks for more than zeros. */
static char device[1024];

/* struct ibv_context: the device, then struct ibv_context_ops. */
static struct {
    void *device;
    void *ops[32];
    int cmd_fd, async_fd;
} context;

void *stub_context(void)
{
    context.device = device;
    context.ops[88 / 8] = poll_cq;
    context.ops[96 / 8] = req_notify_cq;
    context.ops[160 / 8] = post_recv;
    context.ops[200 / 8] = post_send;
    context.ops[208 / 8] = post_recv;
    return &context;
}

/* The functions of the library. What is made is never looked at, or is all zeros. */
static char thing[256];

const char *ibv_get_device_name(void *device) { return "stub"; }
int ibv_query_device(void *context, void *attr) { memset(attr, 0, 232); return 0; }
int ibv_query_port(void *context, int port, void *attr) { memset(attr, 0, 56); return 0; }
void *ibv_alloc_pd(void *context) { return thing; }
int ibv_dealloc_pd(void *pd) { return 0; }
void *ibv_reg_mr(void *pd, void *address, uint64_t length, int access) { return thing; }
int ibv_dereg_mr(void *mr) { return 0; }
void *ibv_create_cq(void *context, int cqe, void *cookie, void *channel, int vector) { return thing; }
int ibv_destroy_cq(void *cq) { return 0; }
int ibv_get_cq_event(void *channel, void **cq, void **cookie) { return -1; }
void ibv_ack_cq_events(void *cq, unsigned count) { }
void *ibv_create_srq(void *pd, void *attr) { return thing; }
int ibv_modify_srq(void *srq, void *attr, int mask) { return 0; }
int ibv_destroy_srq(void *srq) { return 0; }
void *ibv_create_qp(void *pd, void *attr) { return thing; }
int ibv_modify_qp(void *qp, void *attr, int mask) { return 0; }
int ibv_destroy_qp(void *qp) { return 0; }
int ibv_get_async_event(void *context, void *event) { return -1; }
void ibv_ack_async_event(void *event) { }

/* struct ibv_comp_channel: the context, then a descriptor that is never readable. */
static struct { void *context; int fd, references; } channel;

void *ibv_create_comp_channel(void *context)
{
    channel.fd = eventfd(0, EFD_NONBLOCK);
    return &channel;
}

int ibv_destroy_comp_channel(void *channel) { return 0; }
