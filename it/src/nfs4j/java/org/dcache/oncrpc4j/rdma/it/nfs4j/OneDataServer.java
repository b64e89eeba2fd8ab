// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.dcache.nfs.ChimeraNFSException;
import org.dcache.nfs.v4.CompoundContext;
import org.dcache.nfs.v4.Layout;
import org.dcache.nfs.v4.NFS4Client;
import org.dcache.nfs.v4.NfsV41FileLayoutDriver;
import org.dcache.nfs.v4.xdr.GETDEVICEINFO4args;
import org.dcache.nfs.v4.xdr.LAYOUTGET4args;
import org.dcache.nfs.v4.xdr.device_addr4;
import org.dcache.nfs.v4.xdr.deviceid4;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.PoolDevices;

/**
 * The metadata server's side of pNFS for one data server: layouts of files, and its address in files and flex files. Remembers the last
 * client with a layout. Any thread.
 */
final class OneDataServer extends PoolDevices {

    static final deviceid4 DEVICE = device(0);

    private final device_addr4 flexFilesAddress;
    private volatile NFS4Client client;

    OneDataServer(InetSocketAddress address) throws IOException {
        super(new NfsV41FileLayoutDriver(), List.of(address));
        flexFilesAddress = flexFiles().getDeviceAddress(address);
    }

    /** CB_NOTIFY_DEVICEID to the client with the last layout. */
    void deleteDevice() throws IOException {
        client.getCB().cbDeleteDevice(DEVICE);
    }

    @Override
    public Layout layoutGet(CompoundContext context, LAYOUTGET4args args) throws IOException {
        client = context.getSession().getClient();
        return super.layoutGet(context, args);
    }

    @Override
    public device_addr4 getDeviceInfo(CompoundContext context, GETDEVICEINFO4args args) throws ChimeraNFSException {
        return args.gdia_layout_type == layouttype4.LAYOUT4_FLEX_FILES.getValue() ? flexFilesAddress : super.getDeviceInfo(context, args);
    }

    @Override
    public Set<layouttype4> getLayoutTypes() {
        return Set.of(layouttype4.LAYOUT4_NFSV4_1_FILES, layouttype4.LAYOUT4_FLEX_FILES);
    }
}
