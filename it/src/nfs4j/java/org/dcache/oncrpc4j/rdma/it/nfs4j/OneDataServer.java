// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.dcache.nfs.status.BadLayoutException;
import org.dcache.nfs.v4.CompoundContext;
import org.dcache.nfs.v4.FlexFileLayoutDriver;
import org.dcache.nfs.v4.Layout;
import org.dcache.nfs.v4.LayoutDriver;
import org.dcache.nfs.v4.NFS4Client;
import org.dcache.nfs.v4.NFS4State;
import org.dcache.nfs.v4.NFSv41DeviceManager;
import org.dcache.nfs.v4.NfsV41FileLayoutDriver;
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

/**
 * The metadata server's side of pNFS for one data server, made of nfs4j's layout drivers. As dCache does, it makes each address once and
 * gives the same object to all clients. Remembers the last layout, for a test to recall. Any thread.
 */
final class OneDataServer implements NFSv41DeviceManager {

    static final deviceid4 DEVICE = new deviceid4(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});

    private final LayoutDriver files = new NfsV41FileLayoutDriver();
    private final device_addr4 filesAddress;
    private final device_addr4 flexFilesAddress;

    private volatile NFS4Client client;
    private volatile nfs_fh4 handle;
    private volatile stateid4 state;

    OneDataServer(InetSocketAddress address) throws IOException {
        filesAddress = files.getDeviceAddress(address);
        flexFilesAddress = new FlexFileLayoutDriver(4, 1, 0, NfsFiles.TRANSFER, new utf8str_mixed("0"), new utf8str_mixed("0"),
                (context, data) -> { })
                .getDeviceAddress(address);
    }

    /** CB_LAYOUTRECALL for the last layout. */
    void recall() throws IOException {
        client.getCB().cbLayoutRecallFile(handle, state, layouttype4.LAYOUT4_NFSV4_1_FILES);
    }

    /** CB_NOTIFY_DEVICEID to the client with the last layout. */
    void deleteDevice() throws IOException {
        client.getCB().cbDeleteDevice(DEVICE);
    }

    @Override
    public Layout layoutGet(CompoundContext context, LAYOUTGET4args args) throws IOException {
        client = context.getSession().getClient();
        NFS4State open = client.state(args.loga_stateid);
        NFS4State layoutState = client.createLayoutState(open.getStateOwner());
        layoutState.bumpSeqid();
        handle = new nfs_fh4(context.currentInode().toNfsHandle());
        state = layoutState.stateid();
        layout4 segment = new layout4();
        segment.lo_offset = new offset4(0);
        segment.lo_length = new length4(nfs4_prot.NFS4_UINT64_MAX);
        segment.lo_iomode = args.loga_iomode;
        segment.lo_content = files.getLayoutContent(state, NfsFiles.TRANSFER, handle, DEVICE);
        return new Layout(true, state, new layout4[] {segment});
    }

    @Override
    public device_addr4 getDeviceInfo(CompoundContext context, GETDEVICEINFO4args args) throws BadLayoutException {
        return switch (layouttype4.valueOf(args.gdia_layout_type)) {
            case LAYOUT4_NFSV4_1_FILES -> filesAddress;
            case LAYOUT4_FLEX_FILES -> flexFilesAddress;
            default -> null;
        };
    }

    @Override
    public List<deviceid4> getDeviceList(CompoundContext context, GETDEVICELIST4args args) {
        return List.of(DEVICE);
    }

    @Override
    public void layoutReturn(CompoundContext context, LAYOUTRETURN4args args) {}

    @Override
    public OptionalLong layoutCommit(CompoundContext context, LAYOUTCOMMIT4args args) {
        return OptionalLong.empty();
    }

    @Override
    public void layoutStats(CompoundContext context, LAYOUTSTATS4args args) {}

    @Override
    public void layoutError(CompoundContext context, LAYOUTERROR4args args) {}

    @Override
    public Set<layouttype4> getLayoutTypes() {
        return Set.of(layouttype4.LAYOUT4_NFSV4_1_FILES, layouttype4.LAYOUT4_FLEX_FILES);
    }
}
