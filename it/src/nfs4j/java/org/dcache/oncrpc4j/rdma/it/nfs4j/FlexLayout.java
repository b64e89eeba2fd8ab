// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.util.List;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.ff.ff_data_server4;
import org.dcache.nfs.v4.ff.ff_layout4;
import org.dcache.nfs.v4.xdr.LAYOUTGET4resok;
import org.dcache.nfs.v4.xdr.layoutiomode4;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.nfs.v4.xdr.netaddr4;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.oncrpc4j.xdr.Xdr;

/**
 * A layout of flex files with one data server, as a client got it, with the file as that server knows it.
 *
 * @param flags of the layout
 * @param addresses of the data server, in their order
 */
record FlexLayout(NfsFiles.Open file, int flags, List<netaddr4> addresses) {

    private static final int LARGEST = 4096;

    /** LAYOUTGET of a whole file for READ and WRITE, and GETDEVICEINFO. */
    static FlexLayout get(NfsSession session, NfsFiles.Open file) throws IOException {
        LAYOUTGET4resok got = session.compound(new CompoundBuilder().withPutfh(file.handle()).withLayoutget(false,
                layouttype4.LAYOUT4_FLEX_FILES, layoutiomode4.LAYOUTIOMODE4_RW, 0, nfs4_prot.NFS4_UINT64_MAX, NfsFiles.TRANSFER, LARGEST,
                file.state())).get(1).oplayoutget.logr_resok4;
        try (Xdr xdr = new Xdr(got.logr_layout[0].lo_content.loc_body)) {
            xdr.beginDecoding();
            ff_layout4 layout = new ff_layout4(xdr);
            ff_data_server4 server = layout.ffl_mirrors[0].ffm_data_servers[0];
            return new FlexLayout(new NfsFiles.Open(server.ffds_fh_vers[0], server.ffds_stateid), layout.ffl_flags4.value,
                    DeviceInfo.all(session, server.ffds_deviceid, layouttype4.LAYOUT4_FLEX_FILES));
        }
    }
}
