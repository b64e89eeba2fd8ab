/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the software device. Each process has one segment of shared memory with everything that a peer's requests touch: queue pairs, receive queues,
 * completion queues, keys. Who posts a request carries it out at once, in its own thread: it takes the receive out of the peer's queue, copies the data
 * (memcpy where memory.c has made it this process's own, else process_vm_readv and process_vm_writev) and puts the completion into the peer's queue; a short
 * message lies beside its completion and is copied by who takes that, as some cards do (mlx5 calls it "scatter to CQE"). What cannot go on now, because the peer has
 * no receive or is gone, waits in the send queue for the thread of retry.c.
 *
 * Locks, in the order in which they may be taken: a send queue's, a queue pair's, a receive queue's, a completion queue's. Those in shared memory are robust: a
 * process that is killed leaves none behind. No lock is held while data is copied but the send queue's, and for a short message the completion queue's.
 */
#ifndef SOFT_H
#define SOFT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>
#include "abi.h"

#define SEGMENT_SIZE (16ULL << 30)
enum { MAX_OBJECTS = 1 << 16, MAX_KEYS = 1 << 18, MAX_WR = 32768, MAX_SGE = 32, MAX_INLINE = 512, MAX_CQE = 1 << 20, MAX_SCATTER = 512 };

/* A completion as it lies in a queue. Of a short message also where it goes to: its bytes lie at the same place of the queue's second ring. */
struct cqe {
    uint64_t wr_id;
    uint32_t status, opcode, byte_len, key, qpn, flags;
    uint32_t sender;  /* index of the queue pair whose send queue it frees, or 0 */
    uint32_t retires; /* requests of that queue that are over with it */
    uint32_t scatter; /* bytes to be copied to the address by who takes it, or 0 */
    uint32_t lkey, pd;
    uint64_t addr;
};

struct shared_cq {
    pthread_mutex_t lock;
    uint32_t generation, size;
    _Atomic uint32_t head, tail;
    _Atomic uint32_t armed;
    uint32_t overrun;
    int fd; /* of its completion channel in the owner's process, or -1 */
    ino_t inode;
    uint64_t ring, messages;
};

struct rwqe { uint64_t wr_id; uint32_t count, unused; struct ibv_sge sge[]; };

struct shared_rq {
    pthread_mutex_t lock;
    uint32_t generation, size, max_sge;
    uint32_t head, tail;
    uint32_t limit;
    uint32_t flushing;
    uint64_t ring;
};

struct shared_qp {
    pthread_mutex_t lock;
    _Atomic uint32_t state;
    uint32_t qpn; /* generation and index; 0: none */
    uint32_t pd, rq, recv_cq, has_srq;
    uint32_t remote_qpn;
    pid_t remote_pid;
    _Atomic uint32_t rnr_micros;
    _Atomic uint32_t users; /* requests of the peer that are being carried out */
};

enum key_kind { KEY_FREE, KEY_REGION, KEY_WINDOW };
struct key {
    _Atomic uint32_t valid;
    _Atomic uint32_t users; /* accesses under way */
    uint32_t key, kind, pd, access, qpn, parent;
    _Atomic uint32_t windows; /* bound to this region */
    uint64_t addr, length;
    uint64_t shared_from, shared_to; /* of it, what peers reach without a system call */
    struct shared_memory *memory;    /* the owner's, of a region, or NULL */
};

struct segment {
    uint64_t magic;
    uint64_t id;
    pid_t pid;
    int memory_fd; /* of registered memory, or -1 */
    int async_fd;
    ino_t async_inode;
    struct shared_qp qps[MAX_OBJECTS];
    struct shared_cq cqs[MAX_OBJECTS];
    struct shared_rq rqs[MAX_OBJECTS];
    struct key keys[MAX_KEYS];
    char heap[] __attribute__((aligned(4096)));
};

/* A process that this one has connections with; also this one itself. */
struct peer { struct segment *seg; pid_t pid; int references; struct peer *next; struct peer_fd *fds; int memory_fd; _Atomic(char *) *parts; };

/* Pages that lie in the file of registered memory, and the regions in them. */
struct shared_memory { uintptr_t from, to; int users; bool stays; struct shared_memory *next; };

/* A request in a send queue. */
struct swqe {
    uint64_t wr_id;
    int opcode;
    unsigned flags;
    uint32_t key; /* to be invalidated, or bound */
    uint64_t remote_addr;
    uint32_t rkey;
    uint32_t count;
    struct ibv_mw *mw;
    uint32_t bind_lkey, bind_access;
    uint64_t bind_addr, bind_length;
    uint32_t tries;
    uint64_t since;
    uint64_t not_before;
    struct ibv_sge sge[MAX_SGE];
    char data[MAX_INLINE];
};

/* The owner's part of a queue pair. */
struct soft_qp {
    struct ibv_qp ibv;
    uint32_t index;
    struct shared_qp *shared;
    pthread_mutex_t lock; /* the send queue's */
    struct swqe *ring;
    uint32_t size, max_sge, max_inline;
    bool signal_all;
    uint32_t head, tail;
    _Atomic uint32_t retired;
    struct peer *peer;
    struct shared_qp *remote;
    uint32_t retry_count, rnr_retry;
    uint64_t due; /* when to try again, 0: nothing waits */
    bool busy;
    struct soft_qp *next_waiting;
};

struct soft_cq { struct ibv_cq ibv; uint32_t index, generation; unsigned unacknowledged; _Atomic int users; };
struct soft_srq { struct ibv_srq ibv; uint32_t index, generation; _Atomic int users; };
struct soft_pd { struct ibv_pd ibv; _Atomic int users; };

/* segment.c */
extern struct peer *own;
int segment_open(void);
void *shared_at(const struct peer *peer, uint64_t offset);
uint64_t heap_allocate(size_t size);
void heap_free(uint64_t offset, size_t size);
uint32_t index_take(int kind);
void index_give(int kind, uint32_t index);
enum { INDEX_QP, INDEX_CQ, INDEX_RQ, INDEX_KINDS };
void lock_shared(pthread_mutex_t *lock);
void unlock_shared(pthread_mutex_t *lock);
void init_shared(pthread_mutex_t *lock);
int segment_fd(void);

/* peer.c */
struct peer *peer_get(pid_t pid, int segment_fd);
void peer_put(struct peer *peer);
void peer_write(struct peer *peer, int fd, ino_t inode, const void *record, size_t size);
int peer_copy(struct peer *peer, bool to_peer, const struct iovec *local, int locals, const struct iovec *remote, struct key *const *keys, int remotes);

/* memory.c */
int memory_open(void);
struct shared_memory *memory_share(const struct key *key);
void memory_unshare(const struct key *key);
void memory_stays(void);
char *memory_of(struct peer *peer, uintptr_t addr, size_t *length);
void memory_map(struct peer *peer, int number);
void memory_unmap(struct peer *peer);

/* fifo.c */
int fifo_open(const char *kind, ino_t *inode);

/* key.c */
struct key *key_use(const struct peer *peer, uint32_t key, uint32_t pd, uint32_t qpn, uint64_t addr, uint64_t length, uint32_t access);
void key_done(struct key *key);
bool key_overlaps(uint64_t from, uint64_t to, const struct key *but);
bool key_shared(const struct key *key, uint64_t addr, size_t *length);
bool key_invalidate(const struct peer *peer, uint32_t key, uint32_t pd, uint32_t qpn, bool local);
struct ibv_mw *mw_alloc(struct ibv_pd *pd, int type);
int mw_free(struct ibv_mw *mw);
int key_bind(struct soft_qp *qp, const struct swqe *wqe);

/* completion.c */
void cq_push(struct peer *peer, uint32_t cq, const struct cqe *cqe, const struct iovec *message);
void cq_forget(struct ibv_cq *cq, uint32_t qpn);
int cq_poll(struct ibv_cq *cq, int count, struct ibv_wc *wc);
struct soft_cq *cq_find(uint32_t index, uint32_t generation);
int cq_arm(struct ibv_cq *cq, int solicited);

/* receive.c */
int rq_create(uint32_t wr, uint32_t sge, uint32_t *index);
void rq_destroy(uint32_t index);
int rq_post(uint32_t index, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad, struct soft_qp *qp);
int rq_take(const struct peer *peer, uint32_t index, uint64_t *wr_id, struct ibv_sge *sge, uint32_t *count, bool *ran_low);
void rq_flush(struct peer *peer, struct shared_qp *qp);
struct soft_srq *srq_find(uint32_t index, uint32_t generation);
int receive_post(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);
int srq_post(struct ibv_srq *srq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);

/* queuepair.c */
extern _Atomic(struct soft_qp *) queue_pairs[MAX_OBJECTS];
int qp_connect(struct ibv_qp *qp, pid_t pid, int segment_fd, uint32_t qpn, uint32_t retry_count, uint32_t rnr_retry);
int qp_error(struct soft_qp *qp);
void qp_error_shared(struct peer *peer, struct shared_qp *qp, int event);
void qp_wait_for_users(struct shared_qp *qp);

/* send.c */
int sq_post(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad);
void sq_run(struct soft_qp *qp);

/* execute.c */
enum { RETRY = -1, RETRY_RECEIVE = -2 };
int execute(struct soft_qp *qp, struct swqe *wqe, uint32_t *bytes);

/* retry.c */
void retry_later(struct soft_qp *qp, uint64_t at);
void retry_forget(struct soft_qp *qp);
uint64_t now_nanos(void);
int retry_start(void);
int thread_start(void *(*body)(void *));

/* event.c */
enum { ELEMENT_NONE, ELEMENT_QP, ELEMENT_CQ, ELEMENT_SRQ };
void event_wait_for(void *element);
void event_send(struct peer *peer, int type, int kind, uint32_t index, uint32_t generation);

/* device.c */
struct ibv_context *soft_context(void);
bool soft_present(void);
void soft_made(int more);
extern void (*soft_when_removed)(void);
const char *soft_folder(void);

/* fault.c */
int fault(const char *call);
void fault_pause(const char *point);
int fault_status(int opcode, uint64_t *not_before);
bool fault_loses(const char *event);

#endif
