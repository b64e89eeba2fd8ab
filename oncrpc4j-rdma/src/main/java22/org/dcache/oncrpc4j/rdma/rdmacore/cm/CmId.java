// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.cm;

import java.net.InetSocketAddress;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.SocketAddresses;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.Loop;

/**
 * A connection id of librdmacm with its loop and its own order of blocking calls. Events reach whoever has it in hand on the loop; calls to
 * the library go through {@link #control}, one after another, so that none comes after {@link #destroy}.
 */
public final class CmId implements CmChannel.Owner {

    /** Who has the id in hand. On the loop. */
    public interface Holder {
        void onCmEvent(CmEvent event);
    }

    private final CmChannel channel;
    private final Loop loop;
    private final ControlThreads.Serial serial;
    private volatile long id;
    private volatile Holder holder;

    /** One that is to be made by {@link #create}. */
    public CmId(CmChannel channel, Loop loop, ControlThreads control, Holder holder) {
        this.channel = channel;
        this.loop = loop;
        this.serial = control.serial();
        this.holder = holder;
    }

    /** Control: makes the id. @return 0 or an errno value */
    public int create() {
        id = channel.createId(this);
        return id == 0 ? NativeFunction.errno() : 0;
    }

    /** The id of a connection request. On the channel's thread. */
    public void adopt(long requested) {
        id = requested;
        channel.adopt(requested, this);
    }

    /** Loop, or before there are events: who gets them from now on. */
    public void holder(Holder next) {
        holder = next;
    }

    public Loop loop() {
        return loop;
    }

    /** struct rdma_cm_id, 0 when there is none. */
    public long address() {
        return id;
    }

    /** struct ibv_context of the device that it is bound to, 0 when it is to none. */
    public long context() {
        return Memory.getLong(id + CmLayout.Id.VERBS);
    }

    public InetSocketAddress local() {
        return SocketAddresses.read(id + CmLayout.Id.SOURCE);
    }

    public InetSocketAddress remote() {
        return SocketAddresses.read(id + CmLayout.Id.DESTINATION);
    }

    /** Runs a task that may block, after those that were given before. */
    public void control(Runnable task) {
        serial.execute(task);
    }

    /** Control: destroys its queue pair, which nobody else uses any more. */
    public void destroyQueuePair() {
        channel.destroyQueuePair(id);
    }

    /** Destroys the id after the tasks that were given before, then runs {@code then} on a control thread. */
    public void destroy(Runnable then) {
        serial.execute(() -> {
            if (id != 0) {
                channel.destroyId(id);
                id = 0;
            }
            then.run();
        });
    }

    @Override
    public void onCmEvent(CmEvent event) {
        loop.execute(() -> {
            loop.heard();
            holder.onCmEvent(event);
        });
    }
}
