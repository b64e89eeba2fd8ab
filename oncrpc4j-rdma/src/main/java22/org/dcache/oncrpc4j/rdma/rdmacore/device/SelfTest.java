// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.ConnectionManager;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libraries;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.sysfs.SysfsDevice;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/**
 * Holds the layouts that this code knows against the libraries and devices that are there: makes one object of each kind, compares the
 * fields with what was asked for and with what the kernel says elsewhere, and lets a receive and a send be flushed through a queue pair.
 * Takes a few milliseconds and leaves nothing behind. A field that is not what it must be makes the provider unavailable: a wrong offset
 * would otherwise read, or write, somebody else's memory.
 */
public final class SelfTest {

    private static final long COOKIE = 0x5eed_c0de_0bad_cafeL;
    private static final long BYTES = 4096;
    private static final int REQUESTS = 16;
    /** How long a flush may take, nanoseconds. */
    private static final long PATIENCE = 3_000_000_000L;
    /** The same where it may not come. */
    private static final long SEND_PATIENCE = 20_000_000L;
    private static final long RECEIVE_ID = 0x1122_3344_5566_7788L;
    private static final long SEND_ID = 0x0877_6655_4433_2211L;

    private final Libraries libraries;
    private final Verbs verbs;

    public SelfTest(Libraries libraries) {
        this.libraries = libraries;
        this.verbs = libraries.verbs();
    }

    /**
     * @return what was found
     * @throws ProviderUnavailableException what is missing, or not as it must be
     */
    public String run() throws ProviderUnavailableException {
        connectionId();
        List<String> names = new ArrayList<>();
        try (OpenDevices open = new OpenDevices(libraries, List.of())) {
            for (long context : open.contexts()) {
                context(context);
                Device device = new Device(verbs, context, names.size());
                try {
                    attributes(device);
                    objects(device);
                    names.add(device.toString());
                } finally {
                    device.close();
                }
            }
        }
        return String.join(", ", names);
    }

    static void expect(String field, long expected, long got) throws ProviderUnavailableException {
        if (expected != got) {
            throw mismatch(field, "0x" + Long.toHexString(expected), "0x" + Long.toHexString(got));
        }
    }

    static ProviderUnavailableException mismatch(String field, String expected, String got) {
        return new ProviderUnavailableException("self-test: " + field + ": expected " + expected + ", got " + got
                + ": the installed rdma-core is laid out otherwise than release 36 and newer");
    }

    static long made(long pointer, String what) throws ProviderUnavailableException {
        if (pointer == 0) {
            throw new ProviderUnavailableException("self-test: cannot make " + what + ": " + Errno.text(NativeFunction.errno()));
        }
        return pointer;
    }

    static void check(int result, String what) throws ProviderUnavailableException {
        if (result != 0) {
            throw new ProviderUnavailableException("self-test: cannot " + what + ": "
                    + Errno.text(result == -1 ? NativeFunction.errno() : result));
        }
    }

    private void connectionId() throws ProviderUnavailableException {
        ConnectionManager cm = libraries.cm();
        long channel = cm.createEventChannel();
        if (channel == 0) {
            throw new ProviderUnavailableException("librdmacm has no event channel: " + Errno.text(NativeFunction.errno())
                    + "; load the kernel module rdma_ucm");
        }
        try (Memory.Block block = new Memory.Block(8)) {
            descriptor("rdma_event_channel.fd", Memory.getInt(channel + CmLayout.Channel.FD), "rdma_cm");
            check(cm.createId(channel, block.address(), COOKIE), "make a connection id");
            long id = Memory.getLong(block.address());
            try {
                expect("rdma_cm_id.verbs", 0, Memory.getLong(id + CmLayout.Id.VERBS));
                expect("rdma_cm_id.channel", channel, Memory.getLong(id + CmLayout.Id.CHANNEL));
                expect("rdma_cm_id.context", COOKIE, Memory.getLong(id + CmLayout.Id.CONTEXT));
                expect("rdma_cm_id.qp", 0, Memory.getLong(id + CmLayout.Id.QP));
                expect("rdma_cm_id.ps", CmLayout.Id.PS_TCP, Memory.getInt(id + CmLayout.Id.PORT_SPACE));
            } finally {
                cm.destroyId(id);
            }
        } finally {
            cm.destroyEventChannel(channel);
        }
    }

