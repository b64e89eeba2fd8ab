// SPDX-License-Identifier: Apache-2.0
/*
 * A library with the names of libibverbs and librdmacm, whose functions do nothing and return 0: nothing was made. With TOO_OLD it lacks most of them.
 */
#define F(name) long name(void) { return 0; }
F(ibv_get_device_name)
F(rdma_get_devices)
#ifndef TOO_OLD
F(ibv_query_device) F(ibv_query_port) F(ibv_alloc_pd) F(ibv_dealloc_pd) F(ibv_reg_mr) F(ibv_dereg_mr) F(ibv_create_comp_channel) F(ibv_destroy_comp_channel)
F(ibv_create_cq) F(ibv_destroy_cq) F(ibv_get_cq_event) F(ibv_ack_cq_events) F(ibv_create_srq) F(ibv_modify_srq) F(ibv_destroy_srq) F(ibv_create_qp) F(ibv_modify_qp)
F(ibv_destroy_qp) F(ibv_get_async_event) F(ibv_ack_async_event)
F(rdma_free_devices) F(rdma_create_event_channel) F(rdma_destroy_event_channel) F(rdma_create_id) F(rdma_destroy_id) F(rdma_set_option) F(rdma_bind_addr) F(rdma_listen)
F(rdma_resolve_addr) F(rdma_resolve_route) F(rdma_create_qp) F(rdma_destroy_qp) F(rdma_connect) F(rdma_accept) F(rdma_reject) F(rdma_disconnect) F(rdma_notify)
F(rdma_get_cm_event) F(rdma_ack_cm_event)
#endif
