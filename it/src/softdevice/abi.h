/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs that were compiled against rdma-core see in memory: the public structures of infiniband/verbs.h and rdma/rdma_cma.h, 64 bit, as far as this device
 * fills or reads them. The asserts at the end hold the places that callers compiled in.
 */
#ifndef ABI_H
#define ABI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct ibv_device {
    void *reserved[2];
    int node_type, transport_type;
    char name[64], dev_name[64], dev_path[256], ibdev_path[256];
};

struct ibv_sge { uint64_t addr; uint32_t length, lkey; };
struct ibv_pd { struct ibv_context *context; uint32_t handle; };
struct ibv_mr { struct ibv_context *context; struct ibv_pd *pd; void *addr; size_t length; uint32_t handle, lkey, rkey; };
struct ibv_mw { struct ibv_context *context; struct ibv_pd *pd; uint32_t rkey, handle; int type; };
struct ibv_comp_channel { struct ibv_context *context; int fd, refcnt; };
struct ibv_cq { struct ibv_context *context; struct ibv_comp_channel *channel; void *cq_context; uint32_t handle; int cqe; char reserved[96]; };
struct ibv_srq { struct ibv_context *context; void *srq_context; struct ibv_pd *pd; uint32_t handle; char reserved[96]; };
struct ibv_qp {
    struct ibv_context *context;
    void *qp_context;
    struct ibv_pd *pd;
    struct ibv_cq *send_cq, *recv_cq;
    struct ibv_srq *srq;
    uint32_t handle, qp_num;
    int state, qp_type;
    char reserved[96];
};

struct ibv_recv_wr { uint64_t wr_id; struct ibv_recv_wr *next; struct ibv_sge *sg_list; int num_sge; };
struct ibv_send_wr {
    uint64_t wr_id;
    struct ibv_send_wr *next;
    struct ibv_sge *sg_list;
    int num_sge, opcode;
    unsigned send_flags;
    uint32_t invalidate_rkey;
    uint64_t remote_addr;
    uint32_t rkey;
    char reserved[28];
    struct { struct ibv_mw *mw; uint32_t rkey; struct ibv_mr *mr; uint64_t addr, length; unsigned access; } bind_mw;
};
struct ibv_wc {
    uint64_t wr_id;
    int status, opcode;
    uint32_t vendor_err, byte_len, invalidated_rkey, qp_num, src_qp;
    unsigned wc_flags;
    uint16_t pkey_index, slid;
    uint8_t sl, dlid_path_bits;
};

struct ibv_qp_cap { uint32_t max_send_wr, max_recv_wr, max_send_sge, max_recv_sge, max_inline_data; };
struct ibv_qp_init_attr {
    void *qp_context;
    struct ibv_cq *send_cq, *recv_cq;
    struct ibv_srq *srq;
    struct ibv_qp_cap cap;
    int qp_type, sq_sig_all;
};
struct ibv_qp_attr { int qp_state; char reserved[124]; uint8_t min_rnr_timer, port_num; char more[14]; };
struct ibv_srq_attr { uint32_t max_wr, max_sge, srq_limit; };
struct ibv_srq_init_attr { void *srq_context; struct ibv_srq_attr attr; };
struct ibv_async_event { void *element; int type; };

struct ibv_device_attr {
    char fw_ver[64];
    uint8_t node_guid[8], sys_image_guid[8];
    uint64_t max_mr_size, page_size_cap;
    uint32_t vendor_id, vendor_part_id, hw_ver;
    int max_qp, max_qp_wr;
    unsigned device_cap_flags;
    int max_sge, max_sge_rd, max_cq, max_cqe, max_mr, max_pd, max_qp_rd_atom, max_ee_rd_atom, max_res_rd_atom, max_qp_init_rd_atom, max_ee_init_rd_atom, atomic_cap, max_ee,
        max_rdd, max_mw, unused[8], max_srq, max_srq_wr, max_srq_sge;
    uint16_t max_pkeys;
    uint8_t local_ca_ack_delay, phys_port_cnt;
};
struct ibv_port_attr { int state, max_mtu, active_mtu, gid_tbl_len; uint32_t port_cap_flags, max_msg_sz; char reserved[28]; };

struct ibv_context {
    struct ibv_device *device;
    struct {
        void *query[7];
        struct ibv_mw *(*alloc_mw)(struct ibv_pd *, int);
        void *bind_mw;
        int (*dealloc_mw)(struct ibv_mw *);
        void *create_cq;
        int (*poll_cq)(struct ibv_cq *, int, struct ibv_wc *);
        int (*req_notify_cq)(struct ibv_cq *, int);
        void *cq[3], *srq[4];
        int (*post_srq_recv)(struct ibv_srq *, struct ibv_recv_wr *, struct ibv_recv_wr **);
        void *qp[4];
        int (*post_send)(struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **);
        int (*post_recv)(struct ibv_qp *, struct ibv_recv_wr *, struct ibv_recv_wr **);
        void *rest[5];
    } ops;
    int cmd_fd, async_fd, num_comp_vectors;
    char reserved[64];
};

