// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

/** The device's half of a shared receive queue (struct ibv_srq). One call at a time. */
interface SharedQueue {

    /** struct ibv_srq. */
    long address();

    /** ibv_post_srq_recv. @param bad where the first request goes that was not taken @return 0 or an errno value */
    int post(long first, long bad);

    /** Asks for an event when fewer than so many are left, once. May block. @return 0, or the device cannot */
    int arm(int limit);

    /** When no queue pair is on it. May block. */
    void destroy();
}
