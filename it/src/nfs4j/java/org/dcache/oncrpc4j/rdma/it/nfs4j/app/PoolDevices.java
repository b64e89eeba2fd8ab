// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.nfs.ChimeraNFSException;
import org.dcache.nfs.status.NoEntException;
import org.dcache.nfs.v4.CompoundContext;
import org.dcache.nfs.v4.FlexFileLayoutDriver;
import org.dcache.nfs.v4.Layout;
import org.dcache.nfs.v4.LayoutDriver;
import org.dcache.nfs.v4.NFS4Client;
import org.dcache.nfs.v4.NFS4State;
import org.dcache.nfs.v4.NFSv41DeviceManager;
import org.dcache.nfs.v4.Stateids;
import org.dcache.nfs.v4.ff.flex_files_prot;
import org.dcache.nfs.v4.xdr.GETDEVICEINFO4args;
import org.dcache.nfs.v4.xdr.GETDEVICELIST4args;
import org.dcache.nfs.v4.xdr.LAYOUTCOMMIT4args;
import org.dcache.nfs.v4.xdr.LAYOUTERROR4args;
import org.dcache.nfs.v4.xdr.LAYOUTGET4args;
import org.dcache.nfs.v4.xdr.LAYOUTRETURN4args;
import org.dcache.nfs.v4.xdr.LAYOUTSTATS4args;
import org.dcache.nfs.v4.xdr.device_addr4;
import org.dcache.nfs.v4.xdr.deviceid4;
import org.dcache.nfs.v4.xdr.layout4;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.nfs.v4.xdr.length4;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_fh4;
import org.dcache.nfs.v4.xdr.offset4;
import org.dcache.nfs.v4.xdr.stateid4;
import org.dcache.nfs.v4.xdr.utf8str_mixed;
import org.dcache.nfs.vfs.Inode;
import org.dcache.nfs.vfs.Stat;

/**
 * The layouts of a dCache door: one data server to a file, whole files, returned at close. The file's number says at which pool it lies. As
 * dCache does, it makes each address once and gives the same object to all clients. Knows the layouts that are out, to recall them. Any
 * thread.
 */
public class PoolDevices implements NFSv41DeviceManager {

    protected static final int TRANSFER = 1 << 20;

    private record Held(NFS4Client client, nfs_fh4 file, NFS4State state) {}

    private final LayoutDriver driver;
    private final List<device_addr4> addresses = new ArrayList<>();
    private final Map<stateid4, Held> held = new ConcurrentHashMap<>();

    public PoolDevices(LayoutDriver driver, List<InetSocketAddress> pools) throws IOException {
        this.driver = driver;
        for (InetSocketAddress pool : pools) {
            addresses.add(driver.getDeviceAddress(pool));
        }
    }

    /** The layout driver as dCache sets it up: clients do not read or write data at the door. */
    public static LayoutDriver flexFiles() {
        return new FlexFileLayoutDriver(4, 1, flex_files_prot.FF_FLAGS_NO_IO_THRU_MDS, TRANSFER, new utf8str_mixed("0"),
                new utf8str_mixed("0"), (context, data) -> { });
    }

    /** The device id of a pool, by its index among the addresses. */
    public static deviceid4 device(int pool) {
        return new deviceid4(ByteBuffer.allocate(nfs4_prot.NFS4_DEVICEID4_SIZE).putInt(pool).array());
    }

    /**
     * CB_LAYOUTRECALL for each layout that is out. Those whose client has gone, or does not know them any more, are forgotten.
     *
     * @return how many clients took it
     */
    public int recall() {
        int taken = 0;
        for (Map.Entry<stateid4, Held> layout : held.entrySet()) {
            Held out = layout.getValue();
            // Linux rejects a recall whose stateid does not have the next sequence number.
            out.state().bumpSeqid();
            try {
                out.client().getCB().cbLayoutRecallFile(out.file(), out.state().stateid(), driver.getLayoutType());
                taken++;
            } catch (IOException | RuntimeException e) {
                held.remove(layout.getKey());
            }
        }
        return taken;
    }

    /** The index of the pool that has a file. */
    static int place(Inode inode, int pools) {
        return (int) (ByteBuffer.wrap(inode.getFileId()).getLong() % pools);
    }

    @Override
    public Layout layoutGet(CompoundContext context, LAYOUTGET4args args) throws IOException {
        Inode inode = context.currentInode();
        NFS4Client client = context.getSession().getClient();
        stateid4 open = Stateids.getCurrentStateidIfNeeded(context, args.loga_stateid);
        NFS4State state = client.createLayoutState(client.state(open).getStateOwner());
        state.bumpSeqid();
        nfs_fh4 file = new nfs_fh4(inode.toNfsHandle());
        layout4 segment = new layout4();
        segment.lo_offset = new offset4(0);
        segment.lo_length = new length4(nfs4_prot.NFS4_UINT64_MAX);
        segment.lo_iomode = args.loga_iomode;
        segment.lo_content = driver.getLayoutContent(state.stateid(), TRANSFER, file,
                device(place(inode, addresses.size())));
        held.put(state.stateid(), new Held(client, file, state));
        return new Layout(true, state.stateid(), new layout4[] {segment});
    }

    @Override
    public device_addr4 getDeviceInfo(CompoundContext context, GETDEVICEINFO4args args) throws ChimeraNFSException {
        int pool = ByteBuffer.wrap(args.gdia_device_id.value).getInt();
        if (pool < 0 || pool >= addresses.size()) {
            throw new NoEntException("expected the id of a pool, got " + pool);
        }
        return addresses.get(pool);
    }

    @Override
    public List<deviceid4> getDeviceList(CompoundContext context, GETDEVICELIST4args args) {
        return List.of();
    }

    @Override
    public void layoutReturn(CompoundContext context, LAYOUTRETURN4args args) throws IOException {
        stateid4 layout = args.lora_layoutreturn.lr_layout.lrf_stateid;
        if (held.remove(layout) != null) {
            context.getSession().getClient().releaseState(layout);
        }
    }

    /** Takes the file's size from what was written at the pool. */
    @Override
    public OptionalLong layoutCommit(CompoundContext context, LAYOUTCOMMIT4args args) throws IOException {
        if (!args.loca_last_write_offset.no_newoffset) {
            return OptionalLong.empty();
        }
        long end = args.loca_last_write_offset.no_offset.value + 1;
        synchronized (this) {
            if (context.getFs().getattr(context.currentInode()).getSize() >= end) {
                return OptionalLong.empty();
            }
            Stat longer = new Stat();
            longer.setSize(end);
            context.getFs().setattr(context.currentInode(), longer);
            return OptionalLong.of(end);
        }
    }

    @Override
    public void layoutStats(CompoundContext context, LAYOUTSTATS4args args) {}

    @Override
    public void layoutError(CompoundContext context, LAYOUTERROR4args args) {}

    @Override
    public Set<layouttype4> getLayoutTypes() {
        return Set.of(driver.getLayoutType());
    }
}
