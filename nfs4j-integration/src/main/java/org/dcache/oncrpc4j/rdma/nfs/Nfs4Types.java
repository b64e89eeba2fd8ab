// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.dcache.oncrpc4j.rdma.nfs.XdrType.OPAQUE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.VOID;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.bytes;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.list;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.optional;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.struct;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.union;

import java.util.Map;

/**
 * XDR types of NFS version 4 that several operations share, and the largest sizes of some, in bytes (RFC 7531, RFC 5662, RFC 7863, RFC
 * 9754).
 */
final class Nfs4Types {

    // ---- largest sizes

    /** NFS4_OPAQUE_LIMIT with its count: owners, server owners and scopes; taken for other names without a limit too. */
    static final int MAX_OPAQUE = 4 + 1024;
    static final int MAX_HANDLE = 4 + 128;
    /** A bitmap4 of a reply; the highest attribute known is in the third word. */
    static final int MAX_BITMAP = 4 + 8 * 4;
    /** A principal: user, at sign, domain; each at most 255. */
    static final int MAX_PRINCIPAL = 4 + 512;
    static final int STATEID_SIZE = 16;
    static final int CHANGE_INFO_SIZE = 4 + 8 + 8;
    /** LOCK4denied. */
    static final int LOCK_DENIED_SIZE = 8 + 8 + 4 + 8 + MAX_OPAQUE;
    /** open_delegation4 with its limit and ACE. */
    static final int DELEGATION_SIZE = 4 + STATEID_SIZE + 4 + 12 + 12 + MAX_PRINCIPAL;
    /** write_response4. */
    static final int WRITE_RESPONSE_SIZE = 4 + STATEID_SIZE + 8 + 4 + 8;
    /** channel_attrs4. */
    static final int CHANNEL_SIZE = 6 * 4 + 4 + 4;
    /** secinfo4 of 64 flavors with OIDs of 64 bytes. */
    static final int SECINFO_SIZE = 4 + 64 * (4 + 4 + 64 + 4 + 4);

    // ---- types

    static final XdrType STATEID = bytes(STATEID_SIZE);
    static final XdrType BITMAP = list(bytes(4));
    static final XdrType ATTRIBUTES = struct(BITMAP, OPAQUE);
    /** state_owner4. */
    static final XdrType OWNER = struct(bytes(8), OPAQUE);
    static final XdrType CHANGE_INFO = bytes(CHANGE_INFO_SIZE);
    static final XdrType NETADDR = struct(OPAQUE, OPAQUE);
    /** netloc4: NL4_NAME, NL4_URL, NL4_NETADDR. */
    static final XdrType NETLOC = union(Map.of(1, OPAQUE, 2, OPAQUE, 3, NETADDR));
    static final XdrType IMPLEMENTATION = list(struct(OPAQUE, OPAQUE, bytes(12)));
    static final XdrType CHANNEL = struct(bytes(6 * 4), list(bytes(4)));
    /** Type and body of a layout, a layout update or a device address. */
    static final XdrType TYPED_BODY = struct(bytes(4), OPAQUE);
    static final XdrType WRITE_RESPONSE = struct(list(STATEID), bytes(8 + 4 + 8));

    /** callback_sec_parms4: AUTH_NONE, AUTH_SYS, RPCSEC_GSS. */
    static final XdrType CALLBACK_SECURITY = list(union(Map.of(
            1, struct(bytes(4), OPAQUE, bytes(8), list(bytes(4))),
            6, struct(bytes(4), OPAQUE, OPAQUE))));

    /** secinfo4; RPCSEC_GSS says more. */
    static final XdrType SECINFO = list(union(Map.of(6, struct(OPAQUE, bytes(8)))));

    private static final XdrType ACE = struct(bytes(12), OPAQUE);
    private static final XdrType READ_DELEGATION = struct(STATEID, bytes(4), ACE);
    /** nfs_space_limit4: a size, or blocks and their size; 8 bytes either way. */
    private static final XdrType WRITE_DELEGATION = struct(STATEID, bytes(4), bytes(4 + 8), ACE);
    /** Why there is none: contention and resource have a flag. */
    private static final XdrType NO_DELEGATION = union(Map.of(1, bytes(4), 2, bytes(4)));

    /** open_delegation4; the last two kinds are of RFC 9754. */
    static final XdrType DELEGATION = union(Map.of(
            1, READ_DELEGATION, 2, WRITE_DELEGATION, 3, NO_DELEGATION, 4, READ_DELEGATION, 5, WRITE_DELEGATION));

    /** openflag4: nothing, or how to create: UNCHECKED4, GUARDED4, EXCLUSIVE4, EXCLUSIVE4_1. */
    static final XdrType OPEN_HOW = optional(union(Map.of(
            0, ATTRIBUTES, 1, ATTRIBUTES, 2, bytes(8), 3, struct(bytes(8), ATTRIBUTES))));

    /** open_claim4. */
    static final XdrType OPEN_CLAIM = union(Map.of(
            0, OPAQUE, 1, bytes(4), 2, struct(STATEID, OPAQUE), 3, OPAQUE, 4, VOID, 5, STATEID, 6, VOID));

    /** locker4: a new lock owner, or the stateid of one that exists. */
    static final XdrType LOCKER = union(Map.of(1, struct(bytes(4), STATEID, bytes(4), OWNER)), bytes(STATEID_SIZE + 4));

    private Nfs4Types() {}
}
