// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.BITMAP;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.IMPLEMENTATION;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.MAX_BITMAP;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.MAX_OPAQUE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.OPAQUE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.bytes;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.list;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.struct;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.union;

import java.util.Map;

/** Arguments and results of EXCHANGE_ID (RFC 8881, 18.35). */
final class Nfs4ExchangeId {

    private static final int SP4_MACH_CRED = 1;
    private static final int SP4_SSV = 2;

    private static final XdrType OPERATIONS = struct(BITMAP, BITMAP);

    /** The reply to SP4_SSV lists as many handles as the server likes. */
    private static final XdrType SSV = in -> {
        in.reply().unknown();
        struct(OPERATIONS, list(OPAQUE), list(OPAQUE), bytes(4 + 4)).pass(in);
    };

    static final XdrType ARGUMENTS = struct(bytes(8), OPAQUE, bytes(4), union(Map.of(SP4_MACH_CRED, OPERATIONS, SP4_SSV, SSV)),
            IMPLEMENTATION);

    /** Client, sequence, flags; state protection; server owner; scope; implementation. */
    static final int MAX_RESULT = 8 + 4 + 4 + 4 + 2 * MAX_BITMAP + 8 + MAX_OPAQUE + MAX_OPAQUE + 4 + 2 * MAX_OPAQUE + 12;

    static final XdrType RESULTS = struct(bytes(8 + 4 + 4),
            union(Map.of(SP4_MACH_CRED, OPERATIONS, SP4_SSV, struct(OPERATIONS, bytes(4 * 4), list(OPAQUE)))),
            bytes(8), OPAQUE, OPAQUE, IMPLEMENTATION);

    private Nfs4ExchangeId() {}
}
