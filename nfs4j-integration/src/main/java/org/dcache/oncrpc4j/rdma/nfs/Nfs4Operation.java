// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.ATTRIBUTES;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.BITMAP;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.CALLBACK_SECURITY;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.CHANGE_INFO;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.CHANGE_INFO_SIZE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.CHANNEL;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.CHANNEL_SIZE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.DELEGATION;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.DELEGATION_SIZE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.LOCKER;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.LOCK_DENIED_SIZE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.MAX_BITMAP;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.MAX_HANDLE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.MAX_OPAQUE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.NETADDR;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.NETLOC;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.OPEN_CLAIM;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.OPEN_HOW;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.OWNER;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.SECINFO;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.SECINFO_SIZE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.STATEID;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.STATEID_SIZE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.TYPED_BODY;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.WRITE_RESPONSE;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.WRITE_RESPONSE_SIZE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.DATA;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.MOVABLE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.OPAQUE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.VOID;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.bytes;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.chain;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.list;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.optional;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.struct;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.union;

import java.util.Map;

/**
 * The operations of COMPOUND: arguments, largest result, results (RFC 7531, RFC 5662, RFC 7863, RFC 8276).
 *
 * <p>The largest result is in bytes, behind operation number and status, of whichever arm is larger, success or failure; what the arguments
 * ask for is added by the walk over them. Results are those of success: a failed operation is the last one. Eligible are {@link
 * XdrType#DATA} in arguments and results, and nothing else [55]; the attributes of SETATTR are {@link XdrType#MOVABLE}, since Linux sends
 * an ACL by Read chunk [41].
 */
enum Nfs4Operation {

    ACCESS(3, bytes(4), 8, bytes(8)),
    CLOSE(4, bytes(4 + 16), STATEID_SIZE, STATEID),
    COMMIT(5, bytes(8 + 4), 8, bytes(8)),
    CREATE(6, struct(union(Map.of(5, DATA, 3, bytes(8), 4, bytes(8))), OPAQUE, ATTRIBUTES), CHANGE_INFO_SIZE + MAX_BITMAP,
            struct(CHANGE_INFO, BITMAP)),
    DELEGPURGE(7, bytes(8), 0, VOID),
    DELEGRETURN(8, STATEID, 0, VOID),
    GETATTR(9, Nfs4Attributes::asked, 0, ATTRIBUTES),
    GETFH(10, VOID, MAX_HANDLE, OPAQUE),
    LINK(11, OPAQUE, CHANGE_INFO_SIZE, CHANGE_INFO),
    LOCK(12, struct(bytes(4 + 4 + 8 + 8), LOCKER), LOCK_DENIED_SIZE, STATEID),
    LOCKT(13, struct(bytes(4 + 8 + 8), OWNER), LOCK_DENIED_SIZE, VOID),
    LOCKU(14, bytes(4 + 4 + 16 + 8 + 8), STATEID_SIZE, STATEID),
    LOOKUP(15, OPAQUE, 0, VOID),
    LOOKUPP(16, VOID, 0, VOID),
    NVERIFY(17, ATTRIBUTES, 0, VOID),
    OPEN(18, struct(bytes(4 + 4 + 4), OWNER, OPEN_HOW, OPEN_CLAIM), STATEID_SIZE + CHANGE_INFO_SIZE + 4 + MAX_BITMAP + DELEGATION_SIZE,
            struct(STATEID, CHANGE_INFO, bytes(4), BITMAP, DELEGATION)),
    OPENATTR(19, bytes(4), 0, VOID),
    OPEN_CONFIRM(20, bytes(16 + 4), STATEID_SIZE, STATEID),
    OPEN_DOWNGRADE(21, bytes(16 + 4 + 4 + 4), STATEID_SIZE, STATEID),
    PUTFH(22, OPAQUE, 0, VOID),
    PUTPUBFH(23, VOID, 0, VOID),
    PUTROOTFH(24, VOID, 0, VOID),
    READ(25, struct(bytes(16 + 8), in -> in.reply().result(in.count())), 4 + 4, struct(bytes(4), DATA)),
    READDIR(26, struct(bytes(8 + 8 + 4), in -> in.reply().add(in.count()), BITMAP), 8 + 4 + 4,
            struct(bytes(8), chain(struct(bytes(8), OPAQUE, ATTRIBUTES)), bytes(4))),
    READLINK(27, in -> in.reply().result(Nfs3Binding.MAX_PATH), 4, DATA),
    REMOVE(28, OPAQUE, CHANGE_INFO_SIZE, CHANGE_INFO),
    RENAME(29, struct(OPAQUE, OPAQUE), 2 * CHANGE_INFO_SIZE, struct(CHANGE_INFO, CHANGE_INFO)),
    RENEW(30, bytes(8), 0, VOID),
    RESTOREFH(31, VOID, 0, VOID),
    SAVEFH(32, VOID, 0, VOID),
    SECINFO_OF_NAME(33, OPAQUE, SECINFO_SIZE, SECINFO),
    SETATTR(34, struct(STATEID, BITMAP, MOVABLE), MAX_BITMAP, BITMAP),
    SETCLIENTID(35, struct(bytes(8), OPAQUE, bytes(4), NETADDR, bytes(4)), 2 * MAX_OPAQUE, bytes(8 + 8)),
    SETCLIENTID_CONFIRM(36, bytes(8 + 8), 0, VOID),
    VERIFY(37, ATTRIBUTES, 0, VOID),
    WRITE(38, struct(bytes(16 + 8 + 4), DATA), 4 + 4 + 8, bytes(4 + 4 + 8)),
    RELEASE_LOCKOWNER(39, OWNER, 0, VOID),

