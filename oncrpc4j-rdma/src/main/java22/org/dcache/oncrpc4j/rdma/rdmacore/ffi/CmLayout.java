// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

/**
 * Where the fields lie that we read and write: structures and values of rdma-core's {@code rdma/rdma_cma.h} (librdmacm/rdma_cma.h in its
 * sources), release 36 and newer, on 64-bit little-endian Linux. {@code SelfTest} compares what it can with the library that is installed.
 */
public final class CmLayout {

    private CmLayout() {}

    /** struct rdma_event_channel. */
    public static final class Channel {
        public static final int FD = 0;

        private Channel() {}
    }

    /** struct rdma_cm_id. */
    public static final class Id {
        public static final int VERBS = 0;
        public static final int CHANNEL = 8;
        public static final int CONTEXT = 16;
        public static final int QP = 24;
        /** route.addr.src_addr, a struct sockaddr_storage. */
        public static final int SOURCE = 32;
        /** route.addr.dst_addr, a struct sockaddr_storage. */
        public static final int DESTINATION = 160;
        public static final int PORT_SPACE = 344;
        static final int PORT_NUM = 348;
        /** enum rdma_port_space. */
        public static final int PS_TCP = 0x0106;

        private Id() {}
    }

    /** struct rdma_cm_event, with param.conn in it. */
    public static final class Event {
        public static final int ID = 0;
        public static final int LISTEN_ID = 8;
        public static final int EVENT = 16;
        public static final int STATUS = 20;
        public static final int PARAM = 24;

        private Event() {}
    }

    /** struct rdma_conn_param. */
    public static final class ConnParam {
        public static final int SIZE = 24;
        public static final int PRIVATE_DATA = 0;
        public static final int PRIVATE_DATA_LEN = 8;
        public static final int RESPONDER_RESOURCES = 9;
        public static final int INITIATOR_DEPTH = 10;
        public static final int RETRY_COUNT = 12;
        public static final int RNR_RETRY_COUNT = 13;

        private ConnParam() {}
    }

    /** rdma_set_option: level RDMA_OPTION_ID and its options. */
    public static final class Option {
        static final int LEVEL_ID = 0;
        public static final int TOS = 0;
        public static final int AFONLY = 2;

        private Option() {}
    }

    /** Reasons of a REJECTED event on InfiniBand and RoCE (infiniband/cm.h, IBA 12.6.7.2). */
    public static final class Reject {
        public static final int INVALID_SERVICE_ID = 8;
        public static final int STALE_CONNECTION = 10;
        public static final int CONSUMER = 28;

        private Reject() {}
    }
}