    /** A field that holds an open descriptor of this kind. */
    private static void descriptor(String field, int fd, String kind) throws ProviderUnavailableException {
        String target;
        try {
            target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        } catch (IOException e) {
            target = fd + ", which is not open";
        }
        if (!target.contains(kind)) {
            throw mismatch(field, "a descriptor of " + kind, target);
        }
    }

    private void context(long context) throws ProviderUnavailableException {
        long device = Memory.getLong(context + VerbsLayout.Context.DEVICE);
        String name = verbs.deviceName(device);
        String field = Memory.string(device + VerbsLayout.Device.NAME, VerbsLayout.Device.NAME_SIZE);
        if (!field.equals(name)) {
            throw mismatch("ibv_device.name", name, field);
        }
        String path = Memory.string(device + VerbsLayout.Device.DEV_PATH, VerbsLayout.Device.DEV_PATH_SIZE);
        String file = Memory.string(device + VerbsLayout.Device.DEV_NAME, VerbsLayout.Device.NAME_SIZE);
        if (file.isEmpty() || !path.endsWith('/' + file)) {
            throw mismatch("ibv_device.dev_path of " + name, "a path that ends in " + file, path);
        }
        descriptor("ibv_context.cmd_fd of " + name, Memory.getInt(context + VerbsLayout.Context.CMD_FD), "uverbs");
        descriptor("ibv_context.async_fd of " + name, Memory.getInt(context + VerbsLayout.Context.ASYNC_FD), "infiniband");
        for (int offset : new int[] {VerbsLayout.Context.OPS_POLL_CQ, VerbsLayout.Context.OPS_REQ_NOTIFY_CQ,
                VerbsLayout.Context.OPS_POST_SEND,
                VerbsLayout.Context.OPS_POST_RECV}) {
            if (Memory.getLong(context + offset) == 0) {
                throw mismatch("the function table of " + name + " at " + offset, "a function", "NULL");
            }
        }
        int vectors = Memory.getInt(context + VerbsLayout.Context.NUM_COMP_VECTORS);
        if (vectors < 1 || vectors > 1 << 16) {
            throw mismatch("ibv_context.num_comp_vectors of " + name, "1 to 65536", Integer.toString(vectors));
        }
    }

    /** What the kernel says of the device in sysfs. */
    private void attributes(Device device) throws ProviderUnavailableException {
        Path directory = SysfsDevice.DEVICES.resolve(device.name());
        try (Memory.Block attr = new Memory.Block(VerbsLayout.DeviceAttr.SIZE)) {
            check(verbs.queryDevice(device.context(), attr.address()), "query " + device.name());
            StringBuilder guid = new StringBuilder();
            for (int i = 0; i < 8; i++) {
                guid.append(String.format("%02x", Memory.getByte(attr.address() + VerbsLayout.DeviceAttr.NODE_GUID + i)));
            }
            String known = Files.readString(directory.resolve("node_guid")).replace(":", "").trim();
            if (!guid.toString().equals(known)) {
                throw mismatch("ibv_device_attr.node_guid", known, guid.toString());
            }
            try (java.util.stream.Stream<Path> ports = Files.list(directory.resolve("ports"))) {
                expect("ibv_device_attr.phys_port_cnt", ports.count(),
                        Memory.getByte(attr.address() + VerbsLayout.DeviceAttr.PHYS_PORT_CNT));
            }
        } catch (IOException e) {
            throw new ProviderUnavailableException("self-test: cannot read " + directory + ": " + e.getMessage(), e);
        }
    }

