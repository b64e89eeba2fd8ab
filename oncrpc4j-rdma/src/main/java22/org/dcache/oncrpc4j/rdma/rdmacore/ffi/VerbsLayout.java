// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

/**
 * Where the fields lie that we read and write: structures and values of rdma-core's {@code infiniband/verbs.h} (libibverbs/verbs.h in its
 * sources), release 36 and newer, on 64-bit little-endian Linux. All of it is ABI that has not moved since libibverbs 1.1, and {@code
 * SelfTest} compares what it can with the library that is installed.
 */
public final class VerbsLayout {

    private VerbsLayout() {}

    /** struct ibv_device. */
    public static final class Device {
        public static final int TRANSPORT_TYPE = 20;
        public static final int NAME = 24;
        public static final int NAME_SIZE = 64;
        public static final int DEV_NAME = 88;
        public static final int DEV_PATH = 152;
        public static final int DEV_PATH_SIZE = 256;
        /** enum ibv_transport_type. */
        public static final int TRANSPORT_IWARP = 1;

        private Device() {}
    }

    /** struct ibv_context, with the function table (struct ibv_context_ops) inside it. */
    public static final class Context {
        public static final int DEVICE = 0;
        private static final int OPS = 8;
        public static final int OPS_ALLOC_MW = OPS + 56;
        public static final int OPS_DEALLOC_MW = OPS + 72;
        public static final int OPS_POLL_CQ = OPS + 88;
        public static final int OPS_REQ_NOTIFY_CQ = OPS + 96;
        public static final int OPS_POST_SRQ_RECV = OPS + 160;
        public static final int OPS_POST_SEND = OPS + 200;
        public static final int OPS_POST_RECV = OPS + 208;
        public static final int CMD_FD = 264;
        public static final int ASYNC_FD = 268;
        public static final int NUM_COMP_VECTORS = 272;

        private Context() {}
    }

    /** struct ibv_device_attr. */
    public static final class DeviceAttr {
        public static final int SIZE = 232;
        public static final int NODE_GUID = 64;
        public static final int VENDOR_ID = 96;
        public static final int MAX_QP_WR = 112;
        public static final int DEVICE_CAP_FLAGS = 116;
        public static final int MAX_SGE = 120;
        public static final int MAX_CQE = 132;
        public static final int MAX_QP_RD_ATOM = 144;
        public static final int MAX_QP_INIT_RD_ATOM = 156;
        public static final int MAX_MW = 176;
        public static final int MAX_SRQ = 212;
        public static final int MAX_SRQ_WR = 216;
        public static final int PHYS_PORT_CNT = 227;
        /** enum ibv_device_cap_flags. */
        public static final int CAP_MEM_WINDOW_TYPE_2A = 1 << 23;
        public static final int CAP_MEM_WINDOW_TYPE_2B = 1 << 24;
        public static final int CAP_MEM_MGT_EXTENSIONS = 1 << 21;

        private DeviceAttr() {}
    }

    /** struct ibv_port_attr, the part that all versions of ibv_query_port fill. */
    public static final class PortAttr {
        /** Larger than the structure, against one that grows. */
        public static final int SIZE = 128;
        public static final int MAX_MSG_SZ = 20;

        private PortAttr() {}
    }

    /** struct ibv_pd. */
    public static final class Pd {
        public static final int CONTEXT = 0;

        private Pd() {}
    }

    /** struct ibv_mr. */
    public static final class Mr {
        public static final int CONTEXT = 0;
        public static final int PD = 8;
        public static final int ADDR = 16;
        public static final int LENGTH = 24;
        public static final int LKEY = 36;
        public static final int RKEY = 40;
        /** enum ibv_access_flags. */
        public static final int LOCAL_WRITE = 1;
        public static final int REMOTE_WRITE = 1 << 1;
        public static final int REMOTE_READ = 1 << 2;
        public static final int MW_BIND = 1 << 4;

        private Mr() {}
    }

    /** struct ibv_mw. */
    public static final class Mw {
        public static final int CONTEXT = 0;
        public static final int PD = 8;
        public static final int RKEY = 16;
        public static final int TYPE = 24;
        public static final int TYPE_2 = 2;

        private Mw() {}
    }

    /** struct ibv_comp_channel. */
    public static final class CompChannel {
        public static final int CONTEXT = 0;
        public static final int FD = 8;

        private CompChannel() {}
    }

    /** struct ibv_cq. */
    public static final class Cq {
        public static final int CONTEXT = 0;
        public static final int CHANNEL = 8;
        public static final int CQ_CONTEXT = 16;
        public static final int CQE = 28;

        private Cq() {}
    }

    /** struct ibv_srq. */
    public static final class Srq {
        public static final int CONTEXT = 0;
        public static final int PD = 16;

        private Srq() {}
    }

    /** struct ibv_srq_attr. */
    public static final class SrqAttr {
        public static final int SIZE = 12;
        public static final int SRQ_LIMIT = 8;
        /** enum ibv_srq_attr_mask. */
        public static final int MASK_LIMIT = 1 << 1;

        private SrqAttr() {}
    }

    /** struct ibv_srq_init_attr. */
    public static final class SrqInitAttr {
        public static final int SIZE = 24;
        public static final int MAX_WR = 8;
        public static final int MAX_SGE = 12;

        private SrqInitAttr() {}
    }