enum { WR_RDMA_WRITE = 0, WR_SEND = 2, WR_RDMA_READ = 4, WR_LOCAL_INV = 7, WR_BIND_MW = 8, WR_SEND_WITH_INV = 9 };
enum { SEND_SIGNALED = 2, SEND_INLINE = 8 };
enum { LOCAL_WRITE = 1, REMOTE_WRITE = 2, REMOTE_READ = 4, MW_BIND = 16 };
enum {
    WC_SUCCESS, WC_LOC_LEN_ERR, WC_LOC_QP_OP_ERR, WC_LOC_EEC_OP_ERR, WC_LOC_PROT_ERR, WC_WR_FLUSH_ERR, WC_MW_BIND_ERR, WC_BAD_RESP_ERR, WC_LOC_ACCESS_ERR,
    WC_REM_INV_REQ_ERR, WC_REM_ACCESS_ERR, WC_REM_OP_ERR, WC_RETRY_EXC_ERR, WC_RNR_RETRY_EXC_ERR
};
enum { WC_OP_SEND, WC_OP_RDMA_WRITE, WC_OP_RDMA_READ, WC_OP_BIND_MW = 5, WC_OP_LOCAL_INV, WC_OP_RECV = 128, WC_WITH_INV = 8 };
enum { QPS_RESET, QPS_INIT, QPS_RTR, QPS_RTS, QPS_SQD, QPS_SQE, QPS_ERR };
enum { QP_MASK_STATE = 1, QP_MASK_MIN_RNR_TIMER = 1 << 15, SRQ_MASK_LIMIT = 2, MW_TYPE_2 = 2, QPT_RC = 2 };
enum { EVENT_CQ_ERR, EVENT_QP_FATAL, EVENT_QP_REQ_ERR, EVENT_QP_ACCESS_ERR, EVENT_DEVICE_FATAL = 8, EVENT_SRQ_LIMIT_REACHED = 15, EVENT_QP_LAST_WQE_REACHED };

/* rdma/rdma_cma.h */

struct rdma_event_channel { int fd; };
struct rdma_cm_id {
    struct ibv_context *verbs;
    struct rdma_event_channel *channel;
    void *context;
    struct ibv_qp *qp;
    struct sockaddr_storage src_addr, dst_addr;
    char reserved[56];
    int ps;
    uint8_t port_num;
    void *event, *send_cq_channel, *send_cq, *recv_cq_channel, *recv_cq, *srq, *pd;
    int qp_type;
};
struct rdma_conn_param {
    const void *private_data;
    uint8_t private_data_len, responder_resources, initiator_depth, flow_control, retry_count, rnr_retry_count, srq;
    uint32_t qp_num;
};
struct rdma_cm_event {
    struct rdma_cm_id *id, *listen_id;
    int event, status;
    struct rdma_conn_param param;
    char reserved[64];
};
enum {
    CM_ADDR_RESOLVED, CM_ADDR_ERROR, CM_ROUTE_RESOLVED, CM_ROUTE_ERROR, CM_CONNECT_REQUEST, CM_CONNECT_RESPONSE, CM_CONNECT_ERROR, CM_UNREACHABLE, CM_REJECTED,
    CM_ESTABLISHED, CM_DISCONNECTED, CM_DEVICE_REMOVAL
};

#define AT(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
AT(ibv_device, name, 24); AT(ibv_device, dev_path, 152); AT(ibv_mr, lkey, 36); AT(ibv_mw, type, 24); AT(ibv_cq, cqe, 28); AT(ibv_srq, pd, 16);
AT(ibv_qp, qp_num, 52); AT(ibv_qp, qp_type, 60); AT(ibv_send_wr, rkey, 48); AT(ibv_send_wr, bind_mw.mw, 80); AT(ibv_send_wr, bind_mw.access, 120);
AT(ibv_wc, wc_flags, 36); AT(ibv_qp_init_attr, qp_type, 52); AT(ibv_qp_attr, min_rnr_timer, 128); AT(ibv_srq_init_attr, attr.srq_limit, 16);
AT(ibv_device_attr, vendor_id, 96); AT(ibv_device_attr, max_qp_rd_atom, 144); AT(ibv_device_attr, max_mw, 176); AT(ibv_device_attr, max_srq, 212);
AT(ibv_device_attr, phys_port_cnt, 227); AT(ibv_context, ops.alloc_mw, 64); AT(ibv_context, ops.poll_cq, 96); AT(ibv_context, ops.post_srq_recv, 168);
AT(ibv_context, ops.post_send, 208); AT(ibv_context, cmd_fd, 264); AT(ibv_context, num_comp_vectors, 272);
AT(rdma_cm_id, dst_addr, 160); AT(rdma_cm_id, ps, 344); AT(rdma_cm_event, param, 24); AT(rdma_conn_param, rnr_retry_count, 13);
_Static_assert(sizeof(struct ibv_send_wr) == 128 && sizeof(struct ibv_wc) == 48 && sizeof(struct ibv_device_attr) == 232, "sizes");

#endif
