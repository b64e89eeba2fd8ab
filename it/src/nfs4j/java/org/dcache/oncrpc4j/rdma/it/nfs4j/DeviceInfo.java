// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.util.List;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.ff.ff_device_addr4;
import org.dcache.nfs.v4.xdr.deviceid4;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.nfs.v4.xdr.netaddr4;
import org.dcache.nfs.v4.xdr.nfsv4_1_file_layout_ds_addr4;
import org.dcache.oncrpc4j.xdr.Xdr;

/** GETDEVICEINFO as a client sees it. */
final class DeviceInfo {

    private DeviceInfo() {}

    /** The first address of {@link OneDataServer}. */
    static netaddr4 of(NfsSession session, layouttype4 type) throws IOException {
        return all(session, OneDataServer.DEVICE, type).get(0);
    }

    /** The addresses of a data server, in their order. */
    static List<netaddr4> all(NfsSession session, deviceid4 device, layouttype4 type) throws IOException {
        byte[] body = session.compound(new CompoundBuilder().withGetdeviceinfo(device, type)).get(0)
                .opgetdeviceinfo.gdir_resok4.gdir_device_addr.da_addr_body;
        try (Xdr xdr = new Xdr(body)) {
            xdr.beginDecoding();
            return List.of((type == layouttype4.LAYOUT4_FLEX_FILES ? new ff_device_addr4(xdr).ffda_netaddrs
                    : new nfsv4_1_file_layout_ds_addr4(xdr).nflda_multipath_ds_list[0]).value);
        }
    }
}