    /** struct ibv_qp. */
    public static final class Qp {
        public static final int CONTEXT = 0;
        public static final int PD = 16;
        public static final int SEND_CQ = 24;
        public static final int RECV_CQ = 32;
        public static final int SRQ = 40;
        public static final int QP_NUM = 52;
        public static final int QP_TYPE = 60;
        /** enum ibv_qp_type. */
        public static final int TYPE_RC = 2;

        private Qp() {}
    }

    /** struct ibv_qp_init_attr. */
    public static final class QpInitAttr {
        public static final int SIZE = 64;
        public static final int SEND_CQ = 8;
        public static final int RECV_CQ = 16;
        public static final int SRQ = 24;
        public static final int MAX_SEND_WR = 32;
        public static final int MAX_RECV_WR = 36;
        public static final int MAX_SEND_SGE = 40;
        public static final int MAX_RECV_SGE = 44;
        public static final int MAX_INLINE_DATA = 48;
        public static final int QP_TYPE = 52;

        private QpInitAttr() {}
    }

    /** struct ibv_qp_attr. */
    public static final class QpAttr {
        public static final int SIZE = 144;
        public static final int QP_STATE = 0;
        public static final int MIN_RNR_TIMER = 128;
        public static final int PORT_NUM = 129;
        /** enum ibv_qp_state. */
        public static final int STATE_INIT = 1;
        public static final int STATE_ERR = 6;
        /** enum ibv_qp_attr_mask. */
        public static final int MASK_STATE = 1;
        public static final int MASK_ACCESS_FLAGS = 1 << 3;
        public static final int MASK_PKEY_INDEX = 1 << 4;
        public static final int MASK_PORT = 1 << 5;
        public static final int MASK_MIN_RNR_TIMER = 1 << 15;
        /** The code of 0.64 ms (IBA 9.7.5.2.8, table 45). */
        public static final int RNR_TIMER_640_US = 12;

        private QpAttr() {}
    }

    /** struct ibv_sge. */
    public static final class Sge {
        public static final int SIZE = 16;
        public static final int ADDR = 0;
        public static final int LENGTH = 8;
        public static final int LKEY = 12;

        private Sge() {}
    }

    /** struct ibv_send_wr. */
    public static final class SendWr {
        public static final int SIZE = 128;
        public static final int WR_ID = 0;
        public static final int NEXT = 8;
        public static final int SG_LIST = 16;
        public static final int NUM_SGE = 24;
        public static final int OPCODE = 28;
        public static final int SEND_FLAGS = 32;
        public static final int INVALIDATE_RKEY = 36;
        public static final int REMOTE_ADDR = 40;
        public static final int RKEY = 48;
        public static final int BIND_MW = 80;
        public static final int BIND_RKEY = 88;
        public static final int BIND_MR = 96;
        public static final int BIND_ADDR = 104;
        public static final int BIND_LENGTH = 112;
        public static final int BIND_ACCESS = 120;
        /** enum ibv_wr_opcode. */
        public static final int RDMA_WRITE = 0;
        public static final int SEND = 2;
        public static final int RDMA_READ = 4;
        public static final int LOCAL_INV = 7;
        public static final int BIND = 8;
        public static final int SEND_WITH_INV = 9;
        /** enum ibv_send_flags. */
        public static final int SIGNALED = 1 << 1;
        public static final int INLINE = 1 << 3;

        private SendWr() {}
    }

    /** struct ibv_recv_wr. */
    public static final class RecvWr {
        public static final int SIZE = 32;
        public static final int WR_ID = 0;
        public static final int NEXT = 8;
        public static final int SG_LIST = 16;
        public static final int NUM_SGE = 24;

        private RecvWr() {}
    }

    /** struct ibv_wc. */
    public static final class Wc {
        public static final int SIZE = 48;
        public static final int WR_ID = 0;
        public static final int STATUS = 8;
        public static final int BYTE_LEN = 20;
        public static final int INVALIDATED_RKEY = 24;
        public static final int QP_NUM = 28;
        public static final int FLAGS = 36;
        /** enum ibv_wc_flags. */
        public static final int WITH_INV = 1 << 3;
        /** enum ibv_wc_status. */
        public static final int SUCCESS = 0;
        public static final int LOC_LEN_ERR = 1;
        public static final int WR_FLUSH_ERR = 5;
        public static final int REM_INV_REQ_ERR = 9;
        public static final int REM_ACCESS_ERR = 10;
        public static final int REM_OP_ERR = 11;
        public static final int RETRY_EXC_ERR = 12;
        public static final int RNR_RETRY_EXC_ERR = 13;

        private Wc() {}
    }

    /** struct ibv_async_event. */
    public static final class AsyncEvent {
        static final int SIZE = 16;
        public static final int ELEMENT = 0;
        public static final int TYPE = 8;
        /** enum ibv_event_type. */
        public static final int CQ_ERR = 0;
        public static final int QP_FATAL = 1;
        public static final int QP_REQ_ERR = 2;
        public static final int QP_ACCESS_ERR = 3;
        public static final int COMM_EST = 4;
        public static final int DEVICE_FATAL = 8;
        public static final int SRQ_ERR = 14;
        public static final int SRQ_LIMIT_REACHED = 15;
        public static final int QP_LAST_WQE_REACHED = 16;

        private AsyncEvent() {}
    }
}