    private void objects(Device device) throws ProviderUnavailableException {
        long context = device.context();
        long pd = device.domain();
        expect("ibv_pd.context", context, Memory.getLong(pd + VerbsLayout.Pd.CONTEXT));
        long mr = 0;
        long channel = 0;
        long cq = 0;
        long qp = 0;
        try (Memory.Block memory = new Memory.Block(BYTES)) {
            mr = verbs.regMr(pd, memory.address(), BYTES, device.localAccess());
            if (mr == 0) {
                throw new ProviderUnavailableException("self-test: " + Errno.registration(NativeFunction.errno(), BYTES));
            }
            expect("ibv_mr.context", context, Memory.getLong(mr + VerbsLayout.Mr.CONTEXT));
            expect("ibv_mr.pd", pd, Memory.getLong(mr + VerbsLayout.Mr.PD));
            expect("ibv_mr.addr", memory.address(), Memory.getLong(mr + VerbsLayout.Mr.ADDR));
            expect("ibv_mr.length", BYTES, Memory.getLong(mr + VerbsLayout.Mr.LENGTH));
            channel = made(verbs.createCompChannel(context), "a completion channel");
            expect("ibv_comp_channel.context", context, Memory.getLong(channel + VerbsLayout.CompChannel.CONTEXT));
            descriptor("ibv_comp_channel.fd", Memory.getInt(channel + VerbsLayout.CompChannel.FD), "infiniband");
            cq = made(verbs.createCq(context, 2 * REQUESTS, COOKIE, channel, 0), "a completion queue");
            expect("ibv_cq.context", context, Memory.getLong(cq + VerbsLayout.Cq.CONTEXT));
            expect("ibv_cq.channel", channel, Memory.getLong(cq + VerbsLayout.Cq.CHANNEL));
            expect("ibv_cq.cq_context", COOKIE, Memory.getLong(cq + VerbsLayout.Cq.CQ_CONTEXT));
            if (Memory.getInt(cq + VerbsLayout.Cq.CQE) < 2 * REQUESTS - 1) {
                throw mismatch("ibv_cq.cqe", "at least " + (2 * REQUESTS - 1), Integer.toString(Memory.getInt(cq + VerbsLayout.Cq.CQE)));
            }
            if (device.hasWindows()) {
                window(device);
            }
            qp = queuePair(device, cq);
            flush(device, cq, qp, mr, memory.address());
        } finally {
            if (qp != 0) {
                verbs.destroyQp(qp);
            }
            if (cq != 0) {
                verbs.destroyCq(cq);
            }
            if (channel != 0) {
                verbs.destroyCompChannel(channel);
            }
            if (mr != 0) {
                verbs.deregMr(mr);
            }
        }
    }

    private static void window(Device device) throws ProviderUnavailableException {
        long mw = made(device.allocWindow(), "a memory window");
        try {
            expect("ibv_mw.context", device.context(), Memory.getLong(mw + VerbsLayout.Mw.CONTEXT));
            expect("ibv_mw.pd", device.domain(), Memory.getLong(mw + VerbsLayout.Mw.PD));
            expect("ibv_mw.type", VerbsLayout.Mw.TYPE_2, Memory.getInt(mw + VerbsLayout.Mw.TYPE));
        } finally {
            device.deallocWindow(mw);
        }
    }

