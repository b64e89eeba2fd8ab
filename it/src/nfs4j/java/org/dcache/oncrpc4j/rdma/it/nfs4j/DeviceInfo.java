// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.ff.ff_device_addr4;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.nfs.v4.xdr.netaddr4;
import org.dcache.nfs.v4.xdr.nfsv4_1_file_layout_ds_addr4;
import org.dcache.oncrpc4j.xdr.Xdr;

/** GETDEVICEINFO as a client of {@link OneDataServer} sees it. */
final class DeviceInfo {

    private DeviceInfo() {}

    static netaddr4 of(NfsSession session, layouttype4 type) throws IOException {
        byte[] body = session.compound(new CompoundBuilder().withGetdeviceinfo(OneDataServer.DEVICE, type)).get(0)
                .opgetdeviceinfo.gdir_resok4.gdir_device_addr.da_addr_body;
        try (Xdr xdr = new Xdr(body)) {
            xdr.beginDecoding();
            return type == layouttype4.LAYOUT4_FLEX_FILES ? new ff_device_addr4(xdr).ffda_netaddrs.value[0]
                    : new nfsv4_1_file_layout_ds_addr4(xdr).nflda_multipath_ds_list[0].value[0];
        }
    }
}