    // Minor version 1.
    BACKCHANNEL_CTL(40, struct(bytes(4), CALLBACK_SECURITY), 0, VOID),
    BIND_CONN_TO_SESSION(41, bytes(16 + 4 + 4), 24, bytes(24)),
    EXCHANGE_ID(42, Nfs4ExchangeId.ARGUMENTS, Nfs4ExchangeId.MAX_RESULT, Nfs4ExchangeId.RESULTS),
    CREATE_SESSION(43, struct(bytes(8 + 4 + 4), CHANNEL, CHANNEL, bytes(4), CALLBACK_SECURITY), 16 + 4 + 4 + 2 * CHANNEL_SIZE,
            struct(bytes(16 + 4 + 4), CHANNEL, CHANNEL)),
    DESTROY_SESSION(44, bytes(16), 0, VOID),
    FREE_STATEID(45, STATEID, 0, VOID),
    GET_DIR_DELEGATION(46, struct(bytes(4), BITMAP, bytes(12 + 12), BITMAP, BITMAP), 4 + 8 + 16 + 3 * MAX_BITMAP,
            union(Map.of(0, struct(bytes(8 + 16), BITMAP, BITMAP, BITMAP), 1, bytes(4)))),
    GETDEVICEINFO(47, struct(bytes(16 + 4), in -> in.reply().add(in.count()), BITMAP), 4 + 4 + MAX_BITMAP, struct(TYPED_BODY, BITMAP)),
    GETDEVICELIST(48, struct(bytes(4), in -> in.reply().add(16 * in.count()), bytes(8 + 8)), 8 + 8 + 4 + 4,
            struct(bytes(8 + 8), list(bytes(16)), bytes(4))),
    LAYOUTCOMMIT(49, struct(bytes(8 + 8 + 4 + 16), optional(bytes(8)), optional(bytes(12)), TYPED_BODY), 4 + 8, optional(bytes(8))),
    LAYOUTGET(50, struct(bytes(4 + 4 + 4 + 8 + 8 + 8 + 16), in -> in.reply().add(in.count())), 4 + 16 + 4,
            struct(bytes(4 + 16), list(struct(bytes(8 + 8 + 4), TYPED_BODY)))),
    LAYOUTRETURN(51, struct(bytes(4 + 4 + 4), union(Map.of(1, struct(bytes(8 + 8 + 16), OPAQUE)))), 4 + STATEID_SIZE, optional(STATEID)),
    SECINFO_NO_NAME(52, bytes(4), SECINFO_SIZE, SECINFO),
    SEQUENCE(53, bytes(16 + 4 + 4 + 4 + 4), 36, bytes(36)),
    SET_SSV(54, struct(OPAQUE, OPAQUE), MAX_OPAQUE, OPAQUE),
    TEST_STATEID(55, in -> {
        long count = in.count();
        in.reply().add(4 * count);
        for (long left = count; left > 0; left--) {
            STATEID.pass(in);
        }
    }, 4, list(bytes(4))),
    WANT_DELEGATION(56, struct(bytes(4), union(Map.of(1, bytes(4)))), DELEGATION_SIZE, DELEGATION),
    DESTROY_CLIENTID(57, bytes(8), 0, VOID),
    RECLAIM_COMPLETE(58, bytes(4), 0, VOID),

