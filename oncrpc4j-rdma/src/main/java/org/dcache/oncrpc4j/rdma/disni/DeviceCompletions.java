// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvCompChannel;
import com.ibm.disni.verbs.IbvContext;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.SVCPollCq;
import com.ibm.disni.verbs.SVCReqNotify;
import java.io.IOException;

/** A completion queue of a device, as long as the device makes it. */
final class DeviceCompletions implements CompletionSource {

    /** Entries wished for, and what is good enough where the device has less. */
    private static final int MOST = (1 << 16) - 1;
    private static final int LEAST = 255;
    private static final int BATCH = 64;

    private final IbvCompChannel channel;
    private final IbvCQ cq;
    private final int capacity;
    private final IbvWC[] entries = new IbvWC[BATCH];
    private final SVCPollCq poll;
    private final SVCReqNotify arm;

    DeviceCompletions(IbvContext context) throws IOException {
        channel = context.createCompChannel();
        IbvCQ made = null;
        int size = MOST;
        while (made == null) {
            try {
                made = context.createCQ(channel, size, 0);
            } catch (IOException e) {
                size >>= 1;
                if (size < LEAST) {
                    channel.destroyCompChannel();
                    throw e;
                }
            }
        }
        cq = made;
        capacity = size;
        for (int i = 0; i < BATCH; i++) {
            entries[i] = new IbvWC();
        }
        poll = cq.poll(entries, BATCH);
        arm = cq.reqNotification(false);
    }

    @Override
    public IbvCQ cq() {
        return cq;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public int poll() throws IOException {
        return poll.execute().getPolls();
    }

    @Override
    public IbvWC taken(int index) {
        return entries[index];
    }

    @Override
    public void arm() throws IOException {
        arm.execute();
    }

    @Override
    public boolean await(int millis) throws IOException {
        boolean got = channel.getCqEvent(cq, millis);
        if (got) {
            cq.ackEvents(1);
        }
        return got;
    }

    @Override
    public void destroy() {
        poll.free();
        arm.free();
        Resources.quietly("destroy a completion queue", cq::destroyCQ);
        Resources.quietly("destroy a completion channel", channel::destroyCompChannel);
    }
}