    private long queuePair(Device device, long cq) throws ProviderUnavailableException {
        try (Memory.Block block = new Memory.Block(VerbsLayout.QpInitAttr.SIZE)) {
            long attr = block.address();
            Memory.putLong(attr + VerbsLayout.QpInitAttr.SEND_CQ, cq);
            Memory.putLong(attr + VerbsLayout.QpInitAttr.RECV_CQ, cq);
            Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_WR, REQUESTS);
            Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_RECV_WR, REQUESTS);
            Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_SGE, 1);
            Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_RECV_SGE, 1);
            Memory.putInt(attr + VerbsLayout.QpInitAttr.QP_TYPE, VerbsLayout.Qp.TYPE_RC);
            long qp = made(verbs.createQp(device.domain(), attr), "a queue pair");
            try {
                expect("ibv_qp.context", device.context(), Memory.getLong(qp + VerbsLayout.Qp.CONTEXT));
                expect("ibv_qp.pd", device.domain(), Memory.getLong(qp + VerbsLayout.Qp.PD));
                expect("ibv_qp.send_cq", cq, Memory.getLong(qp + VerbsLayout.Qp.SEND_CQ));
                expect("ibv_qp.recv_cq", cq, Memory.getLong(qp + VerbsLayout.Qp.RECV_CQ));
                expect("ibv_qp.qp_type", VerbsLayout.Qp.TYPE_RC, Memory.getInt(qp + VerbsLayout.Qp.QP_TYPE));
            } catch (ProviderUnavailableException e) {
                verbs.destroyQp(qp);
                throw e;
            }
            return qp;
        }
    }

    /**
     * A receive posted, the queue pair in the error state: the receive comes back as flushed, and tells about the structures of requests
     * and completions.
     */
    private void flush(Device device, long cq, long qp, long mr, long memory) throws ProviderUnavailableException {
        try (Memory.Block block = new Memory.Block(1024)) {
            long attr = block.address();
            Memory.putInt(attr + VerbsLayout.QpAttr.QP_STATE, VerbsLayout.QpAttr.STATE_INIT);
            Memory.putByte(attr + VerbsLayout.QpAttr.PORT_NUM, 1);
            check(verbs.modifyQp(qp, attr, VerbsLayout.QpAttr.MASK_STATE | VerbsLayout.QpAttr.MASK_PKEY_INDEX | VerbsLayout.QpAttr.MASK_PORT
                    | VerbsLayout.QpAttr.MASK_ACCESS_FLAGS), "initialise a queue pair");
            long wr = attr + 256;
            long sge = wr + 128;
            long wc = attr + 512;
            Memory.putLong(sge + VerbsLayout.Sge.ADDR, memory);
            Memory.putInt(sge + VerbsLayout.Sge.LENGTH, (int) BYTES);
            Memory.putInt(sge + VerbsLayout.Sge.LKEY, Memory.getInt(mr + VerbsLayout.Mr.LKEY));
            Memory.putLong(wr + VerbsLayout.RecvWr.WR_ID, RECEIVE_ID);
            Memory.putLong(wr + VerbsLayout.RecvWr.SG_LIST, sge);
            Memory.putInt(wr + VerbsLayout.RecvWr.NUM_SGE, 1);
            check(device.calls().postRecv(qp, wr, attr + 640), "post a receive");
            Memory.putInt(attr + VerbsLayout.QpAttr.QP_STATE, VerbsLayout.QpAttr.STATE_ERR);
            check(verbs.modifyQp(qp, attr, VerbsLayout.QpAttr.MASK_STATE), "end a queue pair");
            if (!completion(device, cq, qp, wc, "receive", RECEIVE_ID, PATIENCE)) {
                throw mismatch("the flushed receive of " + device, "a completion", "nothing");
            }
            Memory.clear(wr, VerbsLayout.RecvWr.SIZE);
            Memory.putLong(wr + VerbsLayout.SendWr.WR_ID, SEND_ID);
            Memory.putLong(wr + VerbsLayout.SendWr.SG_LIST, sge);
            Memory.putInt(wr + VerbsLayout.SendWr.NUM_SGE, 1);
            Memory.putInt(wr + VerbsLayout.SendWr.OPCODE, VerbsLayout.SendWr.SEND);
            Memory.putInt(wr + VerbsLayout.SendWr.SEND_FLAGS, VerbsLayout.SendWr.SIGNALED);
            // A device may refuse work for a queue pair in the error state, and siw forgets it; but a completion must be the right one.
            if (device.calls().postSend(qp, wr, attr + 640) == 0) {
                completion(device, cq, qp, wc, "send", SEND_ID, SEND_PATIENCE);
            }
        }
    }

    /** @return whether there was one in time */
    private static boolean completion(Device device, long cq, long qp, long wc, String what, long id, long patience)
            throws ProviderUnavailableException {
        long start = System.nanoTime();
        int count = 0;
        while (count == 0 && System.nanoTime() - start < patience) {
            count = device.calls().pollCq(cq, 1, wc);
            if (count == 0) {
                Thread.onSpinWait();
            }
        }
        if (count == 0) {
            return false;
        }
        expect("completions of one " + what, 1, count);
        expect("ibv_wc.wr_id of a " + what, id, Memory.getLong(wc + VerbsLayout.Wc.WR_ID));
        expect("ibv_wc.status of a " + what, VerbsLayout.Wc.WR_FLUSH_ERR, Memory.getInt(wc + VerbsLayout.Wc.STATUS));
        expect("ibv_wc.qp_num of a " + what, Memory.getInt(qp + VerbsLayout.Qp.QP_NUM), Memory.getInt(wc + VerbsLayout.Wc.QP_NUM));
        return true;
    }
}