    // Minor version 2. Nothing bounds a list of addresses, nor what READ_PLUS adds to its data; READ_PLUS is not eligible.
    ALLOCATE(59, bytes(16 + 8 + 8), 0, VOID),
    COPY(60, struct(bytes(16 + 16 + 8 + 8 + 8 + 4 + 4), list(NETLOC)), WRITE_RESPONSE_SIZE + 8, struct(WRITE_RESPONSE, bytes(8))),
    COPY_NOTIFY(61, struct(STATEID, NETLOC), Nfs4Operation.NO_BOUND, struct(bytes(12 + 16), list(NETLOC))),
    DEALLOCATE(62, bytes(16 + 8 + 8), 0, VOID),
    IO_ADVISE(63, struct(bytes(16 + 8 + 8), BITMAP), MAX_BITMAP, BITMAP),
    LAYOUTERROR(64, struct(bytes(8 + 8 + 16), list(bytes(16 + 4 + 4))), 0, VOID),
    LAYOUTSTATS(65, struct(bytes(8 + 8 + 16 + 16 + 16 + 16), TYPED_BODY), 0, VOID),
    OFFLOAD_CANCEL(66, STATEID, 0, VOID),
    OFFLOAD_STATUS(67, STATEID, 8 + 4 + 4, struct(bytes(8), list(bytes(4)))),
    READ_PLUS(68, bytes(16 + 8 + 4), Nfs4Operation.NO_BOUND,
            struct(bytes(4), list(union(Map.of(0, struct(bytes(8), OPAQUE), 1, bytes(8 + 8)))))),
    SEEK(69, bytes(16 + 8 + 4), 4 + 8, bytes(4 + 8)),
    WRITE_SAME(70, struct(bytes(16 + 4 + 8 + 8 + 8 + 8 + 4 + 8), OPAQUE), WRITE_RESPONSE_SIZE, WRITE_RESPONSE),
    CLONE(71, bytes(16 + 16 + 8 + 8 + 8), 0, VOID),

    // Extended attributes, RFC 8276; nothing bounds a value.
    GETXATTR(72, OPAQUE, Nfs4Operation.NO_BOUND, OPAQUE),
    SETXATTR(73, struct(bytes(4), OPAQUE, OPAQUE), CHANGE_INFO_SIZE, CHANGE_INFO),
    LISTXATTRS(74, struct(bytes(8), in -> in.reply().add(in.count())), 8 + 4 + 4, struct(bytes(8), list(OPAQUE), bytes(4))),
    REMOVEXATTR(75, OPAQUE, CHANGE_INFO_SIZE, CHANGE_INFO);

    static final int NO_BOUND = -1;

    private static final Nfs4Operation[] BY_NUMBER = new Nfs4Operation[REMOVEXATTR.number + 1];

    static {
        for (Nfs4Operation operation : values()) {
            BY_NUMBER[operation.number] = operation;
        }
    }

    private final int number;
    private final XdrType arguments;
    private final int bound;
    private final XdrType results;

    Nfs4Operation(int number, XdrType arguments, int bound, XdrType results) {
        this.number = number;
        this.arguments = arguments;
        this.bound = bound;
        this.results = results;
    }

    /** The operation of a number, null when there is none such. */
    static Nfs4Operation of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    }

    int number() {
        return number;
    }

    /** Walks past the arguments, and adds operation number, status and largest result to the reply. */
    void arguments(XdrWalk in) {
        if (bound == NO_BOUND) {
            in.reply().unknown();
        } else {
            in.reply().add(4 + 4 + bound);
        }
        arguments.pass(in);
    }

    /** Walks past the results of success. */
    void results(XdrWalk in) {
        results.pass(in);
    }
}
